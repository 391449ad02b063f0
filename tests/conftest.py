"""Settings of all tests."""

from __future__ import annotations

from hypothesis import HealthCheck, settings

# How long drawing an example takes says how busy the machine is, not whether a law holds.
settings.register_profile("laws", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("laws")
