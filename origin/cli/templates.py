"""`signet templates`: check, try, publish and list documents; print their fonts and JSON Schema."""

from __future__ import annotations

import asyncio
import json
import os
from pathlib import Path
from typing import Annotated

import typer

from origin.catalog.catalog import Catalog
from origin.catalog.drafts import Pictures
from origin.catalog.edition import Edition
from origin.catalog.errors import CatalogError
from origin.catalog.fallbacks import write_fallback
from origin.catalog.names import NAME_RULE, is_template_name, template_name_like
from origin.catalog.publish import check as check_draft
from origin.catalog.publish import publish as publish_draft
from origin.cli.options import ConfigFile, DataDir, TemplatesDir, open_catalog, read_settings
from origin.cli.screen import counted, say, show_table, tell
from origin.cli.status import CommandFailed
from origin.cli.words import as_failure
from origin.config import Settings, make_data_dir
from vips_render.errors import RenderError, TemplateError
from vips_render.template.schema import template_schema

templates = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode=None,
    help="Check, try, publish and list documents; print their fonts and their JSON Schema.",
)

Names = Annotated[
    list[str] | None, typer.Argument(metavar="TEMPLATE", help="all drafts when none is named")
]


@templates.command()
def check(
    names: Names = None,
    *,
    config: ConfigFile = None,
    templates: TemplatesDir = None,
    data_dir: DataDir = None,
) -> None:
    """Find all faults of drafts, each with its JSON pointer and, in an expression, its column.

    Looks at the document, the pictures and font files that it names, and its font families. When
    none is named, also at files that look like one and are passed over.

    \b
    Examples:
      signet templates check
      signet templates check renewal-banner
    """
    from origin.cli.faces import service_fonts
    from origin.cli.pictures import picture_reader

    settings = read_settings(config, templates=templates, data_dir=data_dir)
    catalog = open_catalog(settings)
    fonts = service_fonts(settings)
    faulty = 0 if names else _passed_over(catalog)
    with picture_reader(settings) as pictures:
        for name in names or _drafts(catalog):
            try:
                check_draft(catalog, name, fonts=fonts, pictures=pictures)
            except TemplateError as error:
                faulty += 1
                _say_faults(f"{name}: {counted(len(error.faults), 'fault')}", error)
            else:
                say(f"{name}: good")
    if faulty:
        raise CommandFailed(f"{counted(faulty, 'document')} with faults")


@templates.command("try")
def try_(
    names: Names = None,
    *,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", metavar="DIR", help="leave the pictures there, to look at"),
    ] = None,
    config: ConfigFile = None,
    templates: TemplatesDir = None,
    data_dir: DataDir = None,
) -> None:
    """Draw drafts with the values that break designs, and say what became of their texts.

    Draws each layout with the defaults, the examples and, one variable after the other, with text
    as long and as wide as it may be, empty, missing and in other scripts, with the largest and
    smallest numbers, with lists that are empty and full. Says of each layer, the worst first, what
    was shrunk, cut short or not drawn, and with which value. That is no fault: the exit status is
    1 only when a document has faults or a picture cannot be drawn.

    \b
    Examples:
      signet templates try renewal-banner
      signet templates try renewal-banner -o tried
    """
    from origin.cli.faces import service_fonts
    from origin.cli.pictures import picture_reader

    settings = read_settings(config, templates=templates, data_dir=data_dir)
    catalog = open_catalog(settings)
    make_data_dir(settings)
    fonts = service_fonts(settings)
    good: list[Edition] = []
    names = names or _drafts(catalog)
    with picture_reader(settings) as pictures:
        for name in names:
            try:
                good.append(check_draft(catalog, name, fonts=fonts, pictures=pictures)[0])
            except TemplateError as error:
                _say_faults(f"{name}: {counted(len(error.faults), 'fault')}", error)
    drawn = asyncio.run(_try(catalog, good, settings, output))
    if drawn < len(names):
        raise CommandFailed(f"{counted(len(names) - drawn, 'document')} with faults")


@templates.command()
def publish(
    names: Names = None,
    *,
    config: ConfigFile = None,
    templates: TemplatesDir = None,
    data_dir: DataDir = None,
) -> None:
    """Make the drafts their next versions: numbered, complete and never changed again.

    A version holds the document, its pictures and fonts, and its default pictures. Commit the
    directory `versions`: links are pinned to what is in it. A draft that equals its newest
    version makes none.

    \b
    Examples:
      signet templates publish renewal-banner
      signet templates publish
    """
    from origin.cli.pictures import picture_reader

    settings = read_settings(config, templates=templates, data_dir=data_dir)
    catalog = open_catalog(settings)
    faulty = 0 if names else _passed_over(catalog)
    with picture_reader(settings) as pictures:
        faulty += asyncio.run(_publish(catalog, names or _drafts(catalog), settings, pictures))
    if faulty:
        raise CommandFailed(f"{counted(faulty, 'document')} with faults")


