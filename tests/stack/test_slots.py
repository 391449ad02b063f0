from __future__ import annotations

import itertools
from urllib.parse import quote

import pytest

from tests.stack.documents import CARD_PX, PLAIN_PX
from tests.stack.stack import Stack, full

pytestmark = pytest.mark.asyncio(loop_scope="session")

TAGS = (
    "*|FNAME|*",
    "{{ first_name }}",
    "{{first_name|default:'x'}}",
    "%%first_name%%",
    "[first_name]",
    "<%= first_name %>",
    "${first_name}",
)


async def same(stack: Stack, query: str, meant: str, note: str) -> None:
    """Hold a slot's raw value to what it must count as, in both ways to ask, and to be counted."""
    before = await stack.count(f'slot_notes_total{{campaign="",note="{note}"}}')
    answer = await stack.ask(stack.open_path(slots=query))
    full(answer, CARD_PX)
    assert await stack.count(f'slot_notes_total{{campaign="",note="{note}"}}') == before + 1
    wanted = await stack.ask(stack.open_path(slots=meant))
    assert answer.header("etag") == wanted.header("etag")
    through = await stack.get(stack.open_path(slots=query))
    assert (through.status, through.body) == (200, answer.body)


async def test_slot_that_is_too_long_is_trimmed(stack: Stack) -> None:
    """A name past the template's `max_length` is cut there, and the cut is counted."""
    await same(
        stack,
        "first_name=Maximiliane-Antoinette&points=1",
        "first_name=Maximiliane-&points=1",
        "slot-trimmed",
    )


@pytest.mark.parametrize("value", ["lots", "1e999", "12px", "0x10", "--1"])
async def test_slot_of_the_wrong_type_is_defaulted(stack: Stack, value: str) -> None:
    """What is no number where a number belongs takes the default, and is counted."""
    await same(stack, f"first_name=Typ&points={value}", "first_name=Typ&points=7", "slot-refused")


async def test_slot_out_of_bounds_is_defaulted(stack: Stack) -> None:
    """A number past the template's bounds is brought back to what it allows, and counted."""
    answers = {
        points: await stack.ask(stack.open_path(first_name="Bound", points=points))
        for points in (100, 7, 5000)
    }
    for answer in answers.values():
        full(answer, CARD_PX)
    etags = {points: answer.header("etag") for points, answer in answers.items()}
    assert etags[5000] in (etags[100], etags[7])


@pytest.mark.parametrize("tag", TAGS)
async def test_unresolved_merge_tag_counts_as_missing(stack: Stack, tag: str) -> None:
    """A mailer's own placeholder, escaped or not, is never drawn: the default is."""
    await same(stack, f"first_name={quote(tag, safe='')}&points=3", "points=3", "merge-tag")


@pytest.mark.parametrize("value", ["", "null", "undefined", "N/A", "%20", "%00"])
async def test_slot_that_says_nothing_takes_the_default(stack: Stack, value: str) -> None:
    """Empty and the words that programs write for empty take the default."""
    answer = await stack.ask(stack.open_path(slots=f"first_name={value}&points=4"))
    full(answer, CARD_PX)
    wanted = await stack.ask(stack.open_path(slots="points=4"))
    assert answer.header("etag") == wanted.header("etag")


async def test_spellings_of_one_name_share_one_picture(stack: Stack) -> None:
    """However a mailer encodes a name, it is the same picture, drawn once."""
    spellings = ("Jo%20%26%20Z", "Jo+%26+Z", "Jo%20%26amp%3B%20Z", "Jo%2520%2526%2520Z")
    answers = [
        await stack.ask(stack.open_path(template="plain", slots=f"first_name={spelling}"))
        for spelling in spellings
    ]
    for answer in answers:
        full(answer, PLAIN_PX)
    assert len({answer.body for answer in answers}) == 1
    assert ["hit" in (answer.header("cache-status") or "") for answer in answers[1:]] == [True] * 3


async def test_no_query_breaks_a_picture(stack: Stack) -> None:
    """Whatever stands behind the question mark, the picture is whole and of the right size."""
    parts = ("first_name=", "points=", "&", "=", "%", "%zz", "&amp;", "A" * 900, "?", "#")
    for one, two in itertools.product(parts, parts[:6]):
        answer = await stack.ask(stack.open_path(slots=one + two))
        full(answer, CARD_PX)


async def test_query_that_is_too_long_costs_the_slots_only(stack: Stack) -> None:
    """Past the longest query that is read every slot takes its default."""
    answer = await stack.ask(stack.open_path(slots="first_name=" + "A" * 6000))
    full(answer, CARD_PX)
    wanted = await stack.ask(stack.open_path(slots=""))
    assert answer.header("etag") == wanted.header("etag")
