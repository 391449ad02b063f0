"""`signet serve`: run the service."""

from __future__ import annotations

from typing import Annotated

import typer

from origin.cli.options import (
    ConfigFile,
    DataDir,
    KeysFile,
    PublicUrl,
    TemplatesDir,
    open_catalog,
    open_ring,
    read_settings,
)
from origin.config import Settings


def serve(
    *,
    host: Annotated[
        str | None, typer.Option("--host", metavar="ADDRESS", help="where to listen  [SIGNET_HOST]")
    ] = None,
    port: Annotated[
        int | None, typer.Option("--port", metavar="PORT", help="behind nginx  [SIGNET_PORT]")
    ] = None,
    workers: Annotated[
        int | None,
        typer.Option("--workers", metavar="N", help="one per core by default  [SIGNET_WORKERS]"),
    ] = None,
    templates: TemplatesDir = None,
    data_dir: DataDir = None,
    keys_file: KeysFile = None,
    cache_redis: Annotated[
        str | None,
        typer.Option("--cache-redis", metavar="URL", help="a cache to share  [SIGNET_CACHE_REDIS]"),
    ] = None,
    public_url: PublicUrl = None,
    drafts: Annotated[
        bool | None,
        typer.Option("--drafts", help="`latest` draws the draft as it is now  [SIGNET_DRAFTS]"),
    ] = None,
    config: ConfigFile = None,
) -> None:
    """Serve pictures until told to stop.

    Every option can be set in the environment and in the settings file as well; the settings
    without an option only there. Put nginx in front with the project's nginx.conf.
    SIGTERM finishes what is in flight; SIGHUP reads the settings again. New keys and versions
    are seen within a second.

    \b
    Examples:
      signet serve
      signet serve --port 9000 --workers 4 --templates /srv/signet/templates
      SIGNET_CACHE_REDIS=redis://cache:6379/0 signet serve
    """
    # Everything of the service hangs on these two, and other commands start faster without.
    from origin.app import build_app
    from origin.serve import serve as run

    def load() -> Settings:
        return read_settings(
            config,
            host=host,
            port=port,
            workers=workers,
            templates=templates,
            data_dir=data_dir,
            keys_file=keys_file,
            cache_redis=cache_redis,
            public_url=public_url,
            drafts=drafts,
        )

    settings = load()
    open_catalog(settings)
    open_ring(settings)
    run(load, build_app)
