"""Compile a text of the document that may hold `{{ … }}`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from vips_render.errors import LimitExceeded
from vips_render.expr.compile import Findings, compile_node
from vips_render.expr.lexer import tokens_until_close
from vips_render.expr.parser import parse
from vips_render.expr.values import Closure, Evaluation, as_text
from vips_render.limits import Limits

OPENING = "{{"


@dataclass(frozen=True, slots=True)
class Expression:
    """A compiled text; equal to another of the same source.

    Attributes:
        source: the text as written.
        mentions: each variable it names, with the 1-based column of the mention.
        reads_clock: whether its result changes with time.
        opening: the prose before the first `{{`.
        is_mixed: whether it is more than one `{{ … }}` alone, so that its result is text.
    """

    source: str
    mentions: tuple[tuple[str, int], ...] = field(compare=False)
    reads_clock: bool = field(compare=False)
    opening: str = field(compare=False)
    is_mixed: bool = field(compare=False)
    closure: Closure = field(compare=False, repr=False)
    steps: int = field(compare=False, repr=False)

    @property
    def reads(self) -> frozenset[str]:
        """The names of the variables it reads."""
        return frozenset(name for name, _ in self.mentions)

    def evaluate(self, values: Mapping[str, object]) -> object:
        """Return the value for these variables; missing ones are missing, not an error.

        Raises:
            LimitExceeded: more steps or characters than the budget it was compiled with.
        """
        return self.run(Evaluation(values))

    def run(self, evaluation: Evaluation) -> object:
        """Return the value within `evaluation`, which also learns until when it holds."""
        evaluation.steps_left = self.steps
        return self.closure(evaluation)


def has_expression(source: str) -> bool:
    """Tell whether `source` holds anything to compile."""
    return OPENING in source


def literal_source(text: str) -> str:
    """Return a source that evaluates to `text` itself, whatever it holds."""
    return text.replace(OPENING, "{{ '{{' }}")


def compile_text(source: str, limits: Limits) -> Expression:
    """Compile `source`; one `{{ … }}` alone keeps its value's type, all else gives text.

    Raises:
        ExpressionError: with the 1-based column in `source`.
        LimitExceeded: too long or nested too deep.
    """
    if len(source) > limits.expression_chars:
        raise LimitExceeded(f"a text may have at most {limits.expression_chars} characters")
    findings = Findings()
    pieces: list[str | Closure] = []
    at = 0
    while (opening := source.find(OPENING, at)) >= 0:
        if opening > at:
            pieces.append(source[at:opening])
        tokens, at = tokens_until_close(source, opening + len(OPENING))
        pieces.append(compile_node(parse(tokens, limits.expression_depth), findings))
    if at < len(source) or not pieces:
        pieces.append(source[at:])
    alone = pieces[0] if len(pieces) == 1 and not isinstance(pieces[0], str) else None
    return Expression(
        source,
        tuple(findings.mentions),
        findings.reads_clock,
        opening=pieces[0] if isinstance(pieces[0], str) else "",
        is_mixed=alone is None,
        closure=alone or _join(tuple(pieces), limits.expression_chars),
        steps=limits.expression_steps,
    )


def _join(pieces: tuple[str | Closure, ...], most_chars: int) -> Closure:
    def join(run: Evaluation) -> object:
        texts: list[str] = []
        room = most_chars
        for piece in pieces:
            text = piece if isinstance(piece, str) else as_text(piece(run))
            room -= len(text)
            if room < 0:
                raise LimitExceeded(f"a text grows past {most_chars} characters")
            texts.append(text)
        return "".join(texts)

    return join
