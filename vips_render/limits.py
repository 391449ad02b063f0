"""Bound what one document and one picture may cost."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """The engine's budgets; every one has a default that suits email and apps.

    Attributes:
        canvas_px: longest side of a canvas at scale 1.
        canvas_area_px: area of a canvas after scaling.
        layers: layers of a document, nested ones included.
        depth: nesting of groups.
        text_chars: characters of one resolved text.
        expression_chars: characters of one template string.
        expression_steps: evaluation steps of one template string.
        expression_depth: nesting inside one expression, and of blocks in each other.
        expression_items: longest list that an expression makes or goes through.
        asset_bytes: encoded size of one picture.
        asset_area_px: width x height x frames that a picture's header may declare.
    """

    canvas_px: int = 8_000
    canvas_area_px: int = 32_000_000
    layers: int = 500
    depth: int = 8
    text_chars: int = 2_000
    expression_chars: int = 8_000
    expression_steps: int = 10_000
    expression_depth: int = 32
    expression_items: int = 1_000
    asset_bytes: int = 16 * 1024 * 1024
    asset_area_px: int = 50_000_000
