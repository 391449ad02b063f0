"""Look at running processes from outside: what they are, their processor time, their memory."""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

PAINTER, DECODER, WEB, NGINX = "painter", "decoder", "web worker", "nginx"

_TICK_MS = 1000 / os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Memory:
    """What a process holds, in megabytes of a million bytes.

    Attributes:
        rss_mb: resident pages, those that it shares with others in full.
        pss_mb: each shared page in equal parts by those that share it.
    """

    rss_mb: float
    pss_mb: float


def family(master: int) -> list[int]:
    """Return a process and all that descend from it."""
    found = [master]
    for pid in found:
        with contextlib.suppress(OSError):
            for task in Path(f"/proc/{pid}/task").iterdir():
                found += map(int, (task / "children").read_text().split())
    return found


def roles(origin: int, nginx: int | None = None) -> dict[str, list[int]]:
    """Return the processes of a running service by what they do; masters draw nothing."""
    by_role: dict[str, list[int]] = {PAINTER: [], DECODER: [], WEB: [], NGINX: []}
    for pid in family(origin)[1:]:
        command = _command_of(pid)
        role = next((kind for kind in (PAINTER, DECODER) if f"children.{kind}" in command), WEB)
        by_role[role].append(pid)
    if nginx is not None:
        # Not its loader of the cache, which leaves after a minute.
        by_role[NGINX] = [pid for pid in family(nginx) if "worker process" in _command_of(pid)]
    return by_role


def cpu_ms(pids: Sequence[int]) -> float:
    """Return the processor time that processes have used so far, in steps of 10 ms."""
    total = 0.0
    for pid in pids:
        # The name in brackets may hold anything; fields are counted behind it.
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        total += (int(fields[11]) + int(fields[12])) * _TICK_MS
    return total


def cpu_by_role(by_role: Mapping[str, Sequence[int]]) -> dict[str, float]:
    """Return the milliseconds of processor time of each role so far."""
    return {role: cpu_ms(pids) for role, pids in by_role.items()}


def memory(pid: int) -> Memory:
    """Return what a process holds now."""
    text = Path(f"/proc/{pid}/smaps_rollup").read_text()
    kilobytes = {name: int(value) for name, value in re.findall(r"^(Rss|Pss):\s+(\d+)", text, re.M)}
    return Memory(kilobytes["Rss"] * 1024 / 1e6, kilobytes["Pss"] * 1024 / 1e6)


def _command_of(pid: int) -> str:
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="replace")
    return ""
