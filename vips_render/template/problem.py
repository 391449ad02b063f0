"""Name what was not as the document or the sender meant it, though a picture could be drawn."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Reason = Literal[
    "slot-trimmed",
    "slot-refused",
    "slot-missing",
    "value-trimmed",
    "value-refused",
    "value-missing",
    "unknown-variable",
    "layer-property",
]

Severity = Literal["note", "warning"]


@dataclass(frozen=True, slots=True)
class Problem:
    """One deviation; none of its texts ever holds a value.

    Attributes:
        variable: whose value it was; empty for a layer's property.
        reason: a short word for metrics.
        severity: `note` for what open links do every day (a slot left empty, a long name),
            `warning` for what somebody should mend.
        message: what is allowed, for people.
        layer: whose property it was; the message names the property.
    """

    variable: str
    reason: Reason
    severity: Severity
    message: str = ""
    layer: str = ""
