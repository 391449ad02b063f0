"""Declare what several commands take, and read the settings that they share."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from zoneinfo import ZoneInfo

import typer

from origin.cli.status import CommandFailed, Status
from origin.config import Settings
from origin.urls.keyring import KeyRing
from vips_render.limits import Limits

if TYPE_CHECKING:
    from origin.catalog.catalog import Catalog


def _known_timezone(name: str) -> str:
    """Refuse a slip here: an opened link would quietly be drawn in UTC."""
    try:
        return name and ZoneInfo(name).key
    except (KeyError, ValueError, OSError) as error:
        raise typer.BadParameter(
            f"this machine knows no time zone {name!r}; give a name such as Europe/Oslo"
        ) from error


ConfigFile = Annotated[
    Path | None,
    typer.Option("--config", metavar="FILE", help="TOML file of settings  [SIGNET_CONFIG]"),
]
TemplatesDir = Annotated[
    Path | None,
    typer.Option("--templates", metavar="DIR", help="documents and versions  [SIGNET_TEMPLATES]"),
]
DataDir = Annotated[
    Path | None,
    typer.Option("--data-dir", metavar="DIR", help="caches and fallbacks  [SIGNET_DATA_DIR]"),
]
KeysFile = Annotated[
    Path | None,
    typer.Option("--keys-file", metavar="FILE", help="the key ring  [SIGNET_KEYS_FILE]"),
]
PublicUrl = Annotated[
    str | None,
    typer.Option(
        "--public-url", metavar="URL", help="what the link begins with  [SIGNET_PUBLIC_URL]"
    ),
]
Variables = Annotated[
    list[str],
    typer.Option("--var", metavar="NAME=VALUE", help="value of a variable; repeat for more"),
]


TemplateName = Annotated[
    str, typer.Argument(metavar="TEMPLATE", help="its name, see: signet templates list")
]
Layout = Annotated[str, typer.Option("--layout", metavar="NAME", help="a named size")]
Scale = Annotated[
    int, typer.Option("--scale", metavar="N", min=1, max=4, help="2 for retina screens")
]
Quality = Annotated[
    int | None, typer.Option("--quality", metavar="N", min=1, max=100, help="of jpg, webp and avif")
]
Locale = Annotated[str, typer.Option("--locale", metavar="TAG", help="such as de-CH")]
Timezone = Annotated[
    str,
    typer.Option(
        "--timezone", metavar="ZONE", help="such as Europe/Oslo", callback=_known_timezone
    ),
]


def read_settings(config: Path | None = None, **given: object) -> Settings:
    """Read all settings; what is given here wins over environment and file."""
    return Settings.load(given, toml_path=config)


def open_catalog(settings: Settings) -> Catalog:
    """Open the templates directory; end the command when it is not there."""
    # Documents take the longest of all to load, and keys need none.
    from origin.catalog.catalog import Catalog

    if not settings.templates.is_dir():
        raise CommandFailed(
            f"no templates directory at {settings.templates}",
            hint="make it, or name the right one by --templates or SIGNET_TEMPLATES",
            status=Status.MISSING,
        )
    return Catalog(settings.templates, Limits())


def open_ring(settings: Settings) -> KeyRing:
    """Read the key ring; a missing one ends the command with what to do."""
    return KeyRing.load(settings.keys_file)


def read_variables(pairs: list[str]) -> dict[str, str]:
    """Read `NAME=VALUE` pairs; a name that comes twice is a slip, not a wish."""
    values: dict[str, str] = {}
    for pair in pairs:
        name, equals, value = pair.partition("=")
        if not equals or not name:
            raise typer.BadParameter(f"{pair!r} is not NAME=VALUE", param_hint="--var")
        if name in values:
            raise typer.BadParameter(f"{name} is given twice", param_hint="--var")
        try:
            pair.encode()
        except UnicodeEncodeError as error:
            raise typer.BadParameter(f"{name} is not UTF-8", param_hint="--var") from error
        values[name] = value
    return values
