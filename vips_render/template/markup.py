r"""Read the markup of a document's own words: `**bold**`, `*italic*`, `[words]{style}`.

Values never turn into markup: signs are looked for in the document's prose alone, before any value
is put in, and are replaced by characters that no text may hold (Unicode's noncharacters). Those are
taken out of every value on its way into the text. A backslash makes `\*`, `\[` and `\]` plain.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from vips_render.expr.blocks import OPENING
from vips_render.expr.lexer import tokens_until_close
from vips_render.expr.nodes import Node
from vips_render.expr.text import Expression, compile_text, has_expression
from vips_render.expr.values import Closure
from vips_render.limits import Limits
from vips_render.template.properties import suggestion

BOLD, ITALIC, OPEN = "\ufdd0", "\ufdd1", "\ufdd2"
FIRST_CLOSE = 0xFDD3
"""The end of the first style; the next ones follow."""

MOST_STYLES = 16

_MARKS = re.compile("[\ufdd0-\ufdef]")
_SIGN = re.compile(r"\\(?P<plain>[*\[\]\\])|\*\*|\*|\[|\]\{(?P<style>[^{}]*)\}")


class MarkupError(Exception):
    """Markup that means nothing; `column` is 1-based."""

    def __init__(self, message: str, column: int) -> None:
        super().__init__(message)
        self.message, self.column = message, column


@dataclass(frozen=True, slots=True)
class _Mark:
    """A sign in the source, and what stands for it in the marked one."""

    start: int
    end: int
    sign: str


def marked_source(source: str, styles: Sequence[str]) -> str:
    """Return a source whose markup is written as marks.

    Raises:
        MarkupError: a sign without its partner, or an unknown style.
    """
    marks = _read_marks(source, styles)
    parts: list[str] = []
    at = 0
    for mark in marks:
        parts += source[at : mark.start], mark.sign
        at = mark.end
    return "".join([*parts, source[at:]])


def compile_marked(source: str, limits: Limits) -> str | Expression:
    """Return what gives a marked text; its values hold no marks.

    Raises:
        LimitExceeded: with its marks it is too long.
    """
    if not has_expression(source):
        return source
    expression = compile_text(source, limits, _shielded)
    # A text that is nothing but a variable would be read without asking the closure.
    return replace(expression, variable=None)


def plain_text(marked: str) -> str:
    """Return a marked text without its marks."""
    return marked if marked.isascii() else _MARKS.sub("", marked)


Look = tuple[bool, bool, tuple[int, ...]]
"""Bold, italic, and the numbers of styles, the outermost first."""


def looks_in(marked: str) -> tuple[str, list[tuple[int, int, Look]]]:
    """Return the text of a marked one, and each stretch of it that looks other than plain."""
    plain: list[str] = []
    bold: list[bool] = []
    italic: list[bool] = []
    styles: list[tuple[int, ...]] = []
    opened: list[int] = []
    is_bold = is_italic = False
    for character in marked:
        if character == BOLD:
            is_bold = not is_bold
        elif character == ITALIC:
            is_italic = not is_italic
        elif character == OPEN:
            opened.append(len(plain))
        elif _MARKS.match(character):
            for index in range(opened.pop() if opened else len(plain), len(plain)):
                styles[index] = (ord(character) - FIRST_CLOSE, *styles[index])
        else:
            plain.append(character)
            bold.append(is_bold)
            italic.append(is_italic)
            styles.append(())
    return "".join(plain), [*_stretches(list(zip(bold, italic, styles, strict=True)))]


def _stretches(looks: Sequence[Look]) -> Iterator[tuple[int, int, Look]]:
    start = 0
    for index in range(1, len(looks) + 1):
        if index == len(looks) or looks[index] != looks[start]:
            if looks[start] != (False, False, ()):
                yield start, index, looks[start]
            start = index


def _shielded(_node: Node, closure: Closure) -> Closure:
    return lambda run: _without_marks(closure(run))


def _without_marks(value: object) -> object:
    if isinstance(value, str):
        return plain_text(value)
    if isinstance(value, (list, tuple)):
        return [_without_marks(item) for item in value]
    if isinstance(value, dict):
        return {key: _without_marks(item) for key, item in value.items()}
    return value


def _read_marks(source: str, styles: Sequence[str]) -> list[_Mark]:
    marks: list[_Mark] = []
    opened: list[_Mark] = []
    toggles: dict[str, list[_Mark]] = {"**": [], "*": []}
    for start, end in _prose(source):
        marks += [_Mark(one.start(), one.end(), "") for one in _MARKS.finditer(source, start, end)]
        for found in _SIGN.finditer(source, start, end):
            sign = found[0]
            mark = _Mark(found.start(), found.end(), {"**": BOLD, "*": ITALIC}.get(sign, OPEN))
            if found["plain"]:
                mark = replace(mark, sign=found["plain"])
            elif sign in toggles:
                toggles[sign].append(mark)
            elif sign == "[":
                opened.append(mark)
                continue
            else:
                mark = replace(mark, sign=_close(found, styles))
                if not opened:
                    raise MarkupError(
                        f"{sign!r} closes nothing; write \\] for a bracket", mark.start + 1
                    )
                marks.append(opened.pop())
            marks.append(mark)
    for sign, found_marks in toggles.items():
        if len(found_marks) % 2:
            where = found_marks[-1].start + 1
            raise MarkupError(f"{sign!r} is never closed; write \\* for an asterisk", where)
    return sorted(marks, key=lambda mark: mark.start)


def _close(found: re.Match[str], styles: Sequence[str]) -> str:
    name = found["style"]
    if name not in styles:
        message = f"there is no style {name!r}{suggestion(name, styles)}"
        raise MarkupError(message, found.start() + 1)
    return chr(FIRST_CLOSE + list(styles).index(name))


def _prose(source: str) -> Iterator[tuple[int, int]]:
    """Yield where the words of a document stand: outside of `{{ … }}`."""
    at = 0
    while (opening := source.find(OPENING, at)) >= 0:
        yield at, opening
        _, at = tokens_until_close(source, opening + len(OPENING))
    yield at, len(source)
