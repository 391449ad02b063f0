from __future__ import annotations

import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from origin.children.calls import decode, draws, paint
from origin.children.child import Child
from origin.children.errors import ChildFault
from vips_render.errors import PaintError
from vips_render.output import Output

PARROT = str(Path(__file__).with_name("parrot.py"))


@pytest.fixture
async def parrot() -> AsyncIterator[Child]:
    child = Child([sys.executable, PARROT], env={}, name="parrot")
    yield child
    await child.close()


async def test_answer_that_does_not_fit_is_a_fault(parrot: Child) -> None:
    """A child that answers in form but not in kind is believed in nothing."""
    with pytest.raises(ChildFault):
        await decode(parrot, b"", max_width=1, max_height=1, fit="cover", timeout_s=20)
    assert not await draws(parrot, timeout_s=20)


async def test_layer_that_cannot_be_drawn_is_named(parrot: Child) -> None:
    """A PaintError crosses the pipe with its layer and its message, as it was raised."""
    with pytest.raises(PaintError) as failure:
        await paint(parrot, b"", Output("png"), {}, timeout_s=20)
    assert failure.value.layer == "headline"
    assert str(failure.value) == str(PaintError("headline", "no such font"))
