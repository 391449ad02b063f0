"""Signet as a contestant: `python -m loadtests.bench.contestant --card welcome --assets DIR`.

Variants: `default`; `fast` is the same, the engine has no faster and larger output; `shelfless`
keeps no drawn layers, so that what repeats between recipients (portraits, small numbers) is drawn
each time.
"""

from __future__ import annotations

import json
from argparse import Namespace
from collections import defaultdict
from pathlib import Path
from time import perf_counter

from loadtests.bench.cards import CARDS, Pictures, card, library, pill_measure, scene_of, values_of
from loadtests.bench.contract import QUALITY, Contestant, arguments, compete
from loadtests.bench.users import User, guest, users
from vips_render.output import Output
from vips_render.render import PATCHES_BYTES, Engine
from vips_render.runtime import start_libvips

NOTES = (
    "fill + resolve + paint + encode per picture; plan, fonts, decoded pictures and drawn layers "
    "kept; pill and bars computed per picture"
)


def prepared(options: Namespace) -> Contestant:
    """Load fonts, document and pictures, and draw what all pictures share."""
    libvips = start_libvips().libvips
    fonts = library(options.assets)
    template = card(options.card, options.templates)
    output = Output(options.format, QUALITY)
    patches_bytes = 0 if options.variant == "shelfless" else PATCHES_BYTES
    engine = Engine(fonts, patches_bytes=patches_bytes)
    recipients: list[User] = json.loads(options.users.read_text()) if options.users else users()
    measure = pill_measure(fonts)
    pictures = Pictures(options.assets)
    scenes = [scene_of(template, values_of(template, user, measure)) for user in recipients]
    for scene in scenes:
        pictures.load_for(scene)
    engine.prepare(scenes[0], pictures, output)

    stages: defaultdict[str, list[float]] = defaultdict(list)

    def render(number: int) -> bytes:
        started = perf_counter()
        values = values_of(template, guest(recipients, number), measure)
        valued = perf_counter()
        scene = scene_of(template, values)
        resolved = perf_counter()
        rendered = engine.render(scene, pictures, output)
        stages["sums"].append((valued - started) * 1000)
        stages["resolve"].append((resolved - valued) * 1000)
        for stage, ms in rendered.stage_ms.items():
            stages[stage].append(ms)
        return rendered.body

    return Contestant(render, {"vips": libvips}, NOTES, stages)


def main() -> None:
    """Compete as the arguments say."""
    parser = arguments()
    parser.add_argument("--templates", type=Path, default=CARDS, help="documents, by card")
    parser.add_argument("--users", type=Path, help="recipients as JSON instead of our own")
    options = parser.parse_args()
    compete("Signet", options, lambda: prepared(options))


if __name__ == "__main__":
    main()
