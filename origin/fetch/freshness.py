"""Read for how long a picture from elsewhere may be used without asking again."""

from __future__ import annotations

import re
from collections.abc import Mapping

DEFAULT_S = 86_400.0
LEAST_S = 60.0
MOST_S = 30 * 86_400.0

_MAX_AGE = re.compile(r'(?:^|[\s,])max-age\s*=\s*"?([0-9]{1,12})', re.IGNORECASE)
_NOT_KEPT = re.compile(r"(?:^|[\s,])no-(?:store|cache)(?:$|[\s,=])", re.IGNORECASE)


def fresh_s(headers: Mapping[str, str]) -> float:
    """Return seconds from `LEAST_S` to `MOST_S`; a day when the sender does not say.

    What forbids keeping still gives the least: a burst of opens asks its picture's host once.
    """
    control = headers.get("Cache-Control", "")
    if _NOT_KEPT.search(control):
        return LEAST_S
    found = _MAX_AGE.search(control)
    if found is None:
        return DEFAULT_S
    age = headers.get("Age", "").strip()
    spent_s = float(age) if age.isascii() and age.isdigit() and len(age) < 12 else 0.0
    return min(MOST_S, max(LEAST_S, float(found[1]) - spent_s))
