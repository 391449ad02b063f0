"""Apply a layout and a link's modifications to a template: a new template, checked again.

Pure; a caller that edits often keeps the results by digest, layout and modifications.
"""

from __future__ import annotations

from collections.abc import Mapping

import orjson

from vips_render.errors import Fault, TemplateError
from vips_render.limits import Limits
from vips_render.template.model import Template
from vips_render.template.override import Override, literal
from vips_render.template.parse import examine, in_order, read_document
from vips_render.template.properties import suggestion

Modifications = Mapping[str, Mapping[str, object]]
"""Layer name to properties; a property is a name or a path such as `font.size`."""


def edit(
    template: Template,
    *,
    layout: str = "",
    modifications: Modifications | None = None,
    limits: Limits | None = None,
) -> Template:
    """Return the template drawn in `layout` with `modifications`; it has no layouts left.

    Texts of modifications mean themselves: what a sender puts in from a recipient's data is never
    run as an expression.

    Raises:
        TemplateError: an unknown layout or layer, or a value that its property does not allow;
            pointers run below `/layouts` and `/m`.
    """
    if not layout and not modifications:
        return template
    document = orjson.loads(orjson.dumps(template.data))
    layouts = document.pop("layouts", {})
    document.pop("expired", None)
    override = Override(document)
    if layout and layout not in layouts:
        message = f"there is no layout {layout!r}{suggestion(layout, layouts)}"
        raise TemplateError((Fault("/layouts", message),))
    if layout:
        override.canvas(layouts[layout], ("layouts", layout))
        override.layers(layouts[layout].get("layers", {}), ("layouts", layout, "layers"))
    if modifications:
        override.layers(_read(modifications), ("m",))
    edited, faults = examine(document, limits or Limits())
    found = [*override.faults, *(override.placed(fault) or fault for fault in faults)]
    if found or edited is None:
        raise TemplateError(in_order(found, {"layouts": layouts, "m": modifications or {}}))
    return edited


def _read(modifications: Modifications) -> Modifications:
    """Return a copy whose texts mean themselves, or refuse what JSON cannot carry."""
    try:
        changes: Modifications = read_document({"m": literal(modifications)})["m"]
    except TemplateError as error:
        raise TemplateError(tuple(Fault("/m", fault.message) for fault in error.faults)) from error
    return changes
