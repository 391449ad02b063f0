from __future__ import annotations

import ast
from pathlib import Path
from random import Random

from loadtests.corpus import APPLE, Corpus
from loadtests.shapes import RAMP, Popularity
from origin.urls.keyring import KeyRing
from origin.urls.path import read

LOADTESTS = Path(__file__).parents[2] / "loadtests"
RING = KeyRing().new_key(now=0, secret=bytes(32))


def corpus(seed: int = 1) -> Corpus:
    """Make a corpus as a sender does, who holds nothing but the signing key."""
    return Corpus(RING.signing_key(), seed)


def test_every_link_is_good() -> None:
    """What the crowds ask for verifies, and every slot arrives with a name in it."""
    openings = corpus().send(200, 60)
    for picture in [opening.picture for opening in openings] + corpus().app_pictures(50):
        request = read(picture.target, RING)
        assert request.link.extension == picture.extension
        assert all(request.slots.values())
        assert not request.slot_notes
    assert {read(opening.picture.target, RING).link.kind for opening in openings} == {"i", "o"}


def test_same_seed_same_crowd() -> None:
    """A run can be repeated to the last link and time."""
    assert corpus(3).send(50, 60) == corpus(3).send(50, 60)
    assert corpus(3).send(50, 60) != corpus(4).send(50, 60)


def test_send_is_a_burst_and_mostly_cold() -> None:
    """A link is fetched one to three times, and Apple fetches what is its own at delivery."""
    openings = corpus().send(600, 60)
    targets = [opening.picture.target for opening in openings]
    assert openings == sorted(openings)
    assert 0 <= openings[0].at_s <= openings[-1].at_s < 60
    assert {targets.count(target) for target in targets} == {1, 2, 3}
    assert len(set(targets)) == 600
    in_ramp = [opening for opening in openings if opening.at_s <= RAMP * 60]
    assert len(in_ramp) > len(openings) / 3
    assert sum(opening.agent == APPLE for opening in in_ramp) > len(in_ramp) / 2


def test_few_pictures_are_shown_all_the_time() -> None:
    """The most popular fifth of an app's pictures is more than half of what is asked for."""
    popularity, random = Popularity(100), Random(1)
    picks = [popularity.pick(random) for _ in range(5000)]
    assert set(picks) <= set(range(100))
    assert sum(pick < 20 for pick in picks) > 2500
    assert picks.count(0) > picks.count(50)


def ours_in(path: Path) -> set[str]:
    """Name the modules of the service that a file imports."""
    imported = {
        name
        for node in ast.walk(ast.parse(path.read_text()))
        for name in (
            [node.module or ""]
            if isinstance(node, ast.ImportFrom)
            else [alias.name for alias in node.names]
            if isinstance(node, ast.Import)
            else []
        )
    }
    return {name for name in imported if name.split(".")[0] in {"origin", "cache", "vips_render"}}


def test_crowds_need_nothing_of_ours_but_the_signer() -> None:
    """They see Signet as the world does: an address and a signing key."""
    used = {path.name: ours_in(path) for path in LOADTESTS.glob("*.py")}
    # Brings up the shipped nginx.conf by what demo and tests run it with.
    assert used.pop("service.py") == {"origin.nginx"}
    names = set().union(*used.values())
    assert names
    assert all(name.startswith("origin.urls.") for name in names)
