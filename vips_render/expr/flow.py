"""Tell which variables get into the result of a text, and which are only asked about.

A document that lets a stranger fill a slot must not let it choose a host: what matters is whether
the slot's value can be part of the result, and whether as a whole or together with other text.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from vips_render.expr.nodes import (
    Call,
    Chain,
    Choice,
    For,
    If,
    Items,
    Literal,
    Node,
    Path,
    Piece,
    Step,
    Ternary,
    Unary,
)

_PASSING = frozenset({"default", "coalesce"})
_COMPARING = frozenset({"==", "!=", "<", "<=", ">", ">="})


@dataclass(frozen=True, slots=True)
class Flow:
    """The way of a variable's value into the result.

    Attributes:
        name: of the variable, or of a loop's.
        column: of the mention, counted from 1.
        is_whole: whether the value is the result as it is, if it gets there.
    """

    name: str
    column: int
    is_whole: bool


def flows_of(pieces: tuple[Piece, ...]) -> Iterator[Flow]:
    """Yield every mention whose value may get into the text that `pieces` make."""
    is_alone = len(pieces) == 1
    for piece in pieces:
        match piece:
            case str():
                continue
            case If(branches, otherwise):
                for _, parts in branches:
                    yield from flows_of_parts(parts)
                yield from flows_of_parts(otherwise)
            case For(_, items, body, otherwise):
                yield from _flows(items, is_whole=False)
                yield from flows_of_parts(body)
                yield from flows_of_parts(otherwise)
            case _:
                yield from _flows(piece, is_whole=is_alone)


def flows_of_parts(pieces: tuple[Piece, ...]) -> Iterator[Flow]:
    """Yield the mentions of a block's parts, none of which is a whole result."""
    for flow in flows_of(pieces):
        yield Flow(flow.name, flow.column, is_whole=False)


def _flows(node: Node, *, is_whole: bool) -> Iterator[Flow]:
    match node:
        case Literal():
            return
        case Path(root, steps, at):
            yield Flow(root, at[0] + 1, is_whole and not steps)
        case Step(value, steps):
            yield from _each((value, *steps), is_whole=False)
        case Choice(_, options):
            yield from _each(options, is_whole=is_whole)
        case Ternary(_, then, otherwise):
            yield from _each((then, otherwise), is_whole=is_whole)
        case Unary(signs, value):
            if "not" not in signs:
                yield from _flows(value, is_whole=False)
        case Chain(first, rest):
            if rest[0][0] not in _COMPARING:
                yield from _each((first, *(operand for _, operand in rest)), is_whole=False)
        case Items(items):
            yield from _each(items, is_whole=False)
        case Call(function, arguments):
            yield from _each(arguments, is_whole=is_whole and function in _PASSING)


def _each(nodes: Iterable[Node], *, is_whole: bool) -> Iterator[Flow]:
    for node in nodes:
        yield from _flows(node, is_whole=is_whole)
