"""The syntax tree of one expression; columns are 1-based in the whole source."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Literal:
    """A string, number, true, false or null."""

    value: str | int | float | bool | None


@dataclass(frozen=True, slots=True)
class Path:
    """A variable and the way into it: `a.b[0]` is `Path("a", (Literal("b"), Literal(0)))`.

    Flat on purpose, so that a long path costs no recursion.
    """

    root: str
    steps: tuple[Node, ...]
    column: int


@dataclass(frozen=True, slots=True)
class Step:
    """A way into the value of an expression that is no variable: `(a ?? b).c`."""

    value: Node
    steps: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Coalesce:
    """`a ?? b ?? c`: the first that is neither missing nor null."""

    options: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Call:
    """A function of the table with its arguments; a pipe is a call with its left side first."""

    function: str
    arguments: tuple[Node, ...]
    column: int


Node = Literal | Path | Step | Coalesce | Call
