from __future__ import annotations

import builtins

from aiohttp import web

from origin.errors import ANSWERS, SettingsRefused, answer_to
from origin.urls import errors as urls_errors
from origin.urls.errors import LinkRefused


def test_every_row_names_an_error_that_exists() -> None:
    """Rows are names, so each must still be the name of something."""
    for name in ANSWERS:
        assert any(hasattr(home, name) for home in (urls_errors, web, builtins)), name


def test_refused_links_are_forbidden_without_a_reason() -> None:
    """A refusal is 403, and its public sentence is the same whatever was wrong."""
    answer = answer_to(LinkRefused("revoked-key", "key k1 is revoked"))
    assert answer.status == 403
    assert "key" not in answer.sentence.lower()


def test_unnamed_errors_are_answered_like_their_ancestor() -> None:
    """Nothing falls through: a stranger is an internal error, an HTTP one a bad request."""
    assert answer_to(SettingsRefused(("x",))).status == 500
    assert answer_to(KeyError("x")).slug == "internal"
    assert answer_to(web.HTTPConflict()).slug == "bad-request"
    assert answer_to(web.HTTPNotFound()).status == 404
