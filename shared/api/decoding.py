"""Bodies and queries into models, with errors that name the field and what was expected."""

from collections.abc import Mapping
from typing import Any, TypeVar, cast

import msgspec

from shared.domain.strict_json import parse_json
from shared.errors import InvalidInput

T = TypeVar("T")


def decode_body(body: bytes, model: type[T]) -> T:
    """Decode a JSON body; an empty one counts as `{}`, and null as absent where the model allows None.

    Raises: InvalidInput: not JSON (`invalid_json`), or a field is missing, given twice, of the wrong type or holds a
        NUL.
    """
    raw: object = parse_json(body or b"{}")
    if b"\\u0000" in body:
        _refuse_nul(raw, "")
    return _convert(raw, model, strict=True)


def decode_query(query: Mapping[str, str], model: type[T]) -> T:
    """Decode query parameters; an empty value counts as absent.

    Raises: InvalidInput: a parameter has the wrong type or holds a NUL.
    """
    given = {name: value for name, value in query.items() if value}
    _refuse_nul(given, "")
    return _convert(given, model, strict=False)


def _convert(raw: object, model: type[T], *, strict: bool) -> T:
    try:
        return msgspec.convert(raw, model, strict=strict)
    except msgspec.ValidationError as exc:
        field, expected = _field_and_expectation(str(exc).replace("`", ""))
        raise InvalidInput(f"{field}: {expected}", details={field: expected}) from None


def _field_and_expectation(message: str) -> tuple[str, str]:
    """Split msgspec's sentence, such as "Expected str, got int - at $.email"."""
    expected, _, where = message.partition(" - at $")
    field = where.lstrip(".")
    missing = expected.removeprefix("Object missing required field ")
    if missing != expected:
        return f"{field}.{missing}".lstrip("."), "required"
    return field or "body", expected


def _refuse_nul(value: object, field: str) -> None:
    if isinstance(value, str):
        if "\x00" in value:
            name = field or "body"
            raise InvalidInput(f"{name}: must not contain NUL", details={name: "must not contain NUL"})
    elif isinstance(value, dict):
        for key, item in cast("dict[str, Any]", value).items():
            _refuse_nul(key, field or "body")
            _refuse_nul(item, f"{field}.{key}".lstrip("."))
    elif isinstance(value, list):
        for index, item in enumerate(cast("list[Any]", value)):
            _refuse_nul(item, f"{field}[{index}]")
