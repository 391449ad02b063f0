"""The syntax tree of expressions and of the texts that hold them.

`at` is where a node stands in the whole source: 0-based offsets of its start and its end. Chains
are flat on purpose, so that a long one costs no recursion.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal as OneOf

Place = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Literal:
    """A string, number, true, false or null."""

    value: str | int | float | bool | None
    at: Place


@dataclass(frozen=True, slots=True)
class Items:
    """A list as written: `['a', b]`."""

    items: tuple[Node, ...]
    at: Place


@dataclass(frozen=True, slots=True)
class Path:
    """A variable and the way into it: `a.b[0]` is `Path("a", (Literal("b"), Literal(0)))`."""

    root: str
    steps: tuple[Node, ...]
    at: Place


@dataclass(frozen=True, slots=True)
class Step:
    """A way into the value of an expression that is no variable: `(a ?? b).c`."""

    value: Node
    steps: tuple[Node, ...]
    at: Place


@dataclass(frozen=True, slots=True)
class Choice:
    """`a ?? b ?? c`, `a or b`, `a and b`: one of the options, the rest is not looked at."""

    sign: OneOf["??", "or", "and"]
    options: tuple[Node, ...]
    at: Place


@dataclass(frozen=True, slots=True)
class Chain:
    """Operators of one rank from left to right: `a - b + c`; comparisons have one only."""

    first: Node
    rest: tuple[tuple[str, Node], ...]
    at: Place


@dataclass(frozen=True, slots=True)
class Unary:
    """`-a`, `not a`; the sign nearest to the value is the last."""

    signs: tuple[OneOf["-", "not"], ...]
    value: Node
    at: Place


@dataclass(frozen=True, slots=True)
class Ternary:
    """`test ? then : otherwise`."""

    test: Node
    then: Node
    otherwise: Node
    at: Place


@dataclass(frozen=True, slots=True)
class Call:
    """A function of the table with its arguments; a pipe is a call with its left side first."""

    function: str
    arguments: tuple[Node, ...]
    column: int
    at: Place


Node = Literal | Items | Path | Step | Choice | Chain | Unary | Ternary | Call


@dataclass(frozen=True, slots=True)
class If:
    """`{{ if a }}…{{ else if b }}…{{ else }}…{{ endif }}`."""

    branches: tuple[tuple[Node, tuple[Piece, ...]], ...]
    otherwise: tuple[Piece, ...]


@dataclass(frozen=True, slots=True)
class For:
    """`{{ for name in items }}…{{ else }}…{{ endfor }}`."""

    name: str
    items: Node
    body: tuple[Piece, ...]
    otherwise: tuple[Piece, ...]


Piece = str | Node | If | For
"""A part of a text: prose, an expression, or a block with parts of its own."""
