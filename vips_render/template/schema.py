"""Describe template documents to editors and agents."""

from __future__ import annotations

from typing import Any

from vips_render.template.model import Template


def template_schema() -> dict[str, Any]:
    """Return the JSON Schema (2020-12) of template documents.

    It knows everything but what lies between the parts: unique names, declared variables, families.
    """
    schema = Template.model_json_schema(mode="validation")
    schema["properties"]["$schema"] = {"type": "string"}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **schema,
        "title": "Signet template",
    }
