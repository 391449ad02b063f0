"""Be another worker of the machine: `python -m tests.cache.worker_process JOB FOLDER ARGUMENT`.

Says `ready` and waits for a line before it begins, so that many can begin together.
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from cache import Budget, Cache, DiskTier, Leases, Made, MemoryTier, content_key
from tests.cache.worlds import entry_of

KEY = content_key("a")


async def hold(folder: Path, _: str) -> str:
    """Take the lease and keep it until the process is killed."""
    lease = await Leases(folder / "locks").take(KEY)
    say(f"held {lease.is_held}")
    await asyncio.sleep(3600)
    return "never"


async def make(folder: Path, seconds: str) -> str:
    """Get or make the entry, taking so many seconds over it."""
    disk = DiskTier(folder / "cache", Budget(min_free_bytes=0))
    leases = Leases(folder / "locks", wait_s=20.0)
    cache = Cache(MemoryTier(1_000_000), [disk], leases=leases)

    async def draw() -> Made:
        await asyncio.sleep(float(seconds))
        return Made(entry_of(b"drawn"))

    outcome = await cache.get_or_make(KEY, draw)
    await cache.close()
    return f"{outcome.source} {outcome.entry.body.decode()}"


def say(line: str) -> None:
    """Tell the test, at once."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    say("ready")
    sys.stdin.readline()
    job = {"hold": hold, "make": make}[sys.argv[1]]
    say(asyncio.run(job(Path(sys.argv[2]), sys.argv[3])))
