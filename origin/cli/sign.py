"""`signet sign`: make links, one or a whole sheet of them, or the tag for a mailer."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated

import typer

from origin.catalog.edition import Edition
from origin.cli.expiry import parse_expiry
from origin.cli.options import (
    ConfigFile,
    KeysFile,
    Layout,
    Locale,
    PublicUrl,
    Quality,
    Scale,
    TemplateName,
    TemplatesDir,
    Timezone,
    Variables,
    open_catalog,
    open_ring,
    read_settings,
    read_variables,
)
from origin.cli.ordering import (
    Order,
    edition_to_sign,
    refuse_bad_slots,
    refuse_unknown_layout,
)
from origin.cli.screen import say, tell
from origin.cli.sheets import sign_sheet
from origin.urls.esp import MAILERS, img_tag, slot_query
from origin.urls.keyring import KeyRing
from origin.urls.link import EXTENSIONS, Extension, Link
from vips_render.output import EXTENSION_OF


def sign(
    template: TemplateName,
    *,
    var: Variables = [],  # noqa: B006 - typer reads the default and hands out copies
    open_: Annotated[
        list[str],
        typer.Option(
            "--open",
            metavar="NAME[=FIELD]",
            help="leave a variable to the mailer; FIELD is its name there, for --esp",
        ),
    ] = [],  # noqa: B006 - as above
    expires: Annotated[
        str | None, typer.Option("--expires", metavar="WHEN", help="30d, 12h, 2027-01-31, …")
    ] = None,
    latest: Annotated[
        bool, typer.Option("--latest", help="follow new versions instead of pinning one")
    ] = False,
    version: Annotated[
        int | None, typer.Option("--version", metavar="N", min=1, help="pin another version")
    ] = None,
    format_: Annotated[
        str | None,
        typer.Option("--format", metavar="EXT", help="png, jpg, webp or avif; else the document's"),
    ] = None,
    layout: Layout = "",
    scale: Scale = 1,
    quality: Quality = None,
    locale: Locale = "",
    timezone: Timezone = "",
    campaign: Annotated[
        str, typer.Option("--campaign", metavar="NAME", help="what opens are counted by")
    ] = "",
    recipient: Annotated[
        str,
        typer.Option(
            "--recipient", metavar="ID", help="whom it is for; with --data, the column that says"
        ),
    ] = "",
    data: Annotated[
        Path | None,
        typer.Option("--data", metavar="ROWS.csv", help="sign one link per row; - reads a pipe"),
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", metavar="FILE", help="where --data writes, else a pipe"),
    ] = None,
    esp: Annotated[
        str | None,
        typer.Option("--esp", metavar="MAILER", help=f"print the <img>: {', '.join(MAILERS)}"),
    ] = None,
    config: ConfigFile = None,
    templates: TemplatesDir = None,
    keys_file: KeysFile = None,
    public_url: PublicUrl = None,
) -> None:
    """Sign a link and print it; nothing is drawn until it is opened.

    The link is pinned to the newest published version unless you say --latest. Values are
    checked as the template declares them. A variable left --open goes behind the link as
    ?name=value, by the mailer, within the bounds that the template declares.

    With --data every row gets its link in a column signet_url: columns are matched to variables
    by name, an empty cell counts as not given, all columns are kept. Rows that cannot be signed
    are reported with their line, keep an empty signet_url, and make the exit status 1.

    \b
    Examples:
      signet sign renewal-banner --var first_name=Ada --expires 30d
      signet sign renewal-banner --open first_name --esp mailchimp
      signet sign renewal-banner --open first_name=VORNAME --esp hubspot --scale 2
      signet sign year-in-review --data members.csv --recipient id -o signed.csv
    """
    slots, fields = _read_slots(open_)
    _refuse_contradictions(esp=esp, slots=slots, fields=fields, data=data, output=output)
    settings = read_settings(
        config, templates=templates, keys_file=keys_file, public_url=public_url
    )
    values = read_variables(var)
    edition = edition_to_sign(
        open_catalog(settings), template, version=version, latest=latest, drafts=settings.drafts
    )
    refuse_bad_slots(edition, slots, values)
    refuse_unknown_layout(edition, layout)
    link = Link(
        template=template,
        version="latest" if latest else edition.version or "latest",
        extension=_extension(format_, edition),
        open=slots,
        expires=_expires(expires),
        layout=layout,
        scale=scale,
        quality=quality,
        locale=locale,
        timezone=timezone,
        campaign=campaign,
        recipient="" if data else recipient,
    )
    order = Order(edition, link, values, settings.public_url)
    ring = open_ring(settings)
    if data is not None:
        sign_sheet(order, ring, data, output, recipient_column=recipient)
    elif esp is not None:
        say(_tag(order, ring, esp, fields))
    else:
        say(order.url(ring, {}))
    if "127.0.0.1" in settings.public_url and (data or esp):
        tell(f"note: links begin with {settings.public_url}; set SIGNET_PUBLIC_URL before you send")


def _read_slots(given: Sequence[str]) -> tuple[tuple[str, ...], dict[str, str]]:
    pairs = [pair.partition("=") for pair in given]
    return tuple(name for name, _, _ in pairs), {name: field for name, _, field in pairs if field}


def _refuse_contradictions(
    *,
    esp: str | None,
    slots: tuple[str, ...],
    fields: Mapping[str, str],
    data: Path | None,
    output: Path | None,
) -> None:
    if esp is not None and not slots:
        raise typer.BadParameter("needs --open NAME for what it shall fill", param_hint="--esp")
    if esp is not None and data is not None:
        raise typer.BadParameter("one tag serves all recipients, so not --data", param_hint="--esp")
    if fields and esp is None:
        raise typer.BadParameter("NAME=FIELD has a meaning only with --esp", param_hint="--open")
    if output is not None and data is None:
        raise typer.BadParameter("has a meaning only with --data", param_hint="--output")


def _extension(given: str | None, edition: Edition) -> Extension:
    if given is None:
        return EXTENSION_OF[edition.template.output.format]
    for extension in EXTENSIONS:
        if given == extension:
            return extension
    raise typer.BadParameter(f"{given!r}: use {', '.join(EXTENSIONS)}", param_hint="--format")


def _expires(given: str | None) -> int | None:
    if given is None:
        return None
    try:
        return parse_expiry(given, now=time.time())
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="--expires") from error


def _tag(order: Order, ring: KeyRing, esp: str, fields: Mapping[str, str]) -> str:
    """Write the whole `<img>`; shown at the layout's size, whatever the scale."""
    template = order.edition.template
    canvas = template.layouts[order.link.layout] if order.link.layout else template.canvas
    query = slot_query(esp, order.link.open, fields)
    alt = order.alt(now=time.time())
    width, height = canvas.width or template.canvas.width, canvas.height or template.canvas.height
    return img_tag(f"{order.url(ring, {})}?{query}", width, height, alt)
