from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from vips_render.expr.functions import FUNCTIONS, Example
from vips_render.expr.text import compile_text
from vips_render.expr.values import Evaluation, as_text
from vips_render.limits import Limits

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC).timestamp()
EXAMPLES = [
    pytest.param(example, id=f"{function.name}-{index}")
    for function in FUNCTIONS.values()
    for index, example in enumerate(function.examples)
]


def shown(value: object) -> str:
    """Return a value as the reference shows it: text as it is, everything else as JSON."""
    return json.dumps(value, separators=(",", ":")) if isinstance(value, list) else as_text(value)


@pytest.mark.parametrize("example", EXAMPLES)
def test_every_example_of_the_reference_is_true(example: Example) -> None:
    """What docs/functions.md shows is what the language gives."""
    expression = compile_text(example.source, Limits())
    run = Evaluation(example.data, NOW, "UTC", example.locale)
    assert shown(expression.run(run)) == example.result
