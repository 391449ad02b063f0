"""Know which files the service could decode, by having a decoder try them."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from origin.app import decoder_argv
from origin.catalog.drafts import Pictures
from origin.children.calls import decode
from origin.children.child import Child
from origin.children.errors import ChildError
from origin.config import Settings, child_environment
from vips_render.errors import AssetError
from vips_render.limits import Limits

DECODE_S = 20.0
"""When a decoder counts as hung; nobody has an email open, so longer than the service."""


@contextmanager
def picture_reader(settings: Settings) -> Iterator[Pictures]:
    """Try files inside the block, as the service would; a decoder starts with the first.

    Outside of event loops only; what it gives may be called in a thread.
    """
    decoder = Child(decoder_argv(settings), env=child_environment(), name="decoder")
    with asyncio.Runner() as runner:
        try:
            yield lambda paths: runner.run(_reasons(decoder, paths))
        finally:
            runner.run(decoder.close())


async def _reasons(decoder: Child, paths: Sequence[Path]) -> list[str]:
    return [await _reason(decoder, path) for path in paths]


async def _reason(decoder: Child, path: Path) -> str:
    """Say why a file cannot be decoded; empty when it can, if only to a dot."""
    try:
        data = await asyncio.to_thread(_read, path)
        await decode(decoder, data, max_width=1, max_height=1, fit="cover", timeout_s=DECODE_S)
    except AssetError as error:
        return str(error)
    except ChildError:
        return "no decoder survives it"
    except OSError as error:
        return error.strerror or type(error).__name__
    return ""


def _read(path: Path) -> bytes:
    most = Limits().asset_bytes
    if path.stat().st_size > most:
        raise AssetError("too-large", f"more than {most} bytes")
    return path.read_bytes()
