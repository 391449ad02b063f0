"""`signet demo`: show everything on this machine."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from origin.cli.status import CommandFailed, Status

EXAMPLES = Path(__file__).resolve().parents[2] / "examples" / "templates"


def demo(
    *,
    once: Annotated[
        bool, typer.Option("--once", help="leave the pictures in --output and end")
    ] = False,
    templates: Annotated[
        Path,
        # Where the clone lies is no matter of the help text, which docs/cli.md repeats.
        typer.Option(
            "--templates",
            metavar="DIR",
            help="documents to show",
            show_default="examples/templates of the project",
        ),
    ] = EXAMPLES,
    data_dir: Annotated[
        Path, typer.Option("--data-dir", metavar="DIR", help="the demo's own keys and caches")
    ] = Path("demo-data"),
    output: Annotated[
        Path, typer.Option("--output", metavar="DIR", help="where --once leaves the pictures")
    ] = Path("demo-output"),
) -> None:
    """Show signed URLs become pictures, first drawn, then cached, and play with them.

    Publishes the example templates, starts the origin with nginx in front where it is installed,
    fetches a signed URL per example twice, and serves a gallery with a form per template. The
    gallery signs whatever it is asked to: it is for this machine only.

    \b
    Examples:
      signet demo
      signet demo --once --output pictures
      signet demo --templates my/templates
    """
    # The parts of a running service; other commands start faster without.
    from origin.cli.noting import noting
    from origin.demo.run import DemoFailed, DemoPlace, run_demo

    if not templates.is_dir():
        raise CommandFailed(
            f"no templates directory at {templates}",
            hint="run the demo in a clone of the project, or name documents by --templates",
            status=Status.MISSING,
        )
    place = DemoPlace(templates.resolve(), data_dir.resolve(), output.resolve())
    try:
        console = Console(highlight=False)
        good = asyncio.run(run_demo(place, once=once, console=console, noting=noting))
    except DemoFailed as failure:
        raise CommandFailed(str(failure)) from failure
    if not good:
        raise CommandFailed("the demo fell short; what it printed above says where")
