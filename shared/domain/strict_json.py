"""JSON that means the same to every parser. Pure."""

import json
from typing import Any, Final, cast

import msgspec

from shared.errors import InvalidInput

# Objects and arrays inside one another; what goes through a value is never near the interpreter's own limit.
DEEPEST: Final = 100


def parse_json(data: bytes, what: str = "the body") -> Any:  # noqa: ANN401  any JSON
    """Return the value of a JSON text.

    Args:
        what: is not JSON, as the message says it.
    Raises: InvalidInput: not JSON in UTF-8, or nested too deeply (`invalid_json`), or an object names a field twice.
    """
    try:
        value: object = msgspec.json.decode(data)
        # Two parsers may each take another of two values; whoever looks in front of us must not see less than we do.
        json.loads(data, object_pairs_hook=_once_each)
    except (msgspec.DecodeError, ValueError, RecursionError):
        raise InvalidInput(f"{what} must be JSON in UTF-8", code="invalid_json") from None
    if data.count(b"[") + data.count(b"{") > DEEPEST and _is_deep(value):
        raise InvalidInput(f"{what} must not be nested more than {DEEPEST} levels deep", code="invalid_json")
    return value


def _is_deep(value: object) -> bool:
    """Tell whether a value is nested too deeply, level by level."""
    level = [value]
    for _ in range(DEEPEST):
        level = [inner for outer in level for inner in _parts(outer) if isinstance(inner, (dict, list))]
        if not level:
            return False
    return True


def _parts(value: object) -> list[object]:
    if isinstance(value, dict):
        return list(cast("dict[str, object]", value).values())
    return cast("list[object]", value) if isinstance(value, list) else []


def _once_each(pairs: list[tuple[str, Any]]) -> None:
    """Refuse an object that names a field twice."""
    names = [name for name, _ in pairs]
    if len(set(names)) < len(names):
        twice = next(name for name in names if names.count(name) > 1)
        name = twice.replace("\x00", "")[:64] or "body"
        raise InvalidInput(f"{name}: given more than once", details={name: "given once"})