@templates.command("list")
def list_(*, config: ConfigFile = None, templates: TemplatesDir = None) -> None:
    """Show every template with its versions, size, variables and open slots.

    \b
    Example:
      signet templates list
    """
    catalog = open_catalog(read_settings(config, templates=templates))
    rows = [_row(catalog, name) for name in catalog.names()]
    if not _passed_over(catalog) and not rows:
        tell(f"no documents in {catalog.root}; write NAME.json there, see: signet templates schema")
    show_table(("template", "versions", "draft", "size", "variables", "open"), rows)


@templates.command()
def fonts(
    *, config: ConfigFile = None, templates: TemplatesDir = None, data_dir: DataDir = None
) -> None:
    """List the font families that documents can name on this machine, with their weights.

    A document may also bring fonts of its own. sans-serif, serif and monospace work as in CSS.

    \b
    Example:
      signet templates fonts
    """
    from origin.cli.faces import families_in, service_fonts

    settings = read_settings(config, templates=templates, data_dir=data_dir)
    show_table(("family", "weights", "italic"), families_in(service_fonts(settings)))


@templates.command()
def schema() -> None:
    """Print the JSON Schema of documents, for editors and agents.

    \b
    Example:
      signet templates schema > template.schema.json
    """
    say(json.dumps(template_schema(), indent=2, ensure_ascii=False))


async def _try(
    catalog: Catalog, editions: list[Edition], settings: Settings, output: Path | None
) -> int:
    """Try one after the other, and count those of which every picture could be drawn."""
    from origin.cli.batch import make_folder
    from origin.cli.easel import Easel
    from origin.cli.trying import try_edition

    if output is not None:
        make_folder(output)
    painters = len(os.sched_getaffinity(0))
    async with Easel(catalog, settings, painters=painters) as easel:
        return sum([await try_edition(easel, one, painters, output) for one in editions])


async def _publish(
    catalog: Catalog, names: list[str], settings: Settings, pictures: Pictures
) -> int:
    """Publish one after the other, and count those with faults, which stop none of the others."""
    from origin.cli.easel import Easel
    from origin.cli.faces import service_fonts

    make_data_dir(settings)
    fonts = service_fonts(settings)
    faulty = 0
    async with Easel(catalog, settings) as easel:
        loop = asyncio.get_running_loop()

        def draw(edition: Edition) -> dict[str, bytes]:
            return asyncio.run_coroutine_threadsafe(easel.defaults(edition), loop).result()

        for name in names:
            try:
                done = await asyncio.to_thread(
                    publish_draft, catalog, name, fonts=fonts, pictures=pictures, draw=draw
                )
            except TemplateError as error:
                faulty += 1
                what = f"{counted(len(error.faults), 'fault')}, not published"
                _say_faults(f"{name}: {what}", error)
                continue
            write_fallback(done.edition, settings.fallback_dir)
            what = "published" if done.is_new else "unchanged since it was published"
            say(f"{name}: version {done.edition.version} {what}")
    return faulty


def _say_faults(heading: str, error: TemplateError) -> None:
    say(heading)
    for fault in error.faults:
        say(f"  {fault}")


def _drafts(catalog: Catalog) -> list[str]:
    return [name for name in catalog.names() if catalog.has_draft(name)]


def _passed_over(catalog: Catalog) -> int:
    """Tell of the files that look like drafts and are none, and count them."""
    files = catalog.passed_over()
    for file in files:
        stem, _, suffix = file.rpartition(".")
        if suffix == "json" and is_template_name(stem):
            tell(f"{file}: no file that lies in {catalog.root}; put the document itself there")
            continue
        rename = f"rename it, such as {template_name_like(stem)}.json"
        tell(f"{file}: no template has such a name: {NAME_RULE}; {rename}")
    return len(files)


def _row(catalog: Catalog, name: str) -> tuple[str, ...]:
    numbers = catalog.versions(name)
    shown = (
        "none" if not numbers else f"1 to {numbers[-1]}" if len(numbers) > 1 else str(numbers[0])
    )
    try:
        edition, draft = _best(catalog, name, numbers)
    except (CatalogError, RenderError, OSError) as error:
        tell(as_failure(error).message)
        edition, draft = None, "damaged"
    if edition is None:
        return name, shown, draft, "", "", ""
    template = edition.template
    slots = [variable for variable, declared in template.variables.items() if declared.open]
    size = f"{template.canvas.width} x {template.canvas.height}"
    return name, shown, draft, size, ", ".join(template.variables), ", ".join(slots)


def _best(catalog: Catalog, name: str, numbers: tuple[int, ...]) -> tuple[Edition | None, str]:
    """Return what can be shown of a template: its draft, else its newest version."""
    draft = "none"
    if catalog.has_draft(name):
        try:
            edition = catalog.at(name, "draft")
        except TemplateError:
            draft = "faulty"
        else:
            newest = catalog.at(name, "latest") if numbers else None
            same = newest is not None and newest.document == edition.document
            return edition, "published" if same else "not published"
    return (catalog.at(name, "latest") if numbers else None), draft
