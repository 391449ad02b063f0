"""Claim an entry that is to be made: look for it, and hold its lease while it is made.

                 disk ─ hit ───────────────────────────► found
                   └ miss ─ lease: one process per machine
                              disk again, Redis ─ hit ─► found
                                └ miss ────────────────► the lease

Mostly nobody else wants the entry. Then the disk, the lease and the disk again are one way to a
thread, and so are the writing and the release: each way costs 0.2 ms of processor time.
"""

from __future__ import annotations

from functools import partial

from cache.disk import DiskTier
from cache.entry import Entry
from cache.keys import Key
from cache.lease import Lease, Leases
from cache.tier import Reach
from cache.tiered import Found, Tiered, guarded


class Claims:
    """Give out claims on the entries of `tiers`.

    Args:
        leases: None where one process works alone.
    """

    def __init__(self, tiers: Tiered, leases: Leases | None) -> None:
        self._tiers = tiers
        self._leases = leases
        machine = [tier for tier in tiers.tiers if tier.reach is Reach.MACHINE]
        self._disk = machine[0] if len(machine) == 1 else None

    async def claim(self, key: Key) -> Found | Lease:
        """Find the entry in a shared tier, or wait for the lease on it, held or not."""
        if isinstance(self._disk, DiskTier) and self._leases is not None:
            look = partial(self._disk.get_or_lease, key, self._leases)
            entry, lease = await guarded(self._disk, look) or (None, None)
            if entry is not None:
                return await self._tiers.found(key, entry, self._disk)
            if lease is not None and not lease.is_busy:
                return await self._found_or(lease, key, first=Reach.FLEET)
        else:
            found = await self._tiers.get(key, first=Reach.MACHINE, last=Reach.MACHINE)
            if found is not None:
                return found
        return await self._found_or(await self.lease(key), key, first=Reach.MACHINE)

    async def lease(self, key: Key) -> Lease:
        """Wait for the lease alone."""
        return Lease() if self._leases is None else await self._leases.take(key)

    async def settle(self, key: Key, entry: Entry, lease: Lease) -> None:
        """Write to the shared tiers; the lease is over once this machine has the entry."""
        try:
            if isinstance(self._disk, DiskTier):
                await guarded(self._disk, partial(self._disk.put_and_release, key, entry, lease))
            else:
                await self._tiers.put(key, entry, first=Reach.MACHINE, last=Reach.MACHINE)
        finally:
            lease.release()
        await self._tiers.put(key, entry, first=Reach.FLEET)

    async def close(self) -> None:
        """Give out no more."""
        if self._leases is not None:
            await self._leases.close()

    async def _found_or(self, lease: Lease, key: Key, *, first: Reach) -> Found | Lease:
        try:
            found = await self._tiers.get(key, first=first)
        except BaseException:
            lease.release()
            raise
        if found is None:
            return lease
        lease.release()
        return found
