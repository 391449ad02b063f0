"""Type the properties of a document: a literal, or text with `{{ … }}` that gives one later.

An expression is compiled when the document is read. Its result must pass the very check that the
literal passes, after the language's own coercion ("42" is a number where one is wanted).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    Field,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    Strict,
    StringConstraints,
    ValidationError,
    ValidationInfo,
    ValidatorFunctionWrapHandler,
)
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import (
    CoreSchema,
    InitErrorDetails,
    PydanticCustomError,
    SchemaValidator,
    core_schema,
)

from vips_render.errors import ExpressionError, LimitExceeded
from vips_render.expr.color import read_color
from vips_render.expr.functions import NOW
from vips_render.expr.text import Expression, compile_text, has_expression
from vips_render.expr.values import MISSING, Evaluation, as_number, as_text, is_true
from vips_render.limits import Limits
from vips_render.template.sources import is_source


@dataclass(slots=True)
class Reading:
    """What validators need to know about the document that is being read.

    Attributes:
        limits: the engine's budgets.
        variables: names that an expression may read.
        known: property names by identity of the JSON object that they belong to, for suggestions.
    """

    limits: Limits
    variables: frozenset[str]
    known: dict[int, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Computed:
    """A property whose value comes from an expression."""

    expression: Expression
    coerce: Callable[[object], object] = field(compare=False, repr=False)
    check: SchemaValidator = field(compare=False, repr=False)

    def settler(self) -> Callable[[Evaluation], Any]:
        """Return what gives the literal for an evaluation.

        Raises:
            ValidationError: by what is returned; the result is nothing that the property allows.
            LimitExceeded: likewise; the expression ran out of budget.
        """
        validate, coerce = self.check.validate_python, self.coerce
        name, closure = self.expression.variable, self.expression.closure

        def settle_variable(run: Evaluation) -> Any:
            return validate(coerce(run.values.get(name, MISSING)))  # type: ignore[arg-type] # a name

        def settle(run: Evaluation) -> Any:
            return validate(coerce(closure(run)))

        return settle if name is None else settle_variable


@dataclass(frozen=True, slots=True)
class OrExpression:
    """Annotate a property: `literal` is its type, `coerce` prepares an expression's result."""

    literal: Any
    coerce: Callable[[object], object]

    def __get_pydantic_core_schema__(
        self, _source: object, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        """Validate text with `{{` by compiling it, anything else as the literal."""
        literal = handler.generate_schema(self.literal)
        check = SchemaValidator(literal)

        def validate(
            value: object, as_literal: ValidatorFunctionWrapHandler, info: ValidationInfo
        ) -> object:
            if isinstance(value, str) and has_expression(value):
                return Computed(_compile(value, info), self.coerce, check)
            return as_literal(value)

        def serialize(value: object, as_literal: Callable[[object], object]) -> object:
            return value.expression.source if isinstance(value, Computed) else as_literal(value)

        return core_schema.with_info_wrap_validator_function(
            validate,
            literal,
            serialization=core_schema.wrap_serializer_function_ser_schema(serialize),
        )

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        """Allow the literal or a text that holds an expression."""
        literal = handler(schema)
        if literal == {"type": "string"}:
            return literal
        return {"anyOf": [literal, {"type": "string", "pattern": r"\{\{"}]}


def _compile(source: str, info: ValidationInfo) -> Expression:
    """Compile a property, or report all that is wrong with it, undeclared variables too."""
    reading = info.context
    if not isinstance(reading, Reading):
        raise TypeError("documents are read by parse_template")
    found: Expression | ExpressionError
    faults: list[tuple[str, int]] = []
    try:
        found = compile_text(source, reading.limits)
    except ExpressionError as error:
        found = error
        faults = [(one.message, one.column) for one in (error, *error.others)]
    except LimitExceeded as error:
        raise PydanticCustomError("document", "{message}", {"message": str(error)}) from error
    faults += [
        (_undeclared(name, reading), column)
        for name, column in found.mentions
        if name not in reading.variables
    ]
    if isinstance(found, ExpressionError) or faults:
        details = [
            InitErrorDetails(type=_expression_fault(*fault), input=source) for fault in faults
        ]
        raise ValidationError.from_exception_data("expression", details)
    return found


def _expression_fault(message: str, column: int) -> PydanticCustomError:
    return PydanticCustomError("expression", "{message}", {"message": message, "column": column})


def _undeclared(name: str, reading: Reading) -> str:
    meant = suggestion(name, reading.variables) if name != NOW else "; 'now' in quotes is the clock"
    return f"the variable {name!r} is not declared{meant}"


def suggestion(word: str, known: Iterable[str]) -> str:
    """Return how to go on after an unknown word, as the end of a sentence."""
    names = sorted(known)
    if near := nearest(word, names):
        return f"; did you mean {near!r}?"
    return f"; known are {', '.join(names)}" if names else ""


def nearest(word: str, known: Iterable[str]) -> str | None:
    """Return which of `known` was probably meant."""
    return next(iter(get_close_matches(word, sorted(known), n=1)), None)


def is_language_tag(text: str) -> bool:
    """Tell whether `text` looks like a BCP 47 tag, or is empty."""
    return _LANGUAGE.fullmatch(text) is not None


def as_whole(value: object) -> object:
    """Return the whole number nearest to `value`, halves upwards, or None for no number."""
    number = as_number(value)
    return number if number is None or isinstance(number, int) else int((number + 0.5) // 1)


def _require_color(text: str) -> str:
    if read_color(text) is None:
        raise PydanticCustomError(
            "document",
            "is no colour; write a CSS name, #rgb, #rrggbb, #rrggbbaa, rgb(), rgba() or hsl()",
        )
    return text


def _number(smallest: float, largest: float) -> Any:
    return Annotated[float, Strict(), Field(ge=smallest, le=largest, allow_inf_nan=False)]


def _whole(smallest: int, largest: int) -> Any:
    return Annotated[int, Strict(), Field(ge=smallest, le=largest)]


def _require_source(text: str) -> str:
    source = text.strip()
    if source and not is_source(source):
        raise PydanticCustomError("document", "must be an http(s) URL or the name of an asset")
    return source


Str = Annotated[str, Strict()]
ColorName = Annotated[
    str, Strict(), AfterValidator(_require_color), Field(json_schema_extra={"format": "color"})
]
"""Editors know the format `color` and show a picker."""
LANGUAGE_PATTERN = r"^([A-Za-z]{2,3}([-_][A-Za-z0-9]{1,8}){0,4})?$"
_LANGUAGE = re.compile(LANGUAGE_PATTERN)
LanguageTag = Annotated[str, Strict(), StringConstraints(pattern=LANGUAGE_PATTERN)]

_FARTHEST_PX = 16_000  # twice the longest canvas: far enough to slide in, too near to fill memory

Flag = Annotated[bool | Computed, OrExpression(Annotated[bool, Strict()], is_true)]
FEATURE_PATTERN = r"^-?[A-Za-z0-9]{4}$"
Feature = Annotated[
    str | Computed,
    OrExpression(Annotated[str, Strict(), StringConstraints(pattern=FEATURE_PATTERN)], as_text),
]
Source = Annotated[
    str | Computed,
    OrExpression(Annotated[str, Strict(), AfterValidator(_require_source)], as_text),
]
Text = Annotated[str | Computed, OrExpression(Str, as_text)]
Color = Annotated[str | Computed, OrExpression(ColorName, as_text)]
Language = Annotated[str | Computed, OrExpression(LanguageTag, as_text)]
Coordinate = Annotated[
    float | Computed, OrExpression(_number(-_FARTHEST_PX, _FARTHEST_PX), as_number)
]
Extent = Annotated[float | Computed, OrExpression(_number(0, _FARTHEST_PX), as_number)]
Fraction = Annotated[float | Computed, OrExpression(_number(0, 1), as_number)]
Angle = Annotated[float | Computed, OrExpression(_number(-3600, 3600), as_number)]
Reach = Annotated[float | Computed, OrExpression(_number(0.01, 10), as_number)]
FontSize = Annotated[float | Computed, OrExpression(_number(1, 2000), as_number)]
Weight = Annotated[int | Computed, OrExpression(_whole(1, 1000), as_whole)]
Factor = Annotated[float | Computed, OrExpression(_number(0.1, 5), as_number)]
Near = Annotated[float | Computed, OrExpression(_number(0, 200), as_number)]
LineHeight = Annotated[float | Computed, OrExpression(_number(0.1, 10), as_number)]
Spacing = Annotated[float | Computed, OrExpression(_number(-200, 200), as_number)]
LineCount = Annotated[int | Computed, OrExpression(_whole(0, 1000), as_whole)]

AlignName = Literal["left", "center", "right", "start", "end"]
VerticalAlignName = Literal["top", "middle", "bottom"]
TextFitName = Literal["fixed", "shrink", "grow", "width"]
WrapName = Literal["normal", "balance"]
LetterCaseName = Literal["none", "upper", "lower", "title"]
FiguresName = Literal["normal", "tabular"]
ShapeName = Literal["rectangle", "ellipse", "line"]
ImageFitName = Literal["cover", "contain"]
MaskName = Literal["none", "circle"]

Align = Annotated[AlignName | Computed, OrExpression(AlignName, as_text)]
VerticalAlign = Annotated[VerticalAlignName | Computed, OrExpression(VerticalAlignName, as_text)]
TextFit = Annotated[TextFitName | Computed, OrExpression(TextFitName, as_text)]
LetterCase = Annotated[LetterCaseName | Computed, OrExpression(LetterCaseName, as_text)]
Figures = Annotated[FiguresName | Computed, OrExpression(FiguresName, as_text)]
Wrap = Annotated[WrapName | Computed, OrExpression(WrapName, as_text)]
Shape = Annotated[ShapeName | Computed, OrExpression(ShapeName, as_text)]
ImageFit = Annotated[ImageFitName | Computed, OrExpression(ImageFitName, as_text)]
Mask = Annotated[MaskName | Computed, OrExpression(MaskName, as_text)]
