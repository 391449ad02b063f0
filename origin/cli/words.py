"""Turn whatever a command ran into to a sentence, what to do about it, and a status."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from pathlib import PurePath

from origin.catalog.errors import CatalogError, TamperedVersion, UnknownTemplate, UnknownVersion
from origin.catalog.names import NAME_RULE, is_template_name, template_name_like
from origin.children.errors import ChildError
from origin.cli.screen import counted
from origin.cli.status import CommandFailed, Status
from origin.errors import OriginError, SettingsRefused
from origin.urls.errors import KeyRingError, LinkRefused, UrlError
from vips_render.errors import RenderError, TemplateError

EXPECTED = (OriginError, RenderError, UrlError, ChildError, OSError)
"""What a command may end with; anything else is a fault of ours and shows its traceback."""


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Suggest what was probably meant; empty when nothing comes near."""
    close = difflib.get_close_matches(word, sorted(known), n=1)
    return f"did you mean {close[0]}?" if close else ""


def as_failure(error: Exception) -> CommandFailed:
    """Word an error for the person at the terminal."""
    match error:
        case CommandFailed():
            return error
        case SettingsRefused():
            return CommandFailed(
                "these settings cannot be used",
                hint="\n".join(error.faults),
                status=Status.USAGE,
            )
        case UnknownVersion(version="latest"):
            return CommandFailed(
                f"{error.name} has no published version",
                hint=f"publish it first: signet templates publish {error.name}",
            )
        case UnknownTemplate() if not is_template_name(error.name):
            like = template_name_like(PurePath(error.name).name.removesuffix(".json"))
            return CommandFailed(str(error), hint=f"a name has {NAME_RULE}, such as {like}")
        case UnknownTemplate() | UnknownVersion():
            return CommandFailed(str(error), hint="see what there is: signet templates list")
        case TamperedVersion() | CatalogError():
            return CommandFailed(str(error))
        case TemplateError():
            return CommandFailed(
                f"the document has {counted(len(error.faults), 'fault')}",
                hint="\n".join(str(fault) for fault in error.faults),
            )
        case KeyRingError():
            return CommandFailed(str(error), status=Status.MISSING)
        case LinkRefused():
            return CommandFailed(str(error), status=Status.REFUSED)
        case OSError():
            where = f"{error.filename}: " if error.filename else ""
            return CommandFailed(f"{where}{error.strerror or error}", status=Status.MISSING)
        case _:
            return CommandFailed(str(error) or type(error).__name__)
