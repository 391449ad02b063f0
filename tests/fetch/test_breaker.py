from __future__ import annotations

from origin.fetch.breaker import FAILURES, HOSTS, OPEN_S, Breaker


class Clock:
    """Seconds, moved by hand."""

    now = 0.0

    def __call__(self) -> float:
        """Tell the time."""
        return self.now


def _opened(clock: Clock) -> Breaker:
    breaker = Breaker(clock)
    for _ in range(FAILURES):
        assert breaker.admits("a")
        breaker.note("a", failed=True)
    return breaker


def test_host_is_left_alone_after_failures_in_a_row() -> None:
    """The failing host is not asked for a while; others are."""
    clock = Clock()
    breaker = _opened(clock)
    assert not breaker.admits("a")
    assert breaker.admits("b")
    clock.now += OPEN_S - 0.1
    assert not breaker.admits("a")


def test_one_caller_tries_after_the_pause() -> None:
    """After the pause a single request finds out; its success lets everybody in."""
    clock = Clock()
    breaker = _opened(clock)
    clock.now += OPEN_S
    assert breaker.admits("a")
    assert not breaker.admits("a")
    breaker.note("a", failed=False)
    assert breaker.admits("a")
    breaker.note("a", failed=True)
    assert breaker.admits("a")


def test_failed_trial_closes_the_door_again() -> None:
    """A host that still fails is left alone for another while; a trial that never ends is too."""
    clock = Clock()
    breaker = _opened(clock)
    clock.now += OPEN_S
    assert breaker.admits("a")
    breaker.note("a", failed=True)
    clock.now += OPEN_S - 0.1
    assert not breaker.admits("a")
    clock.now += 0.1
    assert breaker.admits("a")
    clock.now += OPEN_S
    assert breaker.admits("a")


def test_success_between_failures_counts_anew() -> None:
    """Only failures in a row count."""
    breaker = Breaker(Clock())
    for _ in range(3):
        for _ in range(FAILURES - 1):
            breaker.note("a", failed=True)
        breaker.note("a", failed=False)
    assert breaker.admits("a")


def test_hosts_are_bounded() -> None:
    """Names come from strangers, so only so many are remembered."""
    breaker = _opened(Clock())
    for number in range(HOSTS):
        breaker.note(f"host-{number}", failed=True)
    assert breaker.admits("a")
