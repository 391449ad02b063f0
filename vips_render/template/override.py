"""Set properties of layers by name, in the JSON data of a document.

Remembers where each new value came from, so that a fault in it points at what its author wrote.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from vips_render.errors import Fault
from vips_render.expr.text import literal_source
from vips_render.template.check import Place, raw_layers
from vips_render.template.faults import pointer
from vips_render.template.properties import suggestion

_FIXED = {
    "name": "a layer keeps its name",
    "kind": "a layer keeps its kind",
    "layers": "name the inner layers instead",
    "fallback": "name the fallback's layer instead",
}
_WHOLE = frozenset({"fill", "color"})
"""Objects that are replaced; all others take the members that are given and keep the rest."""


@dataclass(slots=True)
class Override:
    """Changes to one document; `document` is edited in place and must be the caller's own copy.

    Attributes:
        origins: from the pointer of a changed place to the pointer that its value came from.
        faults: changes that cannot be made.
    """

    document: dict[str, Any]
    origins: dict[str, str] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)

    def canvas(self, changes: Mapping[str, Any], place: Place) -> None:
        """Set the members of the canvas that `changes` has."""
        canvas = self.document.get("canvas")
        for name in ("width", "height", "background"):
            if changes.get(name) is not None and isinstance(canvas, dict):
                canvas[name] = changes[name]
                self.origins[pointer(("canvas", name))] = pointer((*place, name))

    def layers(self, changes: Mapping[str, Any], place: Place) -> None:
        """Set properties by layer name; a property may be a path such as `font.size`."""
        known = {
            layer["name"]: (where, layer)
            for where, layer, _ in raw_layers(self.document.get("layers"))
            if isinstance(layer.get("name"), str)
        }
        for name, properties in changes.items():
            if name not in known:
                self.refuse((*place, name), f"there is no layer {name!r}{suggestion(name, known)}")
                continue
            if not isinstance(properties, Mapping):
                self.refuse((*place, name), "must be an object of properties")
                continue
            where, layer = known[name]
            for path, value in properties.items():
                self.property(layer, where, path, value, (*place, name, path))

    def property(
        self, layer: dict[str, Any], where: Place, path: str, value: Any, origin: Place
    ) -> None:
        """Set one property of one layer."""
        first, *rest = path.split(".")
        if first in _FIXED:
            self.refuse(origin, f"{_FIXED[first]}; remove this")
            return
        here: Any = layer
        keys: list[str | int] = [first, *rest]
        for index in range(len(keys) - 1):
            child = _child(here, keys[index])
            if isinstance(child, list):
                step = rest[index]
                if not step.isascii() or not step.isdigit() or int(step) >= len(child):
                    self.refuse(origin, f"the list has {len(child)} items, counted from 0")
                    return
                keys[index + 1] = int(step)
            elif not isinstance(child, dict):
                child = here[keys[index]] = {}
            here = child
        last = keys[-1]
        old = _child(here, last)
        merges = isinstance(old, dict) and isinstance(value, Mapping) and first not in _WHOLE
        here[last] = {**old, **value} if merges else value
        # A fault may lie beside what was set ("stops" is missing), so the property counts too.
        self.origins.setdefault(pointer((*where, first)), pointer(origin))
        self.origins[pointer((*where, *keys))] = pointer(origin)

    def refuse(self, place: Place, message: str) -> None:
        """Note a change that cannot be made."""
        self.faults.append(Fault(pointer(place), message))

    def placed(self, fault: Fault) -> Fault | None:
        """Return a fault of the changed document where its author wrote it; None if none did."""
        place = fault.pointer
        while place:
            if place in self.origins:
                rest = fault.pointer[len(place) :]
                return Fault(self.origins[place] + rest, fault.message, fault.column)
            place = place.rpartition("/")[0]
        return None


def _child(here: Any, key: str | int) -> Any:
    return here.get(key) if isinstance(here, dict) else here[key]


def literal(value: object) -> object:
    """Return JSON data whose texts mean themselves, so that no text of a recipient is run."""
    if isinstance(value, str):
        return literal_source(value)
    if isinstance(value, Mapping):
        return {key: literal(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [literal(item) for item in value]
    return value
