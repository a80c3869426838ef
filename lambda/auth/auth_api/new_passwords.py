"""Which new passwords are taken."""

from collections.abc import Iterable

from shared.auth.password_strength import weaknesses
from shared.errors import InvalidInput


def strong_enough(password: str, personal: Iterable[str], field: str) -> None:
    """Refuse a weak password.

    Args:
        personal: what others know about its owner. field: what the request calls it.
    Raises: InvalidInput: it is weak; the message says how to make it better (`weak_password`).
    """
    if suggestions := weaknesses(password, personal):
        text = "; ".join(suggestions)
        details = {"suggestions": text, field: "a stronger password"}
        raise InvalidInput(f"this password is too weak: {text}", code="weak_password", details=details)
