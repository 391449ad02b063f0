"""Signed links of the example documents, none of which asks for what another one asks for."""

from __future__ import annotations

from dataclasses import dataclass

from loadtests.bench.engine import EXAMPLES, values_for
from loadtests.bench.users import guest, users
from origin.urls.keyring import SigningKey
from origin.urls.link import Extension, Link
from origin.urls.path import sign
from vips_render.limits import Limits
from vips_render.output import EXTENSION_OF, Format
from vips_render.template.model import Template
from vips_render.template.parse import parse_template


@dataclass(frozen=True, slots=True)
class Asked:
    """One link and the picture that must come of it."""

    document: str
    target: str
    extension: Extension
    size: tuple[int, int]


def example(name: str) -> Template:
    """Read an example document."""
    return parse_template((EXAMPLES / f"{name}.json").read_bytes(), Limits())


def links(
    key: str,
    template: Template,
    output_format: Format,
    numbers: range,
    *,
    quality: int | None = None,
) -> list[Asked]:
    """Sign a link to version 1 per recipient, with the values that the engine is measured with.

    Args:
        key: as `signet keys new` prints it.
        quality: of the document unless given.
    """
    signer, recipients = SigningKey.from_text(key), users()
    extension = EXTENSION_OF[output_format]
    size = (template.canvas.width, template.canvas.height)
    found = []
    for number in numbers:
        values = values_for(template, guest(recipients, number))
        link = Link(template.name, 1, extension, variables=values, quality=quality)
        found.append(Asked(template.name, sign(link, signer), extension, size))
    return found
