from __future__ import annotations

import os
from pathlib import Path

import pytest

from origin.nginx import CONFIG_FILE, Nginx, NginxError, find_nginx
from tests.nginx.site import Site


async def test_taken_port_is_told(site: Site, tmp_path: Path) -> None:
    """nginx's own last words reach whoever started it."""
    binary = find_nginx()
    assert binary is not None
    config = (site.data_dir / "nginx.conf").read_text()
    with pytest.raises(NginxError, match="in use"):
        await Nginx.start(binary, tmp_path / "second", config)


async def test_second_nginx_on_the_same_directory_is_refused(site: Site) -> None:
    """Two servers must not share a cache directory and a pid file."""
    binary = find_nginx()
    assert binary is not None
    with pytest.raises(NginxError, match="already"):
        await Nginx.start(binary, site.data_dir, CONFIG_FILE.read_text())
    assert (await site.get("/livez")).status == 200


async def test_stop_leaves_no_process(site: Site) -> None:
    """After `stop` the port is free and the process is gone; twice is once."""
    pid = site.nginx.process.pid
    await site.nginx.stop()
    await site.nginx.stop()
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
    with pytest.raises(ConnectionRefusedError):
        await site.get("/livez")
