"""Functions for lists, most of which do for text too."""

from __future__ import annotations

from vips_render.expr.arithmetic import is_equal
from vips_render.expr.functions.function import Example, Rows, whole_of
from vips_render.expr.functions.texts import letters_of
from vips_render.expr.functions.words import OTHERS
from vips_render.expr.locales import enumerated, language_of, writing_of
from vips_render.expr.values import (
    MISSING,
    Evaluation,
    is_absent,
    listed_within,
    step_into,
    text_of,
)

LISTS = Rows(
    "Lists", "Places are counted from 0. Where a text is given, its letters are the items."
)

Items = list[object]


def _items(run: Evaluation, value: object) -> Items | list[str]:
    if isinstance(value, (list, tuple)):
        listed_within(run, value)
        return list(value)
    return letters_of(run, text_of(run, value))


def _length(run: Evaluation, value: object) -> object:
    return len(value) if isinstance(value, dict) else len(_items(run, value))


def _first(run: Evaluation, value: object) -> object:
    items = _items(run, value)
    return items[0] if items else MISSING


def _last(run: Evaluation, value: object) -> object:
    items = _items(run, value)
    return items[-1] if items else MISSING


def _join(run: Evaluation, value: object, separator: object = ", ") -> object:
    if not isinstance(value, (list, tuple)):
        return text_of(run, value)
    listed_within(run, value)
    between = text_of(run, separator)
    run.spend(len(value) * len(between) // 64)
    return between.join([text_of(run, item) for item in value])


def _slice(run: Evaluation, value: object, start: object, end: object = None) -> object:
    items = _items(run, value)
    to = None if end is None or end is MISSING else whole_of(end)
    part = items[whole_of(start) : to]
    return part if isinstance(value, (list, tuple)) else "".join(map(str, part))


def _contains(run: Evaluation, value: object, wanted: object) -> object:
    if isinstance(value, (list, tuple)):
        return any(is_equal(run, item, wanted) for item in value)
    if isinstance(value, dict):
        return isinstance(wanted, str) and wanted in value
    return text_of(run, wanted) in text_of(run, value)


def _index_of(run: Evaluation, value: object, wanted: object) -> object:
    if isinstance(value, (list, tuple)):
        places = (place for place, item in enumerate(value) if is_equal(run, item, wanted))
        return next(places, -1)
    whole, part = text_of(run, value), text_of(run, wanted)
    found = whole.find(part)
    return found if found < 0 else len(letters_of(run, whole[:found]))


def _pluck(run: Evaluation, value: object, key: object) -> object:
    if not isinstance(value, (list, tuple)):
        return MISSING
    listed_within(run, value)
    return [step_into(item, key) for item in value]


def _reverse(run: Evaluation, value: object) -> object:
    items = _items(run, value)
    return items[::-1] if isinstance(value, (list, tuple)) else "".join(map(str, items[::-1]))


def _range(run: Evaluation, start: object, end: object) -> object:
    first, last = whole_of(start), whole_of(end)
    if last - first >= run.most_items:
        listed_within(run, [None] * (run.most_items + 1))
    numbers = list(range(first, last + 1))
    run.spend(len(numbers))
    return numbers


def _listing(
    run: Evaluation, value: object, most: object = 0, one: object = None, many: object = None
) -> object:
    if not isinstance(value, (list, tuple)):
        return text_of(run, value)
    listed_within(run, value)
    texts = [text for item in value if (text := text_of(run, item))]
    shown = whole_of(most)
    left = len(texts) - shown
    if shown > 0 and left > 0:
        texts = [*texts[:shown], _rest(run, left, one, many)]
    run.spend(len(texts) * 2)
    if sum(map(len, texts)) > run.most_chars:
        return _join(run, texts)
    return enumerated(writing_of(run.locale).locale, texts, "standard")


def _rest(run: Evaluation, left: int, one: object, many: object) -> str:
    """Count those that are not named; `many` goes for one where `one` is not said."""
    count = writing_of(run.locale).numerals(str(left))
    word = one if left == 1 or is_absent(many) else many
    if not is_absent(word):
        return f"{count} {text_of(run, word)}"
    return OTHERS.get(language_of(run.locale), ("+{}", "+{}"))[left > 1].format(count)


LISTS.add(
    *("length", "list", "How many items or letters there are.", _length),
    *(Example("{{ length(['a', 'b']) }}", "2"), Example("{{ 'Zoë' | length }}", "3")),
    aliases="size count",
)
LISTS.add(
    *("first", "list", "The first item.", _first),
    Example("{{ names | first }}", "Ada", data={"names": ["Ada", "Bo"]}),
)
LISTS.add(
    *("last", "list", "The last item.", _last),
    Example("{{ names | last }}", "Bo", data={"names": ["Ada", "Bo"]}),
)
LISTS.add(
    *("join", "list, [separator]", "The items as one text, commas between when not given.", _join),
    Example("{{ ['a', 'b'] | join: ' · ' }}", "a · b"),
)
LISTS.add(
    "slice",
    "list, start, [end]",
    "The items from `start` up to `end`, which is left out; negative ones count from the end.",
    _slice,
    Example("{{ slice('Signet', 0, 3) }}", "Sig"),
    Example("{{ [1, 2, 3] | slice: -2 }}", "[2,3]"),
)
LISTS.add(
    *(
        "contains",
        "list, item",
        "Whether an item, a member or a piece of text is there.",
        _contains,
    ),
    Example("{{ plan | contains: 'pro' }}", "true", data={"plan": "pro-annual"}),
    aliases="includes",
)
LISTS.add(
    *("index_of", "list, item", "Where the item is first; -1 when it is not there.", _index_of),
    Example("{{ index_of(['a', 'b'], 'b') }}", "1"),
    aliases="indexOf",
)
LISTS.add(
    *("pluck", "list, member", "One member of each object of a list.", _pluck),
    Example(
        "{{ sum(pluck(cart, 'price')) }}", "7.5", data={"cart": [{"price": 5}, {"price": 2.5}]}
    ),
)
LISTS.add(
    *("reverse", "list", "The items, the last first.", _reverse),
    Example("{{ reverse([1, 2, 3]) }}", "[3,2,1]"),
)
LISTS.add(
    *("range", "from, to", "The whole numbers between two, both included.", _range),
    Example("{{ for n in range(1, 3) }}{{ n }}.{{ endfor }}", "1.2.3."),
)
LISTS.add(
    "listing",
    "list, [most], [one], [many]",
    "The items as a sentence names them. Beyond `most` they are counted, in many languages with a "
    "word for others, or with your words.",
    _listing,
    Example("{{ listing(['Ada', 'Bo', 'Cy']) }}", "Ada, Bo, and Cy"),
    Example(
        "{{ friends | listing: 2 }}",
        "Ada, Bo, and 3 others",
        data={"friends": ["Ada", "Bo", "C", "D", "E"]},
    ),
    Example(
        "{{ friends | listing: 2 }}",
        "Ada, Bo et 3 autres",
        locale="fr",
        data={"friends": ["Ada", "Bo", "C", "D", "E"]},
    ),
    Example(
        "{{ friends | listing: 2, 'Person', 'Personen' }}",
        "Ada, Bo und 3 Personen",
        locale="de",
        data={"friends": ["Ada", "Bo", "C", "D", "E"]},
    ),
    aliases="sentence",
    reads_locale=True,
)
