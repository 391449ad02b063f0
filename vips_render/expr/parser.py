"""Turn tokens into a syntax tree.

    pipeline  = ternary { "|" NAME [ ":" ternary { "," ternary } | "(" arguments ")" ] }
    ternary   = binary [ "?" ternary ":" ternary ]
    binary    = unary { OPERATOR unary }              by the table of binding powers
    unary     = { "-" | "!" } postfix | "not" binary
    postfix   = primary { "." NAME | "[" pipeline "]" }
    primary   = literal | NAME | NAME "(" arguments ")" | "(" pipeline ")" | "[" arguments "]"

A pipe takes the whole expression before it. New operators are rows of `_POWERS`; blocks are read
by `vips_render.expr.blocks`.
"""

from __future__ import annotations

from typing import Literal as OneOf

from vips_render.errors import ExpressionError, LimitExceeded
from vips_render.expr.lexer import RESERVED, Token, unquote
from vips_render.expr.nodes import (
    Call,
    Chain,
    Choice,
    Items,
    Literal,
    Node,
    Path,
    Step,
    Ternary,
    Unary,
)

_CONSTANTS: dict[str, bool | None] = {"true": True, "false": False, "null": None}

_POWERS = {
    "??": 10,
    **dict.fromkeys(("or", "||"), 20),
    **dict.fromkeys(("and", "&&"), 30),
    **dict.fromkeys(("==", "!=", "<", "<=", ">", ">="), 50),
    **dict.fromkeys(("+", "-"), 60),
    **dict.fromkeys(("*", "/", "%"), 70),
}
"""Operator to binding power: higher binds tighter, all to the left."""

_NOT, _COMPARED = 40, 50
_CHOICES: dict[str, OneOf["??", "or", "and"]] = {
    "??": "??",
    "or": "or",
    "||": "or",
    "and": "and",
    "&&": "and",
}


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
        node = self.ternary(level)
        while self.accept("|"):
            level += 1
            if level > self.depth:
                raise LimitExceeded(f"an expression has more than {self.depth} pipes")
            name = self.expect("name", "the name of a function")
            arguments: tuple[Node, ...] = ()
            if self.accept("("):
                arguments = self.arguments(level, ")")
            elif self.accept(":"):
                arguments = self.bare_arguments(level)
            node = Call(name.text, (node, *arguments), name.column, (node.at[0], self.behind()))
            self.refuse_operator()
        return node

    def refuse_operator(self) -> None:
        """Say what to do about an operator behind a pipe."""
        token = self.tokens[self.at]
        if token.kind in ("sign", "name") and (token.text in _POWERS or token.text == "?"):
            raise ExpressionError(
                f"to go on with {token.text!r}, put what the pipe is for into parentheses: (a | b)",
                token.column,
            )

    def ternary(self, level: int) -> Node:
        if level > self.depth:
            raise LimitExceeded(f"an expression nests deeper than {self.depth} levels")
        test = self.binary(level, 0)
        if not self.accept("?"):
            return test
        then = self.ternary(level + 1)
        if self.tokens[self.at].text == "|":
            column = self.tokens[self.at].column
            raise ExpressionError("put what a pipe is for into parentheses here: (a | b)", column)
        self.expect(":", "':' and what holds otherwise")
        otherwise = self.ternary(level + 1)
        return Ternary(test, then, otherwise, (test.at[0], otherwise.at[1]))

    def binary(self, level: int, power: int) -> Node:
        left = self.unary(level, power)
        last = 0
        links: list[tuple[str, Node]] = []
        while True:
            token = self.tokens[self.at]
            found = 0 if token.kind in ("text", "number") else _POWERS.get(token.text, 0)
            if found == last == _COMPARED:
                raise ExpressionError(
                    "a comparison has two sides: write a < b and b < c", token.column
                )
            if links and found != last:
                left, links = _joined(left, links), []
            if found <= power:
                return left
            self.at += 1
            links.append((token.text, self.binary(level, found)))
            last = found

    def unary(self, level: int, power: int) -> Node:
        start = self.tokens[self.at]
        if start.kind == "name" and start.text == "not":
            if power > _NOT:
                raise ExpressionError("put 'not …' into parentheses here", start.column)
            signs: list[OneOf["-", "not"]] = ["not"] * self.count("not")
            value = self.binary(level, _NOT)
            return Unary(tuple(signs), value, (start.start, value.at[1]))
        signs = []
        while (is_minus := self.accept("-")) or self.accept("!"):
            signs.append("-" if is_minus else "not")
        node = self.postfix(level)
        return Unary(tuple(signs), node, (start.start, node.at[1])) if signs else node

    def count(self, word: str) -> int:
        start = self.at
        while self.tokens[self.at].kind == "name" and self.tokens[self.at].text == word:
            self.at += 1
        return self.at - start

    def postfix(self, level: int) -> Node:
        start = self.tokens[self.at].start
        node = self.primary(level)
        steps: list[Node] = []
        while True:
            if self.accept("."):
                name = self.expect("name", "a name after '.'")
                steps.append(Literal(name.text, (name.start, name.end)))
            elif self.accept("["):
                steps.append(self.pipeline(level + 1))
                self.expect("]", "']'")
            else:
                break
        if not steps:
            return node
        place = (start, self.behind())
        if isinstance(node, Path):
            return Path(node.root, tuple(steps), place)
        return Step(node, tuple(steps), place)

    def primary(self, level: int) -> Node:
        token = self.tokens[self.at]
        self.at += 1
        place = (token.start, token.end)
        if token.kind == "text":
            return Literal(unquote(token), place)
        if token.kind == "number":
            number = float(token.text) if "." in token.text else int(token.text)
            return Literal(number, place)
        if token.kind == "name":
            return self.named(token, level)
        if token.text == "(":
            node = self.pipeline(level + 1)
            self.expect(")", "')'")
            return node
        if token.text == "[":
            return Items(self.arguments(level, "]"), (token.start, self.behind()))
        if token.kind == "close":
            raise ExpressionError("something is missing before '}}'", token.column)
        raise ExpressionError(f"{token.text!r} cannot stand here", token.column)

    def named(self, token: Token, level: int) -> Node:
        place = (token.start, token.end)
        if token.text in _CONSTANTS:
            return Literal(_CONSTANTS[token.text], place)
        if token.text in RESERVED:
            raise ExpressionError(f"{token.text!r} cannot stand here", token.column)
        if self.accept("("):
            arguments = self.arguments(level, ")")
            return Call(token.text, arguments, token.column, (token.start, self.behind()))
        return Path(token.text, (), place)

    def arguments(self, level: int, end: str) -> tuple[Node, ...]:
        """Read up to the closing sign; the opening one is behind us."""
        if self.accept(end):
            return ()
        found = [self.pipeline(level + 1)]
        while self.accept(","):
            found.append(self.pipeline(level + 1))
        self.expect(end, repr(end))
        return tuple(found)

    def bare_arguments(self, level: int) -> tuple[Node, ...]:
        """Read the arguments behind `name:`; a further pipe belongs to the whole."""
        found = [self.ternary(level)]
        while self.accept(","):
            found.append(self.ternary(level))
        return tuple(found)

    def behind(self) -> int:
        """Return where the token that was read last ends."""
        return self.tokens[self.at - 1].end

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


def _joined(first: Node, links: list[tuple[str, Node]]) -> Node:
    """Join what stands between operators of one rank."""
    place = (first.at[0], links[-1][1].at[1])
    if (choice := _CHOICES.get(links[0][0])) is not None:
        return Choice(choice, (first, *(node for _, node in links)), place)
    return Chain(first, tuple(links), place)
