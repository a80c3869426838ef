"""Decisions about what administrators ask for."""

from uuid import UUID

from shared.errors import InvalidInput


def wanted_id(text: str | None, field: str) -> str | None:
    """Return an id to look for, None where none was given.

    Raises: InvalidInput: not an id.
    """
    if text is None:
        return None
    try:
        return str(UUID(text))
    except ValueError:
        raise InvalidInput(f"{field}: expected an id", details={field: "expected an id"}) from None
