"""Turn tokens into a syntax tree.

    pipeline  = binary { "|" NAME [ ":" binary { "," binary } | "(" arguments ")" ] }
    binary    = postfix { OPERATOR postfix }          by the table of binding powers
    postfix   = primary { "." NAME | "[" pipeline "]" }
    primary   = literal | NAME | NAME "(" arguments ")" | "(" pipeline ")"

A pipe takes the whole expression before it. New operators are rows of `_POWERS`, new blocks
are pieces of `vips_render.expr.text`.
"""

from __future__ import annotations

from collections.abc import Callable

from vips_render.errors import ExpressionError, LimitExceeded
from vips_render.expr.lexer import RESERVED, Token, unquote
from vips_render.expr.nodes import Call, Coalesce, Literal, Node, Path, Step

_CONSTANTS: dict[str, bool | None] = {"true": True, "false": False, "null": None}


def _coalesce(left: Node, right: Node) -> Node:
    """Join `a ?? b`, flat, so that a long chain costs no recursion."""
    options = left.options if isinstance(left, Coalesce) else (left,)
    return Coalesce((*options, right))


_POWERS: dict[str, tuple[int, Callable[[Node, Node], Node]]] = {"??": (10, _coalesce)}
"""Operator to binding power (higher binds tighter, all to the left) and maker of its node."""


def parse(tokens: list[Token], depth: int) -> Node:
    """Return the tree of one expression; `tokens` end with kind `close`.

    Raises:
        ExpressionError: the first place that does not read as the language.
        LimitExceeded: more than `depth` levels of nesting.
    """
    parser = _Parser(tokens, depth)
    node = parser.pipeline(0)
    parser.expect("close", "}}")
    return node


class _Parser:
    """Walks the tokens once, left to right; `level` counts nesting."""

    def __init__(self, tokens: list[Token], depth: int) -> None:
        self.tokens = tokens
        self.at = 0
        self.depth = depth

    def pipeline(self, level: int) -> Node:
        if level > self.depth:
            raise LimitExceeded(f"an expression nests deeper than {self.depth} levels")
        node = self.binary(level, 0)
        while self.accept("|"):
            level += 1
            if level > self.depth:
                raise LimitExceeded(f"an expression has more than {self.depth} pipes")
            name = self.expect("name", "the name of a function")
            arguments: tuple[Node, ...] = ()
            if self.accept("("):
                arguments = self.arguments(level)
            elif self.accept(":"):
                arguments = self.bare_arguments(level)
            node = Call(name.text, (node, *arguments), name.column)
        return node

    def binary(self, level: int, power: int) -> Node:
        left = self.postfix(level)
        while True:
            found = _POWERS.get(self.tokens[self.at].text)
            if self.tokens[self.at].kind != "sign" or found is None or found[0] <= power:
                return left
            self.at += 1
            left = found[1](left, self.binary(level, found[0]))

    def postfix(self, level: int) -> Node:
        node = self.primary(level)
        steps: list[Node] = []
        while True:
            if self.accept("."):
                steps.append(Literal(self.expect("name", "a name after '.'").text))
            elif self.accept("["):
                steps.append(self.pipeline(level + 1))
                self.expect("]", "']'")
            else:
                break
        if not steps:
            return node
        if isinstance(node, Path):
            return Path(node.root, tuple(steps), node.column)
        return Step(node, tuple(steps))

    def primary(self, level: int) -> Node:
        token = self.tokens[self.at]
        self.at += 1
        if token.kind == "text":
            return Literal(unquote(token))
        if token.kind == "number":
            return Literal(float(token.text) if "." in token.text else int(token.text))
        if token.kind == "name":
            return self.named(token, level)
        if token.text == "(":
            node = self.pipeline(level + 1)
            self.expect(")", "')'")
            return node
        if token.kind == "close":
            raise ExpressionError("something is missing before '}}'", token.column)
        raise ExpressionError(f"{token.text!r} cannot stand here", token.column)

    def named(self, token: Token, level: int) -> Node:
        if token.text in _CONSTANTS:
            return Literal(_CONSTANTS[token.text])
        if token.text in RESERVED:
            raise ExpressionError(f"{token.text!r} cannot stand here", token.column)
        if self.accept("("):
            return Call(token.text, self.arguments(level), token.column)
        return Path(token.text, (), token.column)

    def arguments(self, level: int) -> tuple[Node, ...]:
        """Read up to the closing parenthesis; the opening one is behind us."""
        if self.accept(")"):
            return ()
        found = [self.pipeline(level + 1)]
        while self.accept(","):
            found.append(self.pipeline(level + 1))
        self.expect(")", "')'")
        return tuple(found)

    def bare_arguments(self, level: int) -> tuple[Node, ...]:
        """Read the arguments behind `name:`; a further pipe belongs to the whole."""
        found = [self.binary(level, 0)]
        while self.accept(","):
            found.append(self.binary(level, 0))
        return tuple(found)

    def accept(self, sign: str) -> bool:
        token = self.tokens[self.at]
        if token.kind == "sign" and token.text == sign:
            self.at += 1
            return True
        return False

    def expect(self, wanted: str, meaning: str) -> Token:
        token = self.tokens[self.at]
        if wanted != token.kind and (token.kind != "sign" or token.text != wanted):
            raise ExpressionError(f"expected {meaning} instead of {token.text!r}", token.column)
        self.at += 1
        return token
