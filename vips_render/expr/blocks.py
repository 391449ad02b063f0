"""Read a text of the document into its parts: prose, expressions, and blocks that hold parts.

{{ if a }} … {{ else if b }} … {{ else }} … {{ endif }}         also `elif`
{{ for x in xs }} … {{ else }} … {{ endfor }}                   `else`: there are none
"""

from __future__ import annotations

from dataclasses import dataclass, field

from vips_render.errors import ExpressionError, LimitExceeded
from vips_render.expr.lexer import RESERVED, Token, tokens_until_close
from vips_render.expr.nodes import For, If, Literal, Node, Piece
from vips_render.expr.parser import parse

OPENING = "{{"
_CONSTANTS = ("true", "false", "null")


@dataclass(slots=True)
class _Block:
    """A block whose end is still to come; `parts` are those of the branch that is being read."""

    word: str
    column: int
    parts: list[Piece]
    tests: list[tuple[Node, list[Piece]]] = field(default_factory=list)
    name: str = ""
    items: Node | None = None
    otherwise: list[Piece] | None = None

    def closed(self) -> Piece:
        """Return what was read."""
        otherwise = tuple(self.otherwise or ())
        if self.items is not None:
            return For(self.name, self.items, tuple(self.tests[0][1]), otherwise)
        return If(tuple((test, tuple(parts)) for test, parts in self.tests), otherwise)


def read_pieces(source: str, depth: int, faults: list[ExpressionError]) -> tuple[Piece, ...]:
    """Return the parts of `source`; an expression that has a fault is read as null.

    Faults are added to those that are known, each with its 1-based column in `source`. Behind one
    that hides where an expression or a block ends nothing more is read.

    Raises:
        LimitExceeded: nested deeper than `depth`.
    """
    reader = _Reader(depth, faults)
    try:
        _read(source, reader)
    except ExpressionError as fault:
        faults.append(fault)
        while reader.open:
            reader.close()
    return tuple(reader.parts) or ("",)


def _read(source: str, reader: _Reader) -> None:
    at = 0
    while (opening := source.find(OPENING, at)) >= 0:
        if opening > at:
            reader.parts.append(source[at:opening])
        tokens, at = tokens_until_close(source, opening + len(OPENING))
        reader.take(tokens)
    if reader.open:
        block = reader.open[-1]
        raise ExpressionError(
            f"the {block.word!r} is never closed: add {{{{ end{block.word} }}}}", block.column
        )
    if at < len(source):
        reader.parts.append(source[at:])


class _Reader:
    """Takes one `{{ … }}` after the other; `parts` is where the next part belongs."""

    def __init__(self, depth: int, faults: list[ExpressionError]) -> None:
        self.depth = depth
        self.faults = faults
        self.parts: list[Piece] = []
        self.open: list[_Block] = []

    def take(self, tokens: list[Token]) -> None:
        """Take an expression or a word of a block."""
        first = tokens[0]
        if first.kind != "name" or first.text not in RESERVED or first.text == "not":
            self.parts.append(self.parsed(tokens))
        elif first.text in ("if", "for"):
            self.start(first, tokens)
        elif first.text in ("elif", "else"):
            self.turn(first, tokens)
        elif first.text in ("endif", "endfor"):
            self.end(first, tokens)
        else:
            raise ExpressionError(f"{first.text!r} cannot stand here", first.column)

    def parsed(self, tokens: list[Token]) -> Node:
        """Return an expression; null for one that has a fault."""
        try:
            return parse(tokens, self.depth)
        except ExpressionError as fault:
            self.faults.append(fault)
            return Literal(None, (tokens[0].start, tokens[-1].end))

    def start(self, word: Token, tokens: list[Token]) -> None:
        if len(self.open) >= self.depth:
            raise LimitExceeded(f"blocks nest deeper than {self.depth} levels")
        block = _Block(word.text, word.column, self.parts)
        parts: list[Piece] = []
        if word.text == "if":
            block.tests.append((self.parsed(tokens[1:]), parts))
        else:
            block.name, block.items = self.loop(tokens)
            block.tests.append((block.items, parts))
        self.open.append(block)
        self.parts = parts

    def loop(self, tokens: list[Token]) -> tuple[str, Node]:
        """Read `for NAME in items`."""
        name, joint = tokens[1], tokens[2] if len(tokens) > 2 else tokens[1]
        if name.kind != "name" or name.text in RESERVED or name.text in _CONSTANTS:
            raise ExpressionError(
                "a loop names what it goes through: for item in items", name.column
            )
        if joint.text != "in":
            raise ExpressionError(f"expected 'in' instead of {joint.text!r}", joint.column)
        return name.text, self.parsed(tokens[3:])

    def turn(self, word: Token, tokens: list[Token]) -> None:
        """Begin the next branch."""
        block = self.current(word)
        if block.otherwise is not None:
            raise ExpressionError(f"{word.text!r} cannot follow the 'else'", word.column)
        rest = tokens[1:]
        if word.text == "else" and rest[0].text == "if" and rest[0].kind == "name":
            rest = rest[1:]
        elif word.text == "else":
            _nothing_more(tokens)
            self.parts = block.otherwise = []
            return
        if block.word != "if":
            raise ExpressionError("a loop has an 'else' alone", word.column)
        self.parts = []
        block.tests.append((self.parsed(rest), self.parts))

    def end(self, word: Token, tokens: list[Token]) -> None:
        block = self.current(word)
        if word.text != f"end{block.word}":
            raise ExpressionError(
                f"{word.text!r} cannot close the {block.word!r} of column {block.column}",
                word.column,
            )
        _nothing_more(tokens)
        self.close()

    def close(self) -> None:
        """Close the innermost block."""
        block = self.open.pop()
        self.parts = block.parts
        self.parts.append(block.closed())

    def current(self, word: Token) -> _Block:
        if not self.open:
            raise ExpressionError(f"there is no block that {word.text!r} could end", word.column)
        return self.open[-1]


def _nothing_more(tokens: list[Token]) -> None:
    if tokens[1].kind != "close":
        raise ExpressionError(f"expected '}}}}' instead of {tokens[1].text!r}", tokens[1].column)
