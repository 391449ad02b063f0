"""Two hundred recipients, and as many more as wanted, none with a text of another.

What a renderer has seen of one recipient must not help it with the next one: names, tiers, dates,
prices and the larger numbers differ between any two; small numbers repeat, as they do in life.
"""

from __future__ import annotations

import json
import random
from collections.abc import Sequence
from itertools import product
from pathlib import Path
from typing import Any

AVATARS = 50
PRODUCTS = (
    "trail running vest", "ceramic pour-over set", "merino base layer", "desk lamp",
    "noise-cancelling headset", "linen duvet cover", "espresso grinder", "weekend bag",
    "waterproof jacket", "smart scale",
)  # fmt: skip
SHARES = {
    "latin": 80, "accented": 40, "cyrillic": 6, "greek": 4,
    "han": 18, "hangul": 12, "arabic": 20, "long": 20,
}  # fmt: skip
"""How many of 200 names are of which kind."""

CITIES = ("London", "Zürich", "Kraków", "São Paulo", "Osaka", "Nairobi", "Reykjavík", "Málaga")
EVENTS = ("the Spring Summit", "our Open Day", "the Makers Night", "Design Week")
TIERS = ("Gold", "Silver", "Platinum", "Explorer")
SEED = 20_261_120

User = dict[str, Any]


def users() -> list[User]:
    """Return the 200, the same ones each time, all kinds of names mixed."""
    chance = random.Random(SEED)
    names = _names(chance)
    times = list(product(EVENTS, CITIES, range(17, 21), ("00", "15", "30", "45")))
    points = chance.sample(range(100, 99_000), len(names))
    found = []
    for number, (name, when, point) in enumerate(
        zip(names, chance.sample(times, len(names)), points, strict=True)
    ):
        event, city, hour, minutes = when
        item = chance.randrange(len(PRODUCTS))
        found.append({
            "id": number,
            "name": name,
            "avatar": chance.randrange(AVATARS),
            "event": event,
            "city": city,
            "time": f"{hour}:{minutes}",
            "tier": f"{chance.choice(TIERS)} member · {point:,} pts",
            "stats": [
                *(f"{chance.randint(most // 10, most):,}" for most in (98_000, 9_000)),
                *(str(chance.randint(1, most)) for most in (999, 365, 24, 60)),
            ],
            "months": [chance.randint(6, 100) for _ in range(12)],
            "productImage": item,
            "product": PRODUCTS[item],
            "price": f"{chance.choice('€£$')}{number + 9}.{chance.choice(('00', '50', '99'))}",
        })  # fmt: skip
    return found


def guest(among: Sequence[User], number: int) -> User:
    """Return a recipient; beyond the last one, and below 0, with texts that nobody else has."""
    lap, place = divmod(number, len(among))
    user = among[place]
    if lap == 0:
        return user
    return {
        **user,
        "name": f"{user['name']} {lap}",
        "tier": f"{user['tier']} {lap}",
        "time": f"{user['time']} ({lap})",
        "stats": [f"{text}{abs(lap)}" for text in user["stats"]],
        "price": f"{user['price']} {lap}",
    }


def _names(chance: random.Random) -> list[str]:
    kinds = json.loads((Path(__file__).parent / "names.json").read_text())
    found = []
    for kind, count in SHARES.items():
        between = "" if kind == "hangul" else " "
        whole = [
            between.join(pair) for pair in product(kinds[kind]["given"], kinds[kind]["family"])
        ]
        if kind in ("han", "hangul"):  # the family's name comes first
            pairs = product(kinds[kind]["family"], kinds[kind]["given"])
            whole = [between.join(pair) for pair in pairs]
        found += chance.sample(whole, count)
    chance.shuffle(found)
    return found
