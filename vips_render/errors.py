"""Say what went wrong in the engine, and where.

    RenderError
    ├── TemplateError         a document, with every fault and its JSON pointer
    ├── ExpressionError       text inside {{ }}, with its column
    ├── ValueRefused          a value for a variable, with the variable's name
    ├── LimitExceeded         too large, too many, too deep
    ├── AssetError            a picture that cannot be decoded
    └── PaintError            a layer that cannot be drawn, with its name

No status codes here: the service owns the one table from error to HTTP status.
"""

from __future__ import annotations

from dataclasses import dataclass


class RenderError(Exception):
    """Anything that the engine refuses; the message is safe to show to its author."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong in a document.

    `pointer` is a JSON pointer (RFC 6901) into the document, `column` the 1-based column inside
    the string found there when the fault is inside an expression.
    """

    pointer: str
    message: str
    column: int | None = None

    def __str__(self) -> str:
        """Read as one line: pointer, column if any, message."""
        where = self.pointer or "/"
        if self.column is not None:
            where = f"{where} column {self.column}"
        return f"{where}: {self.message}"


class TemplateError(RenderError):
    """A template document that cannot be used; `faults` holds all of them at once."""

    def __init__(self, faults: tuple[Fault, ...]) -> None:
        super().__init__("; ".join(str(fault) for fault in faults))
        self.faults = faults


class ExpressionError(RenderError):
    """Text inside `{{ }}` that cannot be read; `column` is 1-based.

    Attributes:
        others: what else is wrong with the text, by column.
        mentions: variables that it names as far as it could be read, each with its column.
    """

    def __init__(
        self,
        message: str,
        column: int,
        others: tuple[ExpressionError, ...] = (),
        mentions: tuple[tuple[str, int], ...] = (),
    ) -> None:
        super().__init__(message)
        self.message = message
        self.column = column
        self.others = others
        self.mentions = mentions


class ValueRefused(RenderError):  # noqa: N818 - reads as a claim where it is raised
    """A value that its variable does not allow."""

    def __init__(self, variable: str, message: str) -> None:
        super().__init__(f"{variable}: {message}")
        self.variable = variable
        self.message = message


class LimitExceeded(RenderError):  # noqa: N818 - reads as a claim where it is raised
    """A budget of `vips_render.limits.Limits` ran out."""


class AssetError(RenderError):
    """A picture that cannot be used; `reason` is a short word for headers and metrics."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason


class PaintError(RenderError):
    """A layer that libvips could not draw; `layer` is its name."""

    def __init__(self, layer: str, message: str) -> None:
        super().__init__(f"layer {layer!r}: {message}")
        self.layer = layer
