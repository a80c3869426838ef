"""What a client is told of an event that cannot be taken."""

import re
from typing import Final

import msgspec

from shared.errors import AppError, BudgetExhausted, InvalidInput, RateLimited, Unavailable

_PLACE: Final = re.compile(r"^(?P<reason>.*?)(?: - at `\$\.?(?P<path>[^`]*)`)?$", re.DOTALL)
_UNKNOWN: Final = re.compile(r"^Object contains unknown field `(?P<field>[^`]*)`$")
_MISSING: Final = re.compile(r"^Object missing required field `(?P<field>[^`]*)`$")


def refused(code: str, message: str, param: str = "") -> InvalidInput:
    """Return the refusal of an event.

    Args: param: the field it is about, as a path within the event.
    """
    return InvalidInput(message, code=code, details={"param": param} if param else {})


def refusal_of(error: msgspec.ValidationError, prefix: str = "") -> InvalidInput:
    """Return the refusal of something that does not fit its model, naming the field and what was expected of it.

    Args: prefix: where the model stands within the event.
    """
    found = _PLACE.match(str(error))
    reason, path = (found["reason"], found["path"] or "") if found else (str(error), "")
    place = ".".join(part for part in (prefix, path) if part)
    if unknown := _UNKNOWN.match(reason):
        param = _joined(place, unknown["field"])
        return refused("unknown_parameter", f"Unknown parameter: '{param}'.", param)
    if missing := _MISSING.match(reason):
        param = _joined(place, missing["field"])
        return refused("missing_required_parameter", f"Missing required parameter: '{param}'.", param)
    return refused("invalid_value", f"Invalid value: '{place}'. {reason.replace('`', '')[:200]}.", place)


def kind_of(error: AppError) -> str:
    """Return the kind of an error in the words of the Realtime API."""
    if isinstance(error, BudgetExhausted):
        return "insufficient_quota"
    if isinstance(error, RateLimited):
        return "rate_limit_error"
    return "server_error" if isinstance(error, Unavailable) else "invalid_request_error"


def _joined(place: str, field: str) -> str:
    return f"{place}.{field}" if place else field
