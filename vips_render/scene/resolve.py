"""Turn a template and its variables into a scene.

A template is compiled once: whatever reads nothing is resolved then, and a picture costs what its
expressions cost. Layers that nothing personal reaches know neither the variables nor the caller's
locale, so every recipient shares them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from vips_render.expr.values import Evaluation
from vips_render.limits import Limits
from vips_render.scene import model as scene
from vips_render.scene.compile import Program, compile_template
from vips_render.scene.reader import Reader, Run, live
from vips_render.template.model import Template
from vips_render.template.problem import Problem
from vips_render.template.properties import is_language_tag

NO_LIMITS_GIVEN = Limits()

PROGRAMS = 8
"""Compiled forms that a template keeps: one for each set of `personal_names` it is drawn with."""


@dataclass(frozen=True, slots=True)
class Resolved:
    """A scene, what went wrong, and until when it holds: seconds since the epoch, None for ever."""

    scene: scene.Scene
    fresh_until: float | None
    problems: tuple[Problem, ...]


def resolve(
    template: Template,
    values: Mapping[str, object],
    *,
    locale: str = "",
    timezone: str = "",
    now: float = 0.0,
    limits: Limits = NO_LIMITS_GIVEN,
    personal_names: frozenset[str] = frozenset(),
) -> Resolved:
    """Return the scene for these variables; never raises for a value.

    Args:
        values: by variable name, as `fill` gives them.
        locale: BCP 47; how numbers and dates are written, and which shapes Han characters have,
            in personal layers. The template's own when empty.
        timezone: a name of the IANA data base, for expressions that read the clock.
        now: seconds since the epoch, the only clock that is read.
        personal_names: layers that count as personal though they read nothing (`m` names them).
    """
    lang = locale.replace("_", "-") if is_language_tag(locale) else ""
    lang = lang or template.locale
    run = Run(Evaluation(values, now, timezone, lang), lang, [])
    made = _compiled(template, personal_names, limits.text_chars)(run, {})
    return Resolved(made, run.evaluation.fresh_until, tuple(run.problems))


def alt_text(
    template: Template,
    values: Mapping[str, object],
    *,
    locale: str = "",
    timezone: str = "",
    now: float = 0.0,
) -> str:
    """Return what `<img alt>` says for these variables; empty when it outgrows its budget.

    `locale`, `timezone` and `now` are those of `resolve`.
    """
    lang = locale if is_language_tag(locale) else ""
    lang = lang or template.locale
    run = Run(Evaluation(values, now, timezone, lang), lang, [])
    return live(Reader("", NO_LIMITS_GIVEN.text_chars).text(template.alt, "alt"))(run, {})


def _compiled(template: Template, names: frozenset[str], text_chars: int) -> Program:
    """Return the template's program, compiled when it is asked for the first time."""
    programs: dict[tuple[frozenset[str], int], Program]
    programs = template.keepsakes.setdefault("scene.resolve", {})
    known = programs.get((names, text_chars))
    if known is None:
        if len(programs) >= PROGRAMS:
            programs.clear()
        known = compile_template(template, template.personal_with(names), text_chars)
        programs[names, text_chars] = known
    return known
