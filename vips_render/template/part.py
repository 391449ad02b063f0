"""Be a JSON object of the document: frozen, and strict about its properties."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, ValidationInfo, model_validator

from vips_render.template.properties import Reading


class Part(BaseModel):
    """A JSON object of the document; unknown properties are faults."""

    # Parts are only ever read as parts of a whole, whose validator holds theirs.
    model_config = ConfigDict(
        extra="forbid", frozen=True, use_attribute_docstrings=True, defer_build=True
    )

    @model_validator(mode="before")
    @classmethod
    def _remember_properties(cls, data: object, info: ValidationInfo) -> object:
        """Leave the names that are allowed here to whoever words a fault."""
        if isinstance(data, dict) and isinstance(info.context, Reading):
            info.context.known[id(data)] = tuple(cls.model_fields)
        return data


def count_tag(value: object) -> str:
    """Name the branch for one or for many."""
    return "<many>" if isinstance(value, (list, tuple)) else "<one>"
