"""Say what a function of the language is: a row of the one table."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

from vips_render.expr.arithmetic import Number, number_of
from vips_render.expr.values import Evaluation

NOW: Final = "now"
"""Written out where a function takes a moment, it means the clock."""

MOST_ARGUMENTS = 100


class Clock:
    """The value of a `'now'` that is written out; there is one of it, `CLOCK`."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "now"


CLOCK: Final = Clock()


@dataclass(frozen=True, slots=True)
class Example:
    """A text of the language and what it gives, for the reference and its test.

    `locale` and `data` are what it is evaluated with.
    """

    source: str
    result: str
    locale: str = "en"
    data: dict[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Function:
    """A function of the language.

    Attributes:
        name: as the reference spells it; `aliases` are taken as well.
        parameters: as the reference shows them, `[…]` around what may be left out.
        says: what it gives, as a sentence.
        apply: from the evaluation and the arguments to the result. It returns a value for
            arguments of any kind and raises nothing but `LimitExceeded`.
        sees_missing: whether it is asked at all when its first argument is missing or null;
            elsewhere missing gives missing.
        reads_clock: whether the result changes with time.
        reads_locale: whether it depends on the caller's locale or time zone.
        moments: which arguments are moments, so that `'now'` among them means the clock.
        member: gives one member of the result; the member's name is its last argument.
        literals: by place of an argument, what tells what is wrong with one that is written out,
            so that a slip is found before anything is drawn; empty when nothing is.
    """

    name: str
    parameters: str
    says: str
    apply: Callable[..., object]
    examples: tuple[Example, ...]
    aliases: tuple[str, ...] = ()
    sees_missing: bool = False
    reads_clock: bool = False
    reads_locale: bool = False
    moments: tuple[int, ...] = ()
    member: Callable[..., object] | None = None
    literals: Mapping[int, Callable[[object], str]] = field(default_factory=dict)

    @property
    def smallest(self) -> int:
        """Fewest arguments, a pipe's left side included."""
        return len([name for name in self._names() if name[0] != "["])

    @property
    def largest(self) -> int:
        """Most arguments."""
        names = self._names()
        return MOST_ARGUMENTS if names and names[-1].endswith("…]") else len(names)

    def _names(self) -> list[str]:
        return [name for name in re.split(r",\s*", self.parameters) if name]


class Rows(dict[str, Function]):
    """The functions of one kind, by name, in the order of the reference."""

    def __init__(self, title: str, about: str) -> None:
        super().__init__()
        self.title = title
        self.about = about

    def add(
        self,
        name: str,
        parameters: str,
        says: str,
        apply: Callable[..., object],
        *examples: Example,
        aliases: str = "",
        sees_missing: bool = False,
        reads_clock: bool = False,
        reads_locale: bool = False,
        moments: tuple[int, ...] = (),
        member: Callable[..., object] | None = None,
        literals: Mapping[int, Callable[[object], str]] | None = None,
    ) -> None:
        """Add a row; `aliases` are separated by spaces, the rest is as in `Function`."""
        self[name] = Function(
            *(name, parameters, says, apply, examples, tuple(aliases.split())),
            sees_missing=sees_missing,
            reads_clock=reads_clock,
            reads_locale=reads_locale,
            moments=moments,
            member=member,
            literals=literals or {},
        )


def whole_of(value: object, otherwise: int = 0, most: int = 10_000) -> int:
    """Return a whole number from `-most` to `most`, cut towards 0; `otherwise` for none."""
    if type(value) is int and -most <= value <= most:
        return value
    number = number_of(value)
    if number is None:
        return otherwise
    return int(max(min(number, most), -most))


def numbers_in(run: Evaluation, values: tuple[object, ...]) -> list[Number]:
    """Return the numbers among arguments, or among the items of a list that is the only one."""
    found: list[Number] = []
    if len(values) == 1 and isinstance(values[0], (list, tuple)):
        values = tuple(values[0])
    for value in values:
        number = number_of(value)
        if number is not None:
            found.append(number)
    run.spend(len(found))
    return found
