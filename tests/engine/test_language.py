from __future__ import annotations

from typing import Any

import pytest

from tests.engine.documents import CARD
from vips_render.errors import TemplateError
from vips_render.expr.text import compile_text
from vips_render.expr.values import MISSING
from vips_render.limits import Limits
from vips_render.scene import model as scene
from vips_render.scene.resolve import alt_text, resolve
from vips_render.template.parse import parse_template

DATA = {
    "price": 12.5,
    "count": 3,
    "text": "12",
    "name": "Ada",
    "no": "no",
    "tags": ["a", "b", "c"],
    "cart": [{"title": "Tea", "price": 4.5}, {"title": "Cup", "price": 18}],
    "zero": 0.0,
    "tiny": 1e-5,
    "large": 1e22,
}


def value_of(source: str) -> object:
    return compile_text(source, Limits()).evaluate(DATA)


@pytest.mark.parametrize(
    ("source", "value"),
    [
        ("{{ 1 + 2 * 3 }}", 7),
        ("{{ (1 + 2) * 3 }}", 9),
        ("{{ 10 - 4 - 3 }}", 3),
        ("{{ -count - -1 }}", -2),
        ("{{ 7 / 2 }}", 3.5),
        ("{{ 8 / 2 }}", 4),
        ("{{ 7 % 3 }}", 1),
        ("{{ -1 % 12 }}", 11),
        ("{{ 0.1 + 0.2 }}", 0.3),
        ("{{ 0.3 / 0.1 }}", 3.0),
        ("{{ 1 / 3 * 3 == 1 }}", True),
        ("{{ floor(1 / 3 * 3) }}", 1),
        ("{{ 1.1 * 1.1 }} {{ 1 / 3 }}", "1.21 0.333333333333333"),
        ("{{ 1 / 0 }}", MISSING),
        ("{{ nope + 1 }}", MISSING),
        ("{{ name * 2 }}", MISSING),
        ("{{ text * 2 }}", 24),
        ("{{ text + 2 }}", "122"),
        ("{{ name + ' ' + nope }}", "Ada "),
        ("{{ 1760 - count * 20 }}", 1700),
        ("{{ count > 2 and price < 20 }}", True),
        ("{{ count > 2 && !(price < 20) }}", False),
        ("{{ not count > 5 or nope }}", True),
        ("{{ no || 'there' }}", "there"),
        ("{{ name && count }}", 3),
        ("{{ text == 12 }}", True),
        ("{{ text == '12.0' }}", False),
        ("{{ '9' < '10' }}", True),
        ("{{ '2026-03-01' < '2026-11-20' }}", True),
        ("{{ name < 5 }}", False),
        ("{{ nope == null }}", True),
        ("{{ nope == '' }}", False),
        ("{{ true == 1 }}", False),
        ("{{ tags == ['a', 'b', 'c'] }}", True),
        ("{{ count != 3 }}", False),
        ("{{ count >= 3 ? 'many' : 'few' }}", "many"),
        ("{{ nope ? 1 : zero ? 2 : 3 }}", 3),
        ("{{ count > 1 ? name : 'x' | uppercase }}", "ADA"),
        ("{{ price * 2 | round | pad_start: 5, '0' }}", "00025"),
        ("{{ nope ?? price * 2 }}", 25.0),
        ("{{ tags[count - 1] }}", "c"),
        ("{{ tags[zero] }}", "a"),
        ("{{ tags[-1] }}", MISSING),
        ("{{ ['x', name][1] }}", "Ada"),
        ("{{ [] }}", []),
        ("{{ -name.length ?? 'none' }}", "none"),
        ("{{ titleCase('ada b') + upper('c') }}", "Ada BC"),
        ("{{ if count > 2 }}many{{ elif count }}few{{ else }}none{{ endif }}", "many"),
        ("{{ if nope }}x{{ else if no }}y{{ else }}z{{ endif }}!", "z!"),
        ("{{ if nope }}x{{ endif }}", ""),
        ("{{ for t in tags }}{{ t }}{{ if not loop.last }}-{{ endif }}{{ endfor }}", "a-b-c"),
        ("{{ for i in cart }}{{ loop.index }}/{{ loop.length }} {{ i.title }} {{ endfor }}",
         "1/2 Tea 2/2 Cup "),
        ("{{ for t in nope }}x{{ else }}none{{ endfor }}", "none"),
        ("{{ for t in name }}x{{ endfor }}", ""),
        ("{{ for name in tags }}{{ name }}{{ endfor }}{{ name }}", "abcAda"),
        ("{{ for a in tags }}{{ for b in tags }}{{ a }}{{ b }} {{ endfor }}{{ a }}{{ endfor }}",
         "aa ab ac aba bb bc bca cb cc c"),
        ("{{ for a in tags }}{{ for loop in tags }}{{ loop }}{{ endfor }}{{ loop.index }}"
         "{{ endfor }}", "abc1abc2abc3"),
        ("{{ tags | join: '' | pad_end: 5, '.' }}", "abc.."),
        ("{{ 'Wolfgang' | truncate: 2, '...' }}", ".."),
        ("{{ 'Wolfgang' | truncate: 4, '...' }}", "W..."),
        ("{{ 'Wolfgang' | truncate: nope }}", "Wolfgang"),
        ("{{ 'Wolfgang' | truncate: 0 }}", ""),
        ("{{ [] | default: tags }}", ["a", "b", "c"]),
        ("{{ zero | default: 1 }}", 0.0),
        ("{{ 'new\nyear\u00a0(sale) “now” ¿qué 1st' | title_case }}",
         "New\nYear\u00a0(Sale) “Now” ¿Qué 1st"),
        ("{{ 'ADA\tLOVELACE  KING' | name_case }}", "Ada\tLovelace  King"),
        ("{{ zero + 1 }} {{ zero + 1 | pluralise: 'point', 'points' }}", "1 point"),
        ("{{ zero + 1.5 | pluralise: 'point', 'points' }}", "points"),
        ("{{ mix('transparent', 'white') }}", "#ffffff80"),
        ("{{ mix('#ff000080', '#0000ff80', 25) }}", "#bf004080"),
        ("{{ mix('transparent', '#12345600') }}", "#091a2b00"),
        ("{{ '“anna”' | capitalize }}", "“Anna”"),
        ("{{ tiny }} {{ large }} {{ tiny + 0 }}", "0.00001 10000000000000000000000 0.00001"),
    ],
)  # fmt: skip
def test_the_language_computes_chooses_and_repeats(source: str, value: object) -> None:
    """Operators, blocks and both dialects mean what the templates page says."""
    found = value_of(source)
    assert found == value
    assert type(found) is type(value)


