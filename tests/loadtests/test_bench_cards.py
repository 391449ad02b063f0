from __future__ import annotations

import re

import pytest

from loadtests.bench.cards import CARDS, NAMES, card, scene_of, values_of
from loadtests.bench.users import guest, users
from vips_render.scene.model import TextLayer

USERS = users()
SIZES = {"welcome": (1200, 630), "wrapped": (1080, 1920), "banner": (600, 200)}


def width(text: str) -> float:
    return 9.5 * len(text)


@pytest.mark.parametrize("name", NAMES)
def test_every_recipient_gets_every_card_as_meant(name: str) -> None:
    """No value of any recipient is refused, trimmed or replaced by a default."""
    template = card(name)
    for number in range(-40, 200):
        scene = scene_of(template, values_of(template, guest(USERS, number), width))
        assert (scene.width, scene.height) == SIZES[name]
        assert not scene.personal


@pytest.mark.parametrize("name", NAMES)
def test_personal_layers_and_only_they_differ_between_recipients(name: str) -> None:
    """What two recipients share is exactly what is not flagged as personal."""
    template = card(name)
    one, other = (scene_of(template, values_of(template, user, width)) for user in USERS[:2])
    pairs = list(zip(one.layers, other.layers, strict=True))
    assert all(a == b for a, b in pairs if not a.personal)
    assert any(a != b for a, b in pairs if a.personal)


def test_recipients_are_the_same_each_time_and_all_different() -> None:
    """The script is seeded, and no two of the 200 share a name, a tier or an evening."""
    assert users() == USERS
    for texts in (
        [user["name"] for user in USERS],
        [user["tier"] for user in USERS],
        [(user["event"], user["city"], user["time"]) for user in USERS],
    ):
        assert len(set(texts)) == 200


def test_names_come_in_many_scripts_and_lengths() -> None:
    """The names hold every script that the fonts of the benchmarks are for, and long ones."""
    names = [user["name"] for user in USERS]
    for script in ("[\u0400-\u04ff]", "[\u0370-\u03ff]", "[\u4e00-\u9fff]", "[\uac00-\ud7af]",
                   "[\u0600-\u06ff]", "[\u00c0-\u024f]"):  # fmt: skip
        assert sum(bool(re.search(script, name)) for name in names) >= 4
    assert max(map(len, names)) > 45


@pytest.mark.parametrize("name", NAMES)
def test_who_warms_up_shares_no_large_text_with_who_is_timed(name: str) -> None:
    """A renderer has not seen the personal texts of a timed recipient before."""
    template = card(name)

    def texts(numbers: range) -> set[str]:
        scenes = (
            scene_of(template, values_of(template, guest(USERS, number), width))
            for number in numbers
        )
        return {
            layer.text
            for scene in scenes
            for layer in scene.layers
            if isinstance(layer, TextLayer) and layer.personal and len(layer.text) > 5
        }

    assert not texts(range(-40, 0)) & texts(range(200))


def test_cards_are_the_documents_of_their_directory() -> None:
    """Every document of the cards is measured, and no card lacks one."""
    assert {file.stem for file in CARDS.glob("*.json")} == set(NAMES)
