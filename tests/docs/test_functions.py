from __future__ import annotations

from tests.docs.functions import PAGE, page
from vips_render.expr.functions import FUNCTIONS, KINDS, NAMES


def test_the_reference_is_what_the_table_says() -> None:
    """`python -m tests.docs.functions` has been run since the table changed."""
    assert PAGE.read_text() == page()


def test_every_function_has_an_example_and_names_of_its_own() -> None:
    """No name means two functions, whatever its kind, and each is shown at work."""
    spellings = [
        name for function in FUNCTIONS.values() for name in (function.name, *function.aliases)
    ]
    assert len(spellings) == len(NAMES)
    assert sum(map(len, KINDS)) == len(FUNCTIONS)
    assert all(function.examples for function in FUNCTIONS.values())
    for function in FUNCTIONS.values():
        assert any(
            word in example.source
            for example in function.examples
            for word in (f"{function.name}(", f"| {function.name}")
        ), function.name


def test_the_functions_of_a_peer_are_known_by_its_names() -> None:
    """Documents that come from Pictify keep their calls."""
    peers = """
        uppercase lowercase capitalize titleCase trim truncate replace split padStart padEnd
        round floor ceil abs min max sum average currency number percent date time
        length first last join slice contains indexOf
        isEmpty isNotEmpty isDefined isArray isString isNumber default coalesce json parseJson
    """
    assert set(peers.split()) <= set(NAMES)
