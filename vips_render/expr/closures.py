"""Make the closures that a compiled text is of."""

from __future__ import annotations

from collections.abc import Callable

from vips_render.errors import LimitExceeded
from vips_render.expr.arithmetic import negative
from vips_render.expr.functions import Function
from vips_render.expr.values import (
    MISSING,
    Closure,
    Evaluation,
    as_text,
    is_absent,
    is_true,
    text_of,
)

_TEXT_PER_STEP = 64
_LOCALE_STEPS = 5
"""A call that writes in a locale takes 20 to 80 us, any other a few."""


def applied(
    function: Function,
    arguments: tuple[Closure, ...],
    apply: Callable[..., object] | None = None,
) -> Closure:
    """Return the call of a function, or of `apply` in its place, within the budget."""
    apply = apply or function.apply
    sees_missing = function.sees_missing
    least_cost = _LOCALE_STEPS if function.reads_locale else 1

    def call(run: Evaluation) -> object:
        given = [argument(run) for argument in arguments]
        cost = least_cost
        for value in given:
            if isinstance(value, str):
                cost += len(value) // _TEXT_PER_STEP
            elif isinstance(value, (list, tuple, dict)):
                cost += len(value)
        run.spend(cost)
        if not sees_missing and given and is_absent(given[0]):
            return MISSING
        result = apply(run, *given)
        if isinstance(result, str) and len(result) > run.most_chars:
            raise LimitExceeded(f"a text grows past {run.most_chars} characters")
        return result

    return call


def _first_present(options: tuple[Closure, ...]) -> Closure:
    def first_present(run: Evaluation) -> object:
        for option in options:
            value = option(run)
            if not is_absent(value):
                return value
        return MISSING

    return first_present


def _first_that_is(wanted: bool) -> Callable[[tuple[Closure, ...]], Closure]:
    def make(options: tuple[Closure, ...]) -> Closure:
        def first_that_is(run: Evaluation) -> object:
            value: object = MISSING
            for option in options:
                value = option(run)
                if is_true(value) is wanted:
                    break
            return value

        return first_that_is

    return make


CHOICES = {"??": _first_present, "or": _first_that_is(True), "and": _first_that_is(False)}
"""Sign to what picks one of several options."""


def signed(value: Closure, signs: tuple[str, ...]) -> Closure:
    """Return a value with signs before it, the nearest last."""

    def signed(run: Evaluation) -> object:
        result = value(run)
        for sign in reversed(signs):
            result = negative(result) if sign == "-" else not is_true(result)
        return result

    return signed


def either(test: Closure, then: Closure, otherwise: Closure) -> Closure:
    """Return one of two."""
    return lambda run: then(run) if is_true(test(run)) else otherwise(run)


def list_of(items: tuple[Closure, ...]) -> Closure:
    """Return a list as written."""
    return lambda run: [item(run) for item in items]


def joined(pieces: tuple[str | Closure, ...], most_chars: int) -> Closure:
    """Return the parts of a text as one."""
    if not pieces:
        return lambda _run: ""

    def join(run: Evaluation) -> object:
        texts: list[str] = []
        room = most_chars
        for piece in pieces:
            value = piece if isinstance(piece, str) else piece(run)
            text = value if isinstance(value, str) else text_of(run, value)
            room -= len(text)
            if room < 0:
                raise LimitExceeded(f"a text grows past {most_chars} characters")
            texts.append(text)
        return "".join(texts)

    return join


def branched(branches: tuple[tuple[Closure, Closure], ...], otherwise: Closure) -> Closure:
    """Return the parts of the first branch whose test holds."""

    def branched(run: Evaluation) -> object:
        for test, parts in branches:
            if is_true(test(run)):
                return parts(run)
        return otherwise(run)

    return branched


def looped(items: Closure, place: int, body: Closure, otherwise: Closure, weight: int) -> Closure:
    """Return a body once for each item, or what stands for none; `weight` is what a turn costs."""

    def looped(run: Evaluation) -> object:
        found = items(run)
        if not isinstance(found, (list, tuple)) or not found:
            return otherwise(run)
        count = len(found)
        if count > run.most_items:
            raise LimitExceeded(f"a loop goes through more than {run.most_items} items")
        texts: list[str] = []
        room = run.most_chars
        for index, item in enumerate(found):
            run.spend(weight)
            run.scope[place] = item
            run.scope[place + 1] = {
                "index": index + 1,
                "first": index == 0,
                "last": index == count - 1,
                "length": count,
            }
            text = as_text(body(run))
            room -= len(text)
            if room < 0:
                raise LimitExceeded(f"a text grows past {run.most_chars} characters")
            texts.append(text)
        return "".join(texts)

    return looped