def test_what_a_loop_names_is_no_variable() -> None:
    """Mentions are variables of the document alone; a name is hidden only inside its loop."""
    expression = compile_text(
        "{{ for name in cart }}{{ name.price + extra }}{{ loop.index }}{{ endfor }}{{ name }}",
        Limits(),
    )
    assert expression.mentions == (("cart", 16), ("extra", 39), ("name", 78))
    assert not expression.reads_clock
    assert not expression.reads_locale


def pictured(source: str, **variable: Any) -> dict[str, Any]:
    """Return a document whose picture comes from `source`, with an open variable `v`."""
    own = {"type": "text", "open": True, "default": "x"} | variable
    picture = {"name": "p", "kind": "image", "source": source, "box": {"width": 9, "height": 9}}
    variables = {"v": own, "cdn": {"type": "text"}, "pro": {"type": "boolean", "open": True}}
    return {**CARD, "variables": variables, "layers": [picture], "layouts": {}, "alt": ""} | {
        "expired": None
    }


IMAGE = {"type": "image", "hosts": ["cdn.example.com"], "default": "assets/x.png"}


@pytest.mark.parametrize(
    ("source", "variable"),
    [
        ("{{ v }}", IMAGE),
        ("{{ v ?? 'assets/nobody.png' }}", IMAGE),
        ("{{ pro ? v : cdn }}", IMAGE),
        ("{{ v | default: cdn }}", IMAGE),
        ("{{ v ? 'assets/a.png' : 'assets/b.png' }}", {}),
        ("{{ if v == 'gold' }}assets/gold.png{{ else }}assets/plain.png{{ endif }}", {}),
        ("https://cdn.example.com/{{ v | lowercase }}.png", {}),
        ("assets/{{ for t in split(v) }}{{ t }}{{ endfor }}.png", {}),
    ],
)
def test_an_open_slot_may_decide_between_hosts_of_the_document(
    source: str, variable: dict[str, Any]
) -> None:
    """What is only asked about, or stands as it is and is held to hosts, is no danger."""
    parse_template(pictured(source, **variable))


