"""nginx in front of the origin: its configuration, its purge epochs, its process."""

from __future__ import annotations

from origin.nginx.config import CONFIG_FILE, render_config
from origin.nginx.epochs import EPOCHS_FILE, EdgeEpochs, purge
from origin.nginx.errors import NginxError
from origin.nginx.process import Nginx, find_nginx, reload, running_pid

__all__ = [
    "CONFIG_FILE",
    "EPOCHS_FILE",
    "EdgeEpochs",
    "Nginx",
    "NginxError",
    "find_nginx",
    "purge",
    "reload",
    "render_config",
    "running_pid",
]
