from __future__ import annotations

import subprocess
import sys
from datetime import UTC, datetime

import pytest

from vips_render.expr.locales import LOCALES, writing_of
from vips_render.expr.text import compile_text
from vips_render.expr.values import Evaluation
from vips_render.limits import Limits

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC).timestamp()


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
    assert str(writing_of(tag).locale) == known


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


def say(source: str, locale: str, **data: object) -> object:
    return compile_text(source, Limits()).run(Evaluation(data, NOW, "UTC", locale))


@pytest.mark.parametrize(
    ("locale", "source", "result"),
    [
        ("ar-EG", "{{ 1234567.5 | number }}", "١٬٢٣٤٬٥٦٧٫٥"),  # noqa: RUF001 - digits of Arabic
        ("ar-EG", "{{ -12.5 | currency: 'EUR' }}", "\u200f\u061c-١٢٫٥٠\u00a0€"),  # noqa: RUF001 - digits of Arabic
        ("ar-EG", "{{ 0.25 | percent }}", "٢٥٪\u061c"),
        ("ar-EG", "{{ 12400 | compact }}", "١٢٫٤\u00a0ألف"),  # noqa: RUF001 - digits of Arabic
        ("ar-EG", "{{ '2026-03-01' | date: 'd/M/y' }}", "١/٣/٢٠٢٦"),  # noqa: RUF001 - digits of Arabic
        ("ar-EG", "{{ '2026-11-24' | relative }}", "خلال ٤ أيام"),
        ("ar-EG", "{{ names | listing: 2 }}", "Ada وBo و٢ آخرون"),
        ("ar-EG-u-nu-latn", "{{ 1234.5 | number }}", "1,234.5"),
        ("ar", "{{ -1234.5 | number }}", "\u200e-1,234.5"),
        ("ar-AE", "{{ 1234.5 | number }}", "1,234.5"),
        ("fa", "{{ 3 | ordinal }}", "۳."),
        ("bn", "{{ 1234567 | number }}", "১২,৩৪,৫৬৭"),
        ("th-TH-u-nu-thai", "{{ 42 | number }}", "๔๒"),
        ("sv", "{{ -5 | number }}", "−5"),  # noqa: RUF001 - the minus that Swedish has
        ("de", "{{ 'x9' | uppercase }}", "X9"),
    ],
)
def test_digits_and_signs_are_those_of_the_locale(locale: str, source: str, result: str) -> None:
    """Babel leaves 0 to 9 and the minus of a keyboard everywhere; CLDR does not."""
    assert say(source, locale, names=["Ada", "Bo", "C", "D"]) == result


@pytest.mark.parametrize(
    ("locale", "source", "result"),
    [
        ("de", "{{ 90 | duration: 2, 'narrow' }}", "1 Min., 30 Sek."),
        ("ja", "{{ 7500 | duration }}", "2 時間 5 分"),
        ("he", "{{ 7500 | duration }}", "שעתיים ו-5 דקות"),  # noqa: RUF001 - Hebrew letters
        ("ar", "{{ 7500 | duration }}", "ساعتان، و5 دقائق"),
        ("pt-BR", "{{ 7500 | duration }}", "2 horas e 5 minutos"),
        ("en", "{{ 98765 | duration: 4 }}", "1 day, 3 hours, 26 minutes, 5 seconds"),
        ("de", "{{ 12400 | compact }}", "12.400"),
        ("de", "{{ 996000 | compact }}", "996.000"),
        ("en", "{{ 999999 | compact }} {{ 12.34 | compact }}", "1M 12.3"),
        ("en", "{{ 999.96 | compact }}", "1,000"),
        ("en", "{{ 12340000000000000000 | compact }}", "12340000T"),
        ("hi", "{{ '2026-11-20' | relative }}", "आज"),
        ("sr-Latn-RS", "{{ '2026-11-20' | relative }}", "danas"),
        ("ar-EG-u-nu-latn", "{{ '2026-11-20' | relative }}", "اليوم"),
        ("de", "{{ names | listing: 3 }}", "Ada, Bo, C und 1 weitere"),
        ("it", "{{ names | listing: 2 }}", "Ada, Bo e altri 2"),
        ("sw", "{{ names | listing: 2 }}", "Ada, Bo na +2"),
        ("de", "{{ names | listing: 2, 'Person' }}", "Ada, Bo und 2 Person"),
    ],
)  # fmt: skip
def test_words_are_those_of_the_locale(locale: str, source: str, result: str) -> None:
    """What CLDR says by way of another length or style is found, and lists are counted on."""
    assert say(source, locale, names=["Ada", "Bo", "C", "D"]) == result


def test_every_language_writes_everything() -> None:
    """No language is without a number, a date or a list, nor shows a key of CLDR's tables."""
    from babel import localedata

    source = (
        "{{ -1234.5 | currency: 'EUR', 0 }}|{{ 1234.5 | number }}|{{ 0.5 | percent: 1 }}|"
        "{{ 12345 | compact }}|{{ 1 | ordinal }}|{{ '2026-03-01' | date: 'full' }}|"
        "{{ '2026-03-01T10:00:00Z' | time }}|{{ '2026-11-25' | relative }}|"
        "{{ 98765 | duration: 4 }}|{{ 98765 | duration: 3, 'short' }}|"
        "{{ 98765 | duration: 2, 'narrow' }}|{{ ['a', 'b', 'c'] | listing: 2 }}"
    )
    for tag in filter(str.isalpha, localedata.locale_identifiers()):
        parts = str(say(source, tag)).split("|")
        assert all(parts), tag
        assert "duration-" not in "".join(parts), tag
