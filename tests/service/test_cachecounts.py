from __future__ import annotations

from cache import Cache, Entry, Made, MemoryTier, content_key, etag_of
from origin.cachecounts import CacheCounts
from origin.metrics import Metrics

BODY = b"picture"


def entry(body: bytes = BODY) -> Entry:
    return Entry(body, "image/png", etag_of(body), made_at=0.0)


async def test_what_the_cache_counts_reaches_the_page_once() -> None:
    """Each look adds what came since the last one, of tiers, makings and renewals alike."""
    cache, metrics = Cache(MemoryTier(2_000)), Metrics()
    counts = CacheCounts(cache, metrics)

    async def kept() -> Made:
        return Made(entry())

    async def transient() -> Made:
        return Made(entry(), store=False)

    async def too_large() -> Made:
        return Made(entry(bytes(3_000)))

    await cache.get_or_make(content_key("a"), kept)
    counts.look()
    await cache.get_or_make(content_key("a"), kept)
    await cache.get_or_make(content_key("b"), kept)
    await cache.get_or_make(content_key("c"), transient)
    await cache.get_or_make(content_key("d"), too_large)
    cache.renewals.renewed += 2
    cache.renewals.failures += 1
    cache.tiers["memory"].counters.errors += 1
    cache.tiers["memory"].counters.corrupt += 1
    for _ in range(3):
        counts.look()
    await cache.close()
    page = metrics.page().decode()
    for series in (
        'signet_cache_requests_total{result="hit",tier="memory"} 1.0',
        'signet_cache_requests_total{result="miss",tier="memory"} 4.0',
        'signet_cache_events_total{event="put",tier="memory"} 2.0',
        'signet_cache_events_total{event="eviction",tier="memory"} 1.0',
        'signet_cache_events_total{event="refusal",tier="memory"} 1.0',
        'signet_cache_events_total{event="error",tier="memory"} 1.0',
        'signet_cache_events_total{event="corrupt",tier="memory"} 1.0',
        f'signet_cache_written_bytes_total{{tier="memory"}} {2 * entry().size_bytes}.0',
        f'signet_cache_held_bytes{{tier="memory"}} {entry().size_bytes}.0',
        'signet_made_total{result="kept"} 3.0',
        'signet_made_total{result="transient"} 1.0',
        'signet_made_total{result="failed"} 0.0',
        'signet_renewals_total{result="renewed"} 2.0',
        'signet_renewals_total{result="failed"} 1.0',
    ):
        assert series in page, series


async def test_a_renewal_that_cannot_be_kept_is_no_picture_that_was() -> None:
    """What is drawn anew behind an answer and falls short again counts as transient."""
    cache, metrics = Cache(MemoryTier(10_000)), Metrics()

    async def transient() -> Made:
        return Made(entry(), store=False)

    assert not await cache._renew(content_key("a"), transient)
    CacheCounts(cache, metrics).look()
    await cache.close()
    page = metrics.page().decode()
    assert 'signet_made_total{result="kept"} 0.0' in page
    assert 'signet_made_total{result="transient"} 1.0' in page
