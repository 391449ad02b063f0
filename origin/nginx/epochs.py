"""Purge what nginx keeps: the numbers in `epoch.conf` that are part of each of its cache keys.

nginx reads the file at every reload, so raising a number hides all older pictures of its scope at
once.
"""

from __future__ import annotations

import contextlib
import fcntl
import re
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Self

from origin.nginx.errors import NginxError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

EPOCHS_FILE = "epoch.conf"

MAX_SCOPES = 4096
"""Purged templates and purged links that are kept apart; half of `map_hash_max_size`."""

_LINK = re.compile(
    r"(?:https?://[^/]*)?/[io]/(?P<template>[a-z0-9][a-z0-9-]{0,63})"
    r"/[^?]+\.(?P<signature>[A-Za-z0-9_-]{22})\.[a-z0-9]+(?:\?.*)?"
)
_TEMPLATE = re.compile(r"[a-z0-9][a-z0-9-]{0,63}")
_EPOCH_LINE = re.compile(
    r"(?:all|template:(?P<template>[a-z0-9-]+)|link:(?P<link>[a-z0-9-]+/[\w-]{22}))"
    r" (?P<value>\d+);",
    re.ASCII,
)


@dataclass(frozen=True, slots=True)
class EdgeEpochs:
    """When each scope was last purged; 0 is never.

    Attributes:
        everything: never repeats; unix seconds, or one more than the last where that is later.
        templates: by template name.
        links: by `template/signature`, which is one link whatever its query.
    """

    everything: int = 0
    templates: Mapping[str, int] = field(default_factory=dict)
    links: Mapping[str, int] = field(default_factory=dict)

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read what `dump` wrote.

        Raises:
            NginxError: a line is not ours; nginx would refuse the file too.
        """
        everything, templates, links = 0, {}, {}
        for number, line in enumerate(text.splitlines(), 1):
            found = _EPOCH_LINE.fullmatch(line)
            if found is None:
                raise NginxError(f"{EPOCHS_FILE} line {number} is damaged: delete it, purge --all")
            value = int(found["value"])
            if found["template"]:
                templates[found["template"]] = value
            elif found["link"]:
                links[found["link"]] = value
            else:
                everything = value
        return cls(everything, templates, links)

    def dump(self) -> str:
        """Write the lines that the three epoch maps of `nginx.conf` include."""
        lines = [f"all {self.everything};"]
        lines += [f"template:{name} {value};" for name, value in sorted(self.templates.items())]
        lines += [f"link:{name} {value};" for name, value in sorted(self.links.items())]
        return "\n".join(lines) + "\n"

    def raised(self, target: str | None, *, now: float) -> EdgeEpochs:
        """Purge a template, one link given as URL or path, or everything (None).

        A wider purge forgets the narrower ones it covers. Past `MAX_SCOPES` links their whole
        templates are purged, past as many templates everything: more than asked, never less.

        Raises:
            NginxError: `target` is neither a template name nor a signed link.
        """
        value = max(int(now), self.highest() + 1)
        if target is None:
            return EdgeEpochs(value)
        link = _LINK.fullmatch(target)
        if link is not None:
            name = f"{link['template']}/{link['signature']}"
            return replace(self, links={**self.links, name: value}).bounded(value)
        if _TEMPLATE.fullmatch(target) is None:
            raise NginxError(f"{target!r} is neither a template name nor a signed link")
        links = {name: old for name, old in self.links.items() if not name.startswith(f"{target}/")}
        return EdgeEpochs(self.everything, {**self.templates, target: value}, links).bounded(value)

    def highest(self) -> int:
        """Return the largest value in use."""
        return max(self.everything, *self.templates.values(), *self.links.values(), 0)

    def bounded(self, value: int) -> EdgeEpochs:
        """Return epochs that fit the maps of nginx, wider scopes raised to `value` where needed."""
        if len(self.links) > MAX_SCOPES:
            named = {name.partition("/")[0]: value for name in self.links}
            return EdgeEpochs(self.everything, {**self.templates, **named}).bounded(value)
        return self if len(self.templates) <= MAX_SCOPES else EdgeEpochs(value)


def purge(data_dir: Path, target: str | None, *, now: float) -> None:
    """Raise the epoch of `target` in the data directory; nginx sees it at its next reload.

    Safe beside other purges: the file is changed under a lock and replaced whole.
    """
    path = data_dir / EPOCHS_FILE
    with _locked(data_dir / f"{EPOCHS_FILE}.lock"):
        epochs = EdgeEpochs.parse(path.read_text()) if path.exists() else EdgeEpochs()
        fresh = path.with_suffix(".new")
        fresh.write_text(epochs.raised(target, now=now).dump())
        fresh.replace(path)


@contextlib.contextmanager
def _locked(path: Path) -> Iterator[None]:
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
