"""`signet render`: draw pictures into files, without a server and without links."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from origin.catalog.catalog import Catalog, Version
from origin.catalog.edition import Edition
from origin.catalog.errors import UnknownVersion
from origin.catalog.publish import check
from origin.cli.options import (
    ConfigFile,
    DataDir,
    Layout,
    Locale,
    Quality,
    Scale,
    TemplateName,
    TemplatesDir,
    Timezone,
    Variables,
    open_catalog,
    read_settings,
    read_variables,
)
from origin.cli.ordering import Order, refuse_unknown_layout
from origin.cli.status import CommandFailed
from origin.cli.words import as_failure
from origin.config import Settings, make_data_dir
from origin.urls.link import EXTENSIONS, Extension, Link
from vips_render.output import EXTENSION_OF


def render(
    template: TemplateName,
    *,
    var: Variables = [],  # noqa: B006 - typer reads the default and hands out copies
    output: Annotated[
        Path,
        typer.Option("--output", "-o", metavar="FILE|DIR", help="a file, or with --data a folder"),
    ],
    data: Annotated[
        Path | None,
        typer.Option("--data", metavar="ROWS", help="one picture per row: .csv, or .ndjson"),
    ] = None,
    name: Annotated[
        str,
        typer.Option("--name", metavar="COLUMN", help="names the files of --data; else the line"),
    ] = "",
    format_: Annotated[
        str | None,
        typer.Option(
            "--format", metavar="EXT", help="png, jpg, webp, avif; else as FILE or document"
        ),
    ] = None,
    version: Annotated[
        int | None, typer.Option("--version", metavar="N", min=1, help="else the newest published")
    ] = None,
    draft: Annotated[bool, typer.Option("--draft", help="the draft as it is now")] = False,
    texts: Annotated[
        bool, typer.Option("--texts", help="say size, lines and shortfalls of each text")
    ] = False,
    layout: Layout = "",
    scale: Scale = 1,
    quality: Quality = None,
    locale: Locale = "",
    timezone: Timezone = "",
    config: ConfigFile = None,
    templates: TemplatesDir = None,
    data_dir: DataDir = None,
) -> None:
    """Draw one picture, or one per row, on all cores; no server and no keys are needed.

    Prints a line per picture: file, size, time, and what was shrunk, cut short, replaced by a
    fallback, or could not be drawn for want of a glyph. A row that fails is reported with its
    line and stops none of the others; the exit status is 1 then.

    \b
    Examples:
      signet render renewal-banner --var first_name=Ada -o ada.png
      signet render renewal-banner --draft --scale 2 -o draft.jpg
      signet render year-in-review --data members.ndjson --name id -o pictures/
    """
    from origin.cli.batch import Batch, draw_one, draw_rows

    if draft and version is not None:
        raise typer.BadParameter("either --draft or --version", param_hint="--draft")
    if name and data is None:
        raise typer.BadParameter("has a meaning only with --data", param_hint="--name")
    settings = read_settings(config, templates=templates, data_dir=data_dir)
    catalog = open_catalog(settings)
    values = read_variables(var)
    edition = _edition(catalog, settings, template, "draft" if draft else version or "latest")
    refuse_unknown_layout(edition, layout)
    link = Link(
        template=template,
        version=edition.version or "latest",
        extension=_extension(format_, output, edition, is_file=data is None),
        layout=layout,
        scale=scale,
        quality=quality,
        locale=locale,
        timezone=timezone,
    )
    make_data_dir(settings)
    order = Order(edition, link, values, "")
    if data is None:
        asyncio.run(draw_one(catalog, settings, order, output, texts=texts))
    else:
        asyncio.run(draw_rows(catalog, settings, order, Batch(data, output, name, texts)))


def _edition(catalog: Catalog, settings: Settings, name: str, version: Version) -> Edition:
    """Return what shall be drawn; a draft only if it could be published."""
    from origin.cli.faces import service_fonts
    from origin.cli.pictures import picture_reader

    if version == "draft":
        with picture_reader(settings) as pictures:
            return check(catalog, name, fonts=service_fonts(settings), pictures=pictures)[0]
    try:
        return catalog.at(name, version)
    except UnknownVersion as error:
        if version != "latest" or not catalog.has_draft(name):
            raise
        failure = as_failure(error)
        hint = f"{failure.hint}\nor draw the draft as it is now: signet render {name} --draft …"
        raise CommandFailed(failure.message, hint=hint) from error


def _extension(given: str | None, output: Path, edition: Edition, *, is_file: bool) -> Extension:
    """Choose the format: as asked, as the file is called, as the document says."""
    wanted = given or (output.suffix.removeprefix(".").lower() if is_file else "")
    if not wanted:
        return EXTENSION_OF[edition.template.output.format]
    for extension in EXTENSIONS:
        if wanted == extension:
            return extension
    raise typer.BadParameter(
        f"{wanted!r}: use {', '.join(EXTENSIONS)}", param_hint="--format" if given else "--output"
    )
