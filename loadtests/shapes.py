"""When people ask: the shapes of the two crowds, as plain numbers. Pure; chance is passed in."""

from __future__ import annotations

import bisect
import itertools
from random import Random

RAMP = 0.1
"""Part of the time in which a send is delivered: the flood that image proxies make."""

HALF_LIFE = 0.15
"""Part of the time after which half of those who have not opened yet have."""


def delivered_at(random: Random, seconds: float) -> float:
    """Return when a mail of a send is delivered: anywhere in the ramp."""
    return random.uniform(0, RAMP * seconds)


def opened_at(random: Random, delivered_s: float, seconds: float) -> float:
    """Return when a person opens a mail: soon after delivery or, with bad luck, at the end."""
    opened = delivered_s + random.expovariate(0.693 / (HALF_LIFE * seconds))
    return opened if opened < seconds else random.uniform(delivered_s, seconds)


def times_opened(random: Random) -> int:
    """Return how often one recipient's mail is opened: once, seldom twice, rarely thrice."""
    return random.choices((1, 2, 3), (70, 20, 10))[0]


class Popularity:
    """Zipf's law over `count` things: the first is asked for most, the last hardly ever."""

    def __init__(self, count: int, *, exponent: float = 1.1) -> None:
        weights = (1 / rank**exponent for rank in range(1, count + 1))
        self._sums = list(itertools.accumulate(weights))

    def pick(self, random: Random) -> int:
        """Return the index of one thing."""
        return bisect.bisect_left(self._sums, random.uniform(0, self._sums[-1]))
