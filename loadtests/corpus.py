"""What people ask for: signed links of the example templates, made with `origin.urls` alone."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from random import Random
from urllib.parse import quote_plus

from loadtests.shapes import delivered_at, opened_at, times_opened
from origin.urls.keyring import SigningKey
from origin.urls.link import Extension, Link
from origin.urls.path import sign

TEMPLATES = Path(__file__).parent.parent / "examples" / "templates"

GOOGLE = "Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)"
APPLE = "Mozilla/5.0"
YAHOO = "YahooMailProxy; https://help.yahoo.com/kb/yahoo-mail-proxy-SLN28749.html"
PROXIES = {APPLE: 50, GOOGLE: 38, YAHOO: 12}
"""User agents of the image proxies that stand before mailboxes, with their part of a send."""

FIRST = (
    *("Ada", "Bo", "Chloé", "Dmitri", "Elif", "Farid", "Grace", "Hana"),
    *("Ines", "Jürgen", "Kofi", "Linh", "María", "Noor", "Olga", "Priya"),
)
LAST = (
    "Adeyemi",
    "Brown",
    "Cohen",
    "Dubois",
    "Eriksson",
    "García",
    "Haddad",
    "Ito",
    "Kim",
    "Müller",
)
PLANS = ("Free", "Pro", "Team", "Enterprise")
FEATURES = ("Live dashboards", "Shared folders", "Automations", "Version history")


@dataclass(frozen=True, slots=True)
class Picture:
    """One link and what must come of it."""

    target: str
    extension: Extension
    size: tuple[int, int]


@dataclass(frozen=True, slots=True, order=True)
class Opening:
    """One look at a mail: when, in seconds since the send, through whose proxy, at what."""

    at_s: float
    agent: str
    picture: Picture


class Corpus:
    """Links that the holder of `key` signs; same key and same seed, same links."""

    def __init__(self, key: SigningKey, seed: int) -> None:
        self._key = key
        self._random = Random(seed)
        self._sizes = {path.stem: _size(path) for path in TEMPLATES.glob("*.json")}

    def send(self, recipients: int, seconds: float) -> list[Opening]:
        """Return every opening of a send to `recipients`, in order of time.

        Apple fetches at delivery, read or not; the others fetch when the mail is opened.
        """
        random, openings = self._random, []
        for number in range(recipients):
            picture = self._mail_picture(number)
            agent = random.choices(list(PROXIES), list(PROXIES.values()))[0]
            delivered_s = delivered_at(random, seconds)
            times = [opened_at(random, delivered_s, seconds) for _ in range(times_opened(random))]
            if agent == APPLE:
                times[0] = delivered_s
            openings += [Opening(at_s, agent, picture) for at_s in times]
        return sorted(openings)

    def app_pictures(self, count: int) -> list[Picture]:
        """Return the pictures of an app: one per member, shown wherever the member appears."""
        return [self._app_picture(number) for number in range(count)]

    def _mail_picture(self, number: int) -> Picture:
        random = self._random
        name = f"{random.choice(FIRST)} {random.choice(LAST)}"
        if number % 3 == 0:
            link = Link("renewal-banner", 1, "png", open=("first_name",), recipient=str(number))
            # As a mailer writes it, that knows UTF-8 and form encoding.
            return self._signed(link, f"?first_name={quote_plus(name.split()[0])}")
        values = {
            "name": name,
            "projects_count": random.randint(1, 999),
            "hours_saved": random.randint(1, 9999),
            "top_feature": random.choice(FEATURES),
            "plan": random.choice(PLANS),
            "initials": name[0],
        }
        return self._signed(Link("year-in-review", 1, "jpg", variables=values))

    def _app_picture(self, number: int) -> Picture:
        name = self._random.choice(FIRST)
        values = {"inviter": name, "code": f"{number:04}-20", "reward": "$20"}
        extension: Extension = "webp" if number % 2 else "jpg"
        return self._signed(Link("referral-poster", 1, extension, variables=values))

    def _signed(self, link: Link, query: str = "") -> Picture:
        return Picture(sign(link, self._key) + query, link.extension, self._sizes[link.template])


def _size(path: Path) -> tuple[int, int]:
    canvas = json.loads(path.read_text())["canvas"]
    return canvas["width"], canvas["height"]
