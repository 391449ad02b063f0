"""Gather the commands of `signet` and end each with a sentence and a status, never a traceback."""

from __future__ import annotations

import sys
from collections.abc import Collection, Sequence
from importlib import import_module

import typer

from origin.cli.screen import tell, tell_error
from origin.cli.status import MEANINGS, CommandFailed, Status
from origin.cli.streams import give_up_stdout
from origin.cli.words import EXPECTED, as_failure

_STATUSES = "\n".join(f"  {status.value:<4} {meaning}" for status, meaning in MEANINGS.items())

HELP = f"""Personalised images from signed URLs.

Every setting can be given as an option, in the environment (SIGNET_PORT=9000) or in signet.toml
(port = 9000); the first of these wins.

\b
First steps:
  signet keys new
  signet templates publish renewal-banner
  signet sign renewal-banner --var first_name=Ada
  signet serve

\b
Exit statuses:
{_STATUSES}
"""

# Each lies in the module of its name. The lists of a help text are in this order.
COMMANDS = ("serve", "sign", "verify", "render", "expr", "purge", "doctor", "demo")
GROUPS = ("templates", "keys")


def build_app(names: Collection[str] = (*COMMANDS, *GROUPS)) -> typer.Typer:
    """Gather commands by name; what the others need takes longer to load than most of them run."""
    app = typer.Typer(
        name="signet",
        help=HELP,
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
        no_args_is_help=True,
        context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
        callback=_nothing_of_its_own,
    )
    for name in names:
        command = getattr(import_module(f"origin.cli.{name}"), name)
        if name in GROUPS:
            app.add_typer(command, name=name)
        else:
            app.command()(command)
    return app


def _nothing_of_its_own() -> None:
    """Keep `signet NAME` a command of a group where only one is gathered."""


def run(arguments: Sequence[str]) -> int:
    """Run one command line and return its exit status."""
    try:
        status = _status_of(arguments)
        _flush()
    except KeyboardInterrupt:
        tell("interrupted")
        return Status.INTERRUPTED
    except BrokenPipeError:
        # The reader of a pipe has seen enough.
        give_up_stdout()
        return Status.FAILED
    except (CommandFailed, *EXPECTED) as error:
        failure = as_failure(error)
        tell_error(failure.message, failure.hint)
        return failure.status
    return status


def _flush() -> None:
    """Find out now that what was written did not arrive, not when Python ends."""
    try:
        sys.stdout.flush()
    except OSError:
        give_up_stdout()
        raise


def _status_of(arguments: Sequence[str]) -> int:
    everything = (*COMMANDS, *GROUPS)
    names = arguments[:1] if arguments and arguments[0] in everything else everything
    try:
        build_app(names)(list(arguments), prog_name="signet")
    except SystemExit as exit_:
        return exit_.code if isinstance(exit_.code, int) else Status.FAILED
    return Status.OK
