"""Write the scenes of a card as JSON, for renderers that know nothing of ours.

    python -m loadtests.bench.scenes --card welcome --assets DIR --out FILE

Resolving is done for them, ahead of their clock: {"guests": [...], "strangers": [...]}, where the
strangers are for warming up.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import orjson

from loadtests.bench.cards import NAMES, card, library, pill_measure, scene_of, values_of
from loadtests.bench.users import guest, users

STRANGERS = 40


def write_scenes(name: str, assets: Path, file: Path) -> None:
    """Resolve a card for every recipient."""
    template, measure, recipients = card(name), pill_measure(library(assets)), users()

    def scenes(numbers: range) -> list[object]:
        found = (guest(recipients, number) for number in numbers)
        return [scene_of(template, values_of(template, user, measure)) for user in found]

    strangers = scenes(range(-1, -1 - STRANGERS, -1))
    file.parent.mkdir(parents=True, exist_ok=True)
    written = {"guests": scenes(range(len(recipients))), "strangers": strangers}
    file.write_bytes(orjson.dumps(written))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--card", choices=NAMES, required=True)
    parser.add_argument("--assets", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    write_scenes(options.card, options.assets, options.out)
