"""Make links from what the command line says: the order is read once, then signed row by row."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import typer

from origin.catalog.catalog import Catalog
from origin.catalog.edition import Edition
from origin.catalog.errors import UnknownVersion
from origin.cli.words import did_you_mean
from origin.urls.link import Link
from origin.urls.path import Signer, sign
from vips_render.scene.resolve import alt_text
from vips_render.template.variables import strict_fill


@dataclass(frozen=True, slots=True)
class Order:
    """Links to be made: all that they share is in `link`, values of rows go on top of `values`."""

    edition: Edition
    link: Link
    values: Mapping[str, object]
    public_url: str

    def filled(self, row: Mapping[str, object]) -> dict[str, object]:
        """Check the values of one link as strictly as the template's author wished.

        Returns:
            A value for every variable that has one, defaults included.

        Raises:
            ValueRefused: values that their variables do not take, or required ones missing that
                are not left open; all in one message.
        """
        given = {**self.values, **row}
        return strict_fill(self.edition.template, given, slots=self.link.open).values

    def url(self, signer: Signer, row: Mapping[str, object], *, recipient: str = "") -> str:
        """Sign one link.

        Raises:
            ValueRefused: see `filled`.
            UrlError: it cannot be signed.
        """
        filled = self.filled(row)
        link = replace(self.link, variables={name: filled[name] for name in {**self.values, **row}})
        if recipient:
            link = replace(link, recipient=recipient)
        return self.public_url + sign(link, signer)

    def alt(self, *, now: float) -> str:
        """Write what the document says to those who see no pictures, with defaults in its slots."""
        return alt_text(
            self.edition.template,
            self.filled({}),
            locale=self.link.locale,
            timezone=self.link.timezone,
            now=now,
        )


def edition_to_sign(
    catalog: Catalog, name: str, *, version: int | None, latest: bool, drafts: bool
) -> Edition:
    """Return the edition that links are checked against.

    Raises:
        UnknownTemplate, UnknownVersion: as in `Catalog.at`.
    """
    edition = catalog.at(name, version or "latest", drafts=drafts and latest)
    if edition.version is None and not latest:
        raise UnknownVersion(name, "latest")
    return edition


def refuse_bad_slots(edition: Edition, slots: Sequence[str], given: Mapping[str, object]) -> None:
    """End the command when a slot cannot be left open."""
    variables = edition.template.variables
    allowed = sorted(name for name, variable in variables.items() if variable.open)
    for slot in slots:
        if slot not in allowed:
            what = "is not open in the document" if slot in variables else "is no variable"
            raise typer.BadParameter(
                f"{slot} {what}; open are: {', '.join(allowed) or 'none'}", param_hint="--open"
            )
        if slot in given:
            raise typer.BadParameter(f"{slot} has a value by --var already", param_hint="--open")
        if slots.count(slot) > 1:
            raise typer.BadParameter(f"{slot} is named twice", param_hint="--open")


def refuse_unknown_layout(edition: Edition, layout: str) -> None:
    """End the command when the template has no such layout."""
    known = edition.template.layouts
    if layout and layout not in known:
        hint = did_you_mean(layout, known) or f"it has: {', '.join(known) or 'none'}"
        raise typer.BadParameter(f"{edition.name} has no layout {layout!r}; {hint}")
