from __future__ import annotations

import subprocess
import sys

import pytest

from vips_render.expr.locales import LOCALES, locale_of
from vips_render.expr.text import compile_text
from vips_render.expr.values import Evaluation
from vips_render.limits import Limits


@pytest.mark.parametrize(
    ("tag", "known"),
    [
        ("", "en"),
        ("de-AT", "de_AT"),
        ("de_AT", "de_AT"),
        ("de-XX", "de"),
        ("zh-Hant-TW", "zh_Hant_TW"),
        ("pt-BR-x-private", "pt_BR"),
        ("tlh", "en"),
        ("no such", "en"),
        ("../../etc", "en"),
        ("\x00", "en"),
        ("e" * 10_000, "en"),
    ],
)
def test_the_nearest_locale_is_taken(tag: str, known: str) -> None:
    """What CLDR does not know in full is known by its language, or else is English."""
    assert str(locale_of(tag)) == known


def test_few_locales_are_kept() -> None:
    """However many locales links ask for, memory holds a few."""
    from babel import localedata

    price = compile_text("{{ 1234.5 | currency: 'EUR' }}{{ '2026-03-01' | date }}", Limits())
    for tag in localedata.locale_identifiers()[:150]:
        assert price.run(Evaluation({}, 0, "", tag.replace("_", "-")))
    assert len(localedata._cache) <= LOCALES + 4


def test_babel_is_loaded_when_it_is_first_needed() -> None:
    """A process that writes nothing in a locale does not pay for the tables of all."""
    program = (
        "import sys\n"
        "from vips_render.template.parse import parse_template\n"
        "from vips_render.expr.text import compile_text\n"
        "from vips_render.limits import Limits\n"
        "compile_text(\"{{ a * 2 | default: 1 }}{{ a | currency: 'EUR' }}\", Limits())\n"
        "compile_text('{{ a * 2 | truncate: 1 | upper }}', Limits()).evaluate({'a': 1})\n"
        "sys.exit('babel' in sys.modules)\n"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
