from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.processes import Service, eventually

STUB = ("-m", "tests.service.stub")


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., Service]]:
    """Start services around made-up pictures that are stopped after the test, come what may."""
    started: list[Service] = []

    def run(**settings: object) -> Service:
        service = Service(tmp_path, STUB, **settings)
        started.append(service)
        assert eventually(service.answers), service.log()
        return service

    yield run
    for service in started:
        service.end()
