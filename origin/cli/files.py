"""Write the files that a person names: each complete or not at all."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from origin.cli.status import CommandFailed, Status


def refuse_unwritable(path: Path) -> None:
    """End the command before it works for nothing: no file can be made at `path`."""
    if path.is_dir():
        raise CommandFailed(
            f"{path} is a directory", hint="name a file, such as one in it", status=Status.USAGE
        )
    if not path.parent.is_dir():
        raise CommandFailed(
            f"no directory {path.parent}", hint="make it first", status=Status.MISSING
        )


@contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """Give a path to write to, which takes the place of `path` once all is written.

    What is no file, such as a pipe or a device, is written to as it is.
    """
    if path.exists() and not path.is_file():
        yield path
        return
    target = path.resolve()
    fresh = target.with_name(f".{target.name}.part")
    try:
        yield fresh
        fresh.replace(target)
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(path)) from error
    finally:
        fresh.unlink(missing_ok=True)