@pytest.mark.parametrize(
    ("source", "variable"),
    [
        ("{{ v }}", {}),
        ("{{ v + '.evil.example' }}", IMAGE),
        ("{{ replace(v, 'cdn.example.com', 'evil.example') }}", IMAGE),
        ("{{ v | slice: 8 }}", IMAGE),
        ("{{ v or cdn | lowercase }}", IMAGE),
        ("{{ [v][0] }}", IMAGE),
        ("{{ if pro }}{{ v }}{{ endif }}", IMAGE),
        ("{{ if pro }}https://{{ v }}{{ endif }}", {}),
        ("{{ for t in split(v) }}{{ t }}{{ endfor }}", {}),
        ("{{ for t in [v] }}{{ t }}{{ endfor }}", {}),
        ("{{ cdn ?? v }}", {}),
        ("{{ pro && v }}", {}),
        ("{{ json(v) }}", {}),
    ],
)
def test_an_open_slot_may_not_choose_a_host(source: str, variable: dict[str, Any]) -> None:
    """Nothing that the language makes of a slot gets to the place of a host."""
    with pytest.raises(TemplateError, match="could name any host"):
        parse_template(pictured(source, **variable))


def drawn(text: str, *, template_locale: str = "", **options: Any) -> tuple[str, bool]:
    """Return the text of a layer without variables, and whether it is personal."""
    layer = {"name": "t", "kind": "text", "text": text, "font": {"family": "Inter", "size": 9}}
    document = {
        "name": "one",
        "canvas": {"width": 9, "height": 9},
        "locale": template_locale,
        "layers": [{**layer, "box": {"width": 9, "height": 9}}],
    }
    (made,) = resolve(parse_template(document), {}, **options).scene.layers
    assert isinstance(made, scene.TextLayer)
    return made.text, made.personal


def test_what_is_written_in_a_locale_follows_the_link_then_the_document() -> None:
    """A layer that writes in a locale is drawn for each; one that only computes is shared."""
    price = "{{ 1234.5 | currency: 'EUR' }}"
    assert drawn(price) == ("€1,234.50", True)
    assert drawn(price, template_locale="de") == ("1.234,50\u00a0€", True)
    assert drawn(price, template_locale="de", locale="fr")[0] == "1\u202f234,50\u00a0€"
    assert drawn(price, template_locale="de", locale="no such!")[0] == "1.234,50\u00a0€"
    assert drawn(price, locale="tlh-Latn-AQ")[0] == "€1,234.50"
    assert drawn("{{ 3 * 4 }}", locale="fr") == ("12", False)
    moment = "{{ '2026-03-01T23:30:00Z' | date: 'd' }}"
    assert drawn(moment, timezone="Asia/Tokyo") == ("2", True)


def test_alternative_text_is_written_in_the_locale() -> None:
    """What `alt` says follows the same locale."""
    card = parse_template({**CARD, "alt": "{{ score | number: 1 }}", "locale": "de"})
    assert alt_text(card, {"score": 7}) == "7,0"
    assert alt_text(card, {"score": 7}, locale="en") == "7.0"
