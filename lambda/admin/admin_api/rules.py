"""Decisions about what administrators ask for."""

from datetime import date
from typing import Final
from uuid import UUID

from shared.errors import InvalidInput

LONGEST_RANGE_DAYS: Final = 366


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


def days_of(first: date | None, last: date | None, today: date) -> tuple[date, date]:
    """Return the days a report covers; without a first one, from the beginning of the last one's month.

    Raises: InvalidInput: the last is before the first, or there are more than a year's.
    """
    last = last or today
    first = first or last.replace(day=1)
    if not 0 <= (last - first).days < LONGEST_RANGE_DAYS:
        expected = f"a day from first to {LONGEST_RANGE_DAYS - 1} days later"
        raise InvalidInput(f"last: {expected}", details={"last": expected})
    return first, last
