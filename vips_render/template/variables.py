"""Fill a template's variables from what a link seals and what the mailer put into its slots.

A slot wins over a sealed value, a sealed value over the document's default. `fill` serves opened
pictures: it never raises and says what it mended. `strict_fill` serves whoever makes links.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from vips_render.errors import ValueRefused
from vips_render.template.declarations import Declared
from vips_render.template.model import Template
from vips_render.template.problem import Problem, Reason, Severity
from vips_render.template.properties import nearest


@dataclass(frozen=True, slots=True)
class Filled:
    """Values by variable name, and what was mended; a variable without any value is absent."""

    values: dict[str, object]
    problems: tuple[Problem, ...]


def fill(
    template: Template, sealed: Mapping[str, object], slots: Mapping[str, str | None]
) -> Filled:
    """Return a value for every variable that has one; never raises.

    Args:
        sealed: by name, as the link says; meant as they are, but held to the variable's type.
        slots: by name, only those that the link leaves open; None for missing.
    """
    filling = _Filling()
    variables = template.variables
    for name in (*sealed, *slots):
        if name not in variables:
            filling.note(name, "unknown-variable", "warning", "no such variable")
    for name, variable in variables.items():
        if name not in slots or not filling.from_slot(name, variable, slots[name]):
            filling.from_sealed(name, variable, sealed.get(name))
    return Filled(filling.values, tuple(dict.fromkeys(filling.problems)))


def strict_fill(
    template: Template, sealed: Mapping[str, object], *, slots: Collection[str] = ()
) -> Filled:
    """Return a value for every variable that has one, or refuse.

    Args:
        slots: variables that a link leaves open; a required one among them may be missing.

    Raises:
        ValueRefused: an unknown variable, a value that is not allowed as it is, or none for a
            required variable, though it has a default. Names the first variable; the message
            says of each what is allowed.
    """
    filled = fill(template, sealed, {})
    faults: list[tuple[str, str]] = []
    for problem in filled.problems:
        name, message = problem.variable, problem.message
        if problem.reason == "unknown-variable":
            message = _unknown(name, template.variables)
        if problem.reason != "value-missing" or name not in slots:
            faults.append((name, message))
    if faults:
        (first, message), *others = faults
        raise ValueRefused(first, message + "".join(f"; {one}: {why}" for one, why in others))
    return filled


def _unknown(name: str, known: Collection[str]) -> str:
    if not known:
        return "no such variable; the template has none"
    near = nearest(name, known)
    meant = f"did you mean {near!r}? The template has" if near else "the template has"
    return f"no such variable; {meant} {', '.join(known)}"


class _Filling:
    """Collects values and problems, variable by variable."""

    def __init__(self) -> None:
        self.values: dict[str, object] = {}
        self.problems: list[Problem] = []

    def note(self, name: str, reason: Reason, severity: Severity, message: str) -> None:
        self.problems.append(Problem(name, reason, severity, message))

    def from_slot(self, name: str, variable: Declared, value: str | None) -> bool:
        """Take the mailer's value, unless it cannot be used."""
        if not variable.open:
            self.note(name, "slot-refused", "warning", 'the document does not say "open": true')
            return False
        if value is None:
            self.note(name, "slot-missing", "note", "the mailer had no value")
            return False
        verdict = variable.accept(value, from_slot=True)
        if verdict.refused:
            self.note(name, "slot-refused", "note", verdict.refused)
            return False
        if verdict.trimmed:
            self.note(name, "slot-trimmed", "note", verdict.trimmed)
        self.values[name] = verdict.value
        return True

    def from_sealed(self, name: str, variable: Declared, value: object) -> None:
        """Take the link's value, or else the default."""
        if value is None or (value == "" and not variable.allows_empty):
            if variable.required:
                self.note(name, "value-missing", "warning", "is required and has no value")
        else:
            taken, refused, trimmed = variable.accept(value)
            if trimmed:
                self.note(name, "value-trimmed", "warning", trimmed)
            if not refused:
                self.values[name] = taken
                return
            self.note(name, "value-refused", "warning", refused)
        if variable.default is not None:
            self.values[name] = variable.fallback
