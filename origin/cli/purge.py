"""`signet purge`: make every cache forget pictures, so that they are drawn again."""

from __future__ import annotations

import time
from typing import Annotated

import typer

from cache import files
from origin import nginx
from origin.cli.options import (
    ConfigFile,
    DataDir,
    TemplatesDir,
    open_catalog,
    read_settings,
)
from origin.cli.screen import counted, say
from origin.cli.status import CommandFailed
from origin.cli.words import did_you_mean
from origin.config import Settings, make_data_dir
from origin.epochs import LOOK_EVERY_S, purge_everything, purge_template

_MARGIN_S = 0.2
"""For the worker that looked just before."""


def purge(
    target: Annotated[
        str | None,
        typer.Argument(metavar="TEMPLATE|URL", help="a template, or one signed link of it"),
    ] = None,
    *,
    everything: Annotated[bool, typer.Option("--all", help="forget every picture")] = False,
    config: ConfigFile = None,
    templates: TemplatesDir = None,
    data_dir: DataDir = None,
) -> None:
    """Forget pictures of a template, of one link, or all; links stay valid.

    Works on this machine's disk tier, on running workers (within a second), on Redis and on the
    nginx that runs on the data directory. What mail proxies keep is theirs. The next open of a
    purged link draws its picture again.

    \b
    Examples:
      signet purge renewal-banner
      signet purge https://img.example.com/i/renewal-banner/3/k1.jeyJ2….png
      signet purge --all
    """
    if everything == (target is not None):
        raise typer.BadParameter("name a template or a URL, or say --all", param_hint="TARGET")
    settings = read_settings(config, templates=templates, data_dir=data_dir)
    try:
        name = None if target is None else _template_of(target, settings)
        make_data_dir(settings)
        _purge_origin(settings, name)
        purge_nginx(settings, target)
    except nginx.NginxError as error:
        raise CommandFailed(str(error)) from error


def _purge_origin(settings: Settings, name: str | None) -> None:
    """Make workers, Redis and the disk forget a template, or everything."""
    if name is None:
        purge_everything(settings.epochs_file, now=time.time())
        dropped = files.clear(settings.cache_dir)
    else:
        purge_template(settings.epochs_file, name, now=time.time())
        dropped = files.drop_tag(settings.cache_dir, name)
    say(f"workers and Redis: forget {name or 'everything'} within a second")
    say(f"disk: {counted(dropped, 'picture')} dropped")


def purge_nginx(settings: Settings, target: str | None) -> None:
    """Make nginx forget, once no worker remembers: it would ask one and keep the old picture."""
    if nginx.running_pid(settings.data_dir):
        time.sleep(LOOK_EVERY_S + _MARGIN_S)
    nginx.purge(settings.data_dir, target, now=time.time())
    if nginx.reload(settings.data_dir):
        say(f"nginx: forgets {target or 'everything'} now")
    else:
        say(
            f"nginx: none runs on {settings.data_dir}; one that runs elsewhere needs this "
            f"{nginx.EPOCHS_FILE} and a reload"
        )


def _template_of(target: str, settings: Settings) -> str:
    """Name the template that a target belongs to; the origin forgets by template."""
    if "/" in target:
        (link,) = nginx.EdgeEpochs().raised(target, now=0).links
        return link.partition("/")[0]
    known = open_catalog(settings).names()
    if target not in known:
        raise CommandFailed(
            f"no template {target!r} in {settings.templates}",
            hint=did_you_mean(target, known) or "pictures of a removed one go with --all",
        )
    return target
