"""Match values against a document's patterns in linear time.

Patterns are run by the Rust `regex` engine inside pydantic-core: it never backtracks, knows no
look-around and no back-references, and bounds the size of what it compiles. So no pattern and no
value can stall a picture, and no further library is needed.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Annotated

from pydantic import AfterValidator, Strict, StringConstraints
from pydantic_core import (
    PydanticCustomError,
    SchemaError,
    SchemaValidator,
    core_schema,
)


@lru_cache(maxsize=512)
def compile_pattern(pattern: str) -> Callable[[str], bool]:
    """Return a predicate that tells whether a whole text matches `pattern`.

    Raises:
        ValueError: not a pattern of the engine; the message says where.
    """
    try:
        # The pattern is compiled alone as well, or "a)|(b" would pass as two halves.
        SchemaValidator(core_schema.str_schema(pattern=pattern, regex_engine="rust-regex"))
        whole = SchemaValidator(
            core_schema.str_schema(pattern=f"^(?:{pattern})$", regex_engine="rust-regex")
        )
    except SchemaError as error:
        raise ValueError(str(error).splitlines()[-1].strip()) from error
    return whole.isinstance_python


def _require_pattern(pattern: str) -> str:
    try:
        compile_pattern(pattern)
    except ValueError as error:
        raise PydanticCustomError(
            "document", "is no pattern: {reason}", {"reason": str(error)}
        ) from error
    return pattern


Pattern = Annotated[
    str, Strict(), StringConstraints(max_length=500), AfterValidator(_require_pattern)
]
