from __future__ import annotations

from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.cli.conftest import Signet
from tests.processes import Service, eventually, free_port


def test_what_was_signed_is_served(studio: Path, signet: Signet) -> None:
    """Publish, sign, serve: the link gives the picture, and SIGTERM ends with status 0."""
    assert signet("templates", "publish", "poster").status == 0
    url = urlsplit(signet("sign", "poster", "--var", "first_name=Ada").out.strip())
    port = free_port()
    service = Service(
        studio,
        ("-m", "origin", "serve", "--port", str(port), "--workers", "1"),
        port=port,
        metrics_port=0,
        templates=studio / "templates",
        keys_file=studio / "signet-keys.json",
    )
    try:
        assert eventually(lambda: service.answers("/readyz")), service.log()
        status, body = service.get(url.path)
        assert status == 200
        assert body.startswith(b"\x89PNG")
        assert service.get(url.path.replace("/poster/", "/foster/"))[0] == 403
        assert service.stop() == 0
    finally:
        service.end()


@pytest.mark.parametrize(
    ("arguments", "status", "why"),
    [
        (("--port", "0"), 2, "--port"),
        (("--port", "x"), 2, "--port"),
        (("--workers", "0"), 2, "--workers"),
        (("--templates", "none"), 4, "SIGNET_TEMPLATES"),
        (("--keys-file", "none.json"), 4, "signet keys new"),
        (("--config", "none.toml"), 2, "none.toml"),
        (("--cache-redis", "http://x"), 2, "redis://"),
    ],
)
def test_a_service_that_cannot_run_does_not_start(
    desk: Path, signet: Signet, arguments: tuple[str, ...], status: int, why: str
) -> None:
    """What is missing is said at once, before a port is taken."""
    said = signet("serve", *arguments)
    assert said.status == status
    assert why in said.err
