from __future__ import annotations

import string
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from origin.nginx import EdgeEpochs, NginxError, purge
from origin.nginx import epochs as epochs_file
from tests.nginx.site import SIGNATURE, link

TEMPLATES = st.from_regex(r"[a-z0-9][a-z0-9-]{0,63}", fullmatch=True)
SIGNATURES = st.text(string.ascii_letters + string.digits + "-_", min_size=22, max_size=22)


@st.composite
def links(draw: st.DrawFn) -> str:
    """Draw the path of some signed link."""
    kind, extension = (
        draw(st.sampled_from("io")),
        draw(st.sampled_from(["png", "jpg", "webp", "avif"])),
    )
    return f"/{kind}/{draw(TEMPLATES)}/latest/k1.jabc.{draw(SIGNATURES)}.{extension}"


@given(st.lists(st.one_of(st.none(), TEMPLATES, links()), max_size=12))
def test_epochs_only_grow_and_survive_the_file(targets: list[str | None]) -> None:
    """Each purge uses a value above all before it, and what is written is read back the same."""
    epochs = EdgeEpochs()
    for target in targets:
        raised = epochs.raised(target, now=7.9)
        assert raised.highest() > epochs.highest()
        assert raised.highest() >= 7
        assert EdgeEpochs.parse(raised.dump()) == raised
        epochs = raised


@given(links(), st.sampled_from(["", "http://a.example", "https://a.example:8080"]))
def test_link_is_named_by_template_and_signature(path: str, host: str) -> None:
    """Host, query and payload do not matter to what a purge of a link hides."""
    one = EdgeEpochs().raised(f"{host}{path}", now=1)
    assert one == EdgeEpochs().raised(f"{path}?name=x", now=1)
    assert list(one.links) == [f"{path.split('/')[2]}/{path.split('.')[2]}"]


@pytest.mark.parametrize(
    "target",
    ["", "Card", "card;", "../card", "/i/card/1/k.p.short.png", "all 1;\nall 2", "a" * 65,
     f"/i/card\n/1/k.p.{SIGNATURE}.png", f"/x/card/1/k.p.{SIGNATURE}.png"],
)  # fmt: skip
def test_other_targets_are_refused(target: str) -> None:
    """What is neither a name nor a link never reaches a file that nginx reads."""
    with pytest.raises(NginxError):
        EdgeEpochs().raised(target, now=1)


def test_wider_purge_forgets_narrower_ones() -> None:
    """The file stays as small as what it has to say."""
    epochs = EdgeEpochs().raised(link("a"), now=1).raised(link("a", template="two"), now=2)
    assert list(epochs.raised("card", now=3).links) == ["two/" + "a" + "x" * 21]
    assert epochs.raised(None, now=3) == EdgeEpochs(3)


def test_too_many_links_purge_their_templates(monkeypatch: pytest.MonkeyPatch) -> None:
    """The file is bounded: past the bound more is purged than asked, never less."""
    monkeypatch.setattr(epochs_file, "MAX_SCOPES", 3)
    epochs = EdgeEpochs()
    for number in range(4):
        epochs = epochs.raised(link(f"n{number}", template=f"t{number % 2}"), now=number)
    assert (dict(epochs.links), dict(epochs.templates)) == ({}, {"t0": 4, "t1": 4})
    for name in ("t2", "t3"):
        epochs = epochs.raised(name, now=9)
    assert epochs == EdgeEpochs(10)


def test_damaged_file_is_not_read_as_no_purge(tmp_path: Path) -> None:
    """A purge on top of a damaged file says so; nginx would refuse the file as well."""
    (tmp_path / "epoch.conf").write_text("all 3;\ntemplate:card four;\n")
    with pytest.raises(NginxError, match="line 2"):
        purge(tmp_path, "card", now=1)


def test_purges_at_the_same_time_are_all_kept(tmp_path: Path) -> None:
    """Two people who purge at once both get what they asked for."""
    names = [f"t{number}" for number in range(40)]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda name: purge(tmp_path, name, now=1), names))
    epochs = EdgeEpochs.parse((tmp_path / "epoch.conf").read_text())
    assert set(epochs.templates) == set(names)
    assert len(set(epochs.templates.values())) == 40
