"""Keep every path that a name turns into inside its directory."""

from __future__ import annotations

import re
import unicodedata
from pathlib import Path, PurePosixPath

NAME_RULE = "a-z, 0-9 and hyphens, 64 characters at most, no hyphen first"
_TEMPLATE_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,63}\Z")
_VERSION = re.compile(r"[1-9][0-9]{0,8}\Z")


def is_template_name(name: str) -> bool:
    """Claim that `name` may name a template: it stands in URLs and file names as it is."""
    return _TEMPLATE_NAME.match(name) is not None


def template_name_like(text: str) -> str:
    """Return a name that may name a template and is as near to `text` as can be."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    return re.sub("[^a-z0-9]+", "-", plain).strip("-")[:64] or "card"


def version_number(name: str) -> int | None:
    """Read the number of a version's directory; None when the directory is no version."""
    return int(name) if _VERSION.match(name) else None


def inside(root: Path, name: str) -> Path | None:
    """Return the file `name` under `root`; None when there is none or it lies elsewhere.

    Absolute names, `..`, and symbolic links that lead out of `root` all lie elsewhere.
    """
    pure = PurePosixPath(name)
    if not name or "\0" in name or pure.is_absolute() or ".." in pure.parts:
        return None
    try:
        path = (root / pure).resolve(strict=True)
    except (OSError, RuntimeError):
        # RuntimeError is how Python 3.11 reports a loop of symbolic links.
        return None
    if not path.is_relative_to(root.resolve()) or not path.is_file():
        return None
    return path
