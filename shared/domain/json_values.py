"""Tolerant readers of untyped JSON: what is not of the wanted kind counts as absent."""

from typing import Any, cast


def record_of(value: object) -> dict[str, Any]:
    """Return a JSON object, or an empty one."""
    return cast("dict[str, Any]", value) if isinstance(value, dict) else {}


def list_of(value: object) -> list[Any]:
    """Return a JSON array, or an empty one."""
    return cast("list[Any]", value) if isinstance(value, list) else []


def records_of(value: object) -> list[dict[str, Any]]:
    """Return the objects of a JSON array."""
    return [cast("dict[str, Any]", item) for item in list_of(value) if isinstance(item, dict)]


def text_of(value: object) -> str:
    """Return a string without surrounding white space, or an empty one."""
    return value.strip() if isinstance(value, str) else ""


def texts_of(value: object) -> list[str]:
    """Return the strings of a JSON array that are not blank."""
    return [text for item in list_of(value) if (text := text_of(item))]


def id_of(value: object) -> str:
    """Return an identifier, written plainly or as `{"catalog"?, "value"}`."""
    return text_of(record_of(value).get("value")) or text_of(value)


def integer_of(value: object) -> int | None:
    """Return a whole number, also one written as 3.0 or "3"."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return value
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, str) and value.strip().isascii() and value.strip().isdigit():
        return int(value)
    return None
