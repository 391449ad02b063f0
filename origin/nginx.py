"""Run nginx in front of the origin: its configuration, its epochs, its process.

The configuration is the `nginx.conf` of the project, found beside this file; only three addresses
in it ever change. nginx reads `epoch.conf` in the data directory at every reload and makes its
values part of each cache key, so raising one hides all older pictures of its scope at once.
"""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import os
import pwd
import re
import shutil
import signal
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

CONFIG_FILE = Path(__file__).with_name("nginx.conf")
EPOCHS_FILE = "epoch.conf"
PID_FILE = "nginx.pid"

LISTEN = "listen 8080;"
ORIGIN_ADDRESS = "127.0.0.1:8081"
HOP_ADDRESS = "127.0.0.1:8082"

MAX_SCOPES = 4096
"""Purged templates and purged links that are kept apart; half of `map_hash_max_size`."""

START_S = 10.0
"""nginx starts in 50 ms; a taken port is retried by it for 2.5 s before it gives up."""

STOP_S = 5.0

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


class NginxError(Exception):
    """nginx cannot be configured, started or told; the text says what to do."""


def render_config(text: str, *, listen: str, origin: str, hop: str) -> str:
    """Put the addresses of this run into the text of `nginx.conf`.

    Args:
        listen: where the world asks, `8080` or `127.0.0.1:8080`.
        origin: `host:port` of the service.
        hop: `host:port` on this machine for the second hop of open links; any free port.

    Raises:
        NginxError: the text lacks an address that should be replaced.
    """
    values = {LISTEN: f"listen {listen};", ORIGIN_ADDRESS: origin, HOP_ADDRESS: hop}
    for literal in values:
        if literal not in text:
            raise NginxError(f"nginx.conf does not contain {literal!r}, which has to be replaced")
    # One pass, so that a value that looks like another literal is left alone.
    pattern = re.compile("|".join(map(re.escape, values)))
    return pattern.sub(lambda found: values[found.group()], text)


@dataclass(frozen=True, slots=True)
class Epochs:
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

    def raised(self, target: str | None, *, now: float) -> Epochs:
        """Purge a template, one link given as URL or path, or everything (None).

        A wider purge forgets the narrower ones it covers. Past `MAX_SCOPES` links their whole
        templates are purged, past as many templates everything: more than asked, never less.

        Raises:
            NginxError: `target` is neither a template name nor a signed link.
        """
        value = max(int(now), self.highest() + 1)
        if target is None:
            return Epochs(value)
        link = _LINK.fullmatch(target)
        if link is not None:
            name = f"{link['template']}/{link['signature']}"
            return replace(self, links={**self.links, name: value}).bounded(value)
        if _TEMPLATE.fullmatch(target) is None:
            raise NginxError(f"{target!r} is neither a template name nor a signed link")
        links = {name: old for name, old in self.links.items() if not name.startswith(f"{target}/")}
        return Epochs(self.everything, {**self.templates, target: value}, links).bounded(value)

    def highest(self) -> int:
        """Return the largest value in use."""
        return max(self.everything, *self.templates.values(), *self.links.values(), 0)

    def bounded(self, value: int) -> Epochs:
        """Return epochs that fit the maps of nginx, wider scopes raised to `value` where needed."""
        if len(self.links) > MAX_SCOPES:
            named = {name.partition("/")[0]: value for name in self.links}
            return Epochs(self.everything, {**self.templates, **named}).bounded(value)
        return self if len(self.templates) <= MAX_SCOPES else Epochs(value)


def purge(data_dir: Path, target: str | None, *, now: float) -> None:
    """Raise the epoch of `target` in the data directory; nginx sees it at its next reload.

    Safe beside other purges: the file is changed under a lock and replaced whole.
    """
    path = data_dir / EPOCHS_FILE
    with _locked(data_dir / f"{EPOCHS_FILE}.lock"):
        epochs = Epochs.parse(path.read_text()) if path.exists() else Epochs()
        fresh = path.with_suffix(".new")
        fresh.write_text(epochs.raised(target, now=now).dump())
        fresh.replace(path)


def running_pid(data_dir: Path) -> int | None:
    """Return the process id of the nginx that runs on this data directory."""
    try:
        pid = int((data_dir / PID_FILE).read_text())
        # The file may outlive its process, and its number may be another program's by now.
        is_nginx = Path(f"/proc/{pid}/comm").read_text().strip() == "nginx"
    except (OSError, ValueError):
        return None
    return pid if is_nginx else None


def reload(data_dir: Path) -> bool:
    """Tell the nginx of this data directory to read its files again; False if none runs.

    New requests see the new epochs within milliseconds; running ones end under the old.
    """
    pid = running_pid(data_dir)
    if pid is not None:
        os.kill(pid, signal.SIGHUP)
    return pid is not None


def find_nginx() -> Path | None:
    """Find the program, also where Debian keeps it off a user's PATH."""
    for directory in (None, "/usr/sbin", "/usr/local/sbin", "/opt/homebrew/bin"):
        found = shutil.which("nginx", path=directory)
        if found:
            return Path(found)
    return None


@dataclass(frozen=True, slots=True)
class Nginx:
    """A running nginx that is a child of this process."""

    process: asyncio.subprocess.Process
    data_dir: Path

    @classmethod
    async def start(cls, binary: Path, data_dir: Path, config: str) -> Self:
        """Start nginx on `data_dir` and wait until it accepts connections.

        Raises:
            NginxError: it gave up, with its own last words, or one runs here already.
            TimeoutError: it is not ready after `START_S`.
        """
        prefix = _prepare(data_dir, config)
        process = await asyncio.create_subprocess_exec(
            *(str(binary), "-p", prefix, "-c", "nginx.conf"),
            *("-g", f"daemon off; {_user_directive(data_dir)}"),
            stdin=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.PIPE,
        )
        nginx = cls(process, data_dir)
        try:
            async with asyncio.timeout(START_S):
                await nginx._until_ready()
        except BaseException:
            await nginx.stop()
            raise
        return nginx

    async def stop(self) -> None:
        """End nginx; kill it if it does not end in `STOP_S`."""
        if self.process.returncode is not None:
            return
        self.process.terminate()
        try:
            async with asyncio.timeout(STOP_S):
                await self.process.wait()
        except TimeoutError:
            self.process.kill()
            await self.process.wait()

    async def _until_ready(self) -> None:
        # nginx writes its pid once the configuration is good and all its ports are its own.
        while not _is_written(self.data_dir / PID_FILE, self.process.pid):
            if self.process.returncode is not None:
                words = await self.process.stderr.read() if self.process.stderr else b""
                raise NginxError(f"nginx did not start: {words.decode(errors='replace').strip()}")
            await asyncio.sleep(0.01)


def _prepare(data_dir: Path, config: str) -> str:
    pid = running_pid(data_dir)
    if pid is not None:
        raise NginxError(f"nginx {pid} runs on {data_dir} already: stop it, or choose another")
    data_dir.mkdir(parents=True, exist_ok=True)
    (data_dir / PID_FILE).unlink(missing_ok=True)
    (data_dir / "nginx.conf").write_text(config)
    return str(data_dir.resolve())


def _is_written(pid_file: Path, pid: int) -> bool:
    return pid_file.exists() and pid_file.read_text().strip() == str(pid)


def _user_directive(data_dir: Path) -> str:
    # As root nginx would switch to `nobody`, who cannot read a private data directory.
    if os.geteuid() != 0:
        return ""
    return f"user {pwd.getpwuid(data_dir.stat().st_uid).pw_name};"


@contextlib.contextmanager
def _locked(path: Path) -> Iterator[None]:
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
