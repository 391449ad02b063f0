from __future__ import annotations

from pathlib import Path

import pytest

from origin.catalog.names import inside, is_template_name, version_number


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A directory with a file, beside one that must stay out of reach."""
    directory = tmp_path / "templates"
    (directory / "assets").mkdir(parents=True)
    (directory / "assets" / "hero.jpg").write_bytes(b"hero")
    (tmp_path / "secret").write_bytes(b"secret")
    return directory


def test_a_name_finds_its_file(root: Path) -> None:
    """What lies inside is found under its relative name."""
    assert inside(root, "assets/hero.jpg") == (root / "assets" / "hero.jpg").resolve()


@pytest.mark.parametrize(
    "name",
    [
        "../secret",
        "assets/../../secret",
        "/etc/passwd",
        "",
        ".",
        "assets",
        "assets/none.jpg",
        "assets/hero.jpg\0",
    ],
    ids=repr,
)
def test_a_name_that_leads_out_or_nowhere_is_refused(root: Path, name: str) -> None:
    """No name reaches a file outside, and a directory is no file."""
    assert inside(root, name) is None


def test_a_link_that_leads_out_is_refused(root: Path) -> None:
    """A symbolic link is followed only as long as it stays inside."""
    (root / "assets" / "out").symlink_to(root.parent / "secret")
    (root / "assets" / "up").symlink_to(root.parent)
    (root / "assets" / "loop").symlink_to(root / "assets" / "loop")
    (root / "assets" / "in").symlink_to(root / "assets" / "hero.jpg")
    assert inside(root, "assets/out") is None
    assert inside(root, "assets/up/secret") is None
    assert inside(root, "assets/loop") is None
    assert inside(root, "assets/in") == (root / "assets" / "hero.jpg").resolve()


@pytest.mark.parametrize(
    "name", ["a", "renewal-banner", "2027", "x" * 64], ids=["one", "dash", "digits", "longest"]
)
def test_good_template_names(name: str) -> None:
    """Names are what may stand in a URL without being encoded."""
    assert is_template_name(name)


@pytest.mark.parametrize("name", ["", "-a", "A", "a_b", "a/b", "..", "a.json", "x" * 65, "a\n"])
def test_bad_template_names(name: str) -> None:
    """Nothing that a file system or a proxy could read differently."""
    assert not is_template_name(name)


@pytest.mark.parametrize(("name", "number"), [("1", 1), ("12", 12)])
def test_version_directories_are_numbers(name: str, number: int) -> None:
    """A version's directory is its number."""
    assert version_number(name) == number


@pytest.mark.parametrize("name", ["0", "01", "-1", "1.0", ".publishing-x", "latest", "²"])
def test_other_directories_are_no_versions(name: str) -> None:
    """One spelling per number; half-made versions do not count."""
    assert version_number(name) is None
