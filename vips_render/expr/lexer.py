"""Split the inside of `{{ … }}` into tokens that know their column."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from vips_render.errors import ExpressionError

Kind = Literal["name", "number", "text", "sign", "close"]

RESERVED = frozenset(
    {"if", "else", "elif", "endif", "for", "in", "endfor", "and", "or", "not"},
)
"""Words of the language; no variable may be called so."""

_TOKEN = re.compile(
    r"""
    (?P<space>\s+)
  | (?P<close>\}\})
  | (?P<name>[A-Za-z_][A-Za-z0-9_]*)
  | (?P<number>[0-9]+(?:\.[0-9]+)?)
  | (?P<text>'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")
  | (?P<sign>\?\?|[=!<>]=|&&|\|\||[.,:|()\[\]?<>!+*/%-])
    """,
    re.VERBOSE | re.DOTALL,
)

_NUMBER_CHARS = 30
_MEANT = {
    "=": "two of them compare: ==",
    "&": "two of them mean 'and': &&",
    "{": "an expression ends with }} before the next begins",
    "“": "write strings in straight quotes",
    "”": "write strings in straight quotes",
    "‘": "write strings in straight quotes",  # noqa: RUF001 - the very character that is meant
    "’": "write strings in straight quotes",  # noqa: RUF001 - the very character that is meant
}
_ESCAPES = {"n": "\n", "t": "\t"}


@dataclass(frozen=True, slots=True)
class Token:
    """One word or sign; `start` and `end` are 0-based offsets into the whole source."""

    kind: Kind
    text: str
    start: int
    end: int

    @property
    def column(self) -> int:
        """The 1-based column of the first character."""
        return self.start + 1


def tokens_until_close(source: str, start: int) -> tuple[list[Token], int]:
    """Read tokens from `start` up to the `}}` that is not inside a string.

    Returns:
        The tokens, the last of kind `close`, and the offset behind the `}}`.

    Raises:
        ExpressionError: a character or string that the language has no use for, or no `}}`.
    """
    found: list[Token] = []
    at = start
    while match := _TOKEN.match(source, at):
        at = match.end()
        kind = match.lastgroup
        if kind == "space":
            continue
        token = Token(kind, match.group(), match.start(), at)  # type: ignore[arg-type] # group names are the kinds
        if kind == "number" and len(token.text) > _NUMBER_CHARS:
            raise ExpressionError("the number has too many digits", token.column)
        found.append(token)
        if kind == "close":
            return found, at
    raise _unreadable(source, start, at)


def unquote(token: Token) -> str:
    r"""Return what a string token says: `\n` and `\t` as in JSON, any other `\x` is `x`."""
    return re.sub(
        r"\\(.)",
        lambda match: _ESCAPES.get(match.group(1), match.group(1)),
        token.text[1:-1],
        flags=re.DOTALL,
    )


def _unreadable(source: str, start: int, at: int) -> ExpressionError:
    """Say why no token starts at `at`."""
    if at >= len(source):
        return ExpressionError("'{{' is never closed: add '}}'", max(start - 1, 1))
    character = source[at]
    if meant := _MEANT.get(character):
        return ExpressionError(f"{character!r} has no meaning here; {meant}", at + 1)
    if character in "'\"":
        return ExpressionError(f"the string is never closed: add {character}", at + 1)
    return ExpressionError(f"{character!r} has no meaning here", at + 1)
