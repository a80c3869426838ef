"""What our mails say."""

from typing import Final

from shared.auth.one_time_tokens import Purpose
from shared.mail.port import Mail

# The kinds that carry a token, and what it is for.
PURPOSES: Final[dict[str, Purpose]] = {"verify_email": "verify_email", "reset_password": "reset_password"}
_FOOT: Final = "\n\nUnaMentis\n"


def verify_email(recipient: str, public_url: str, token: str) -> Mail:
    """Ask whether an address is its owner's."""
    link = f"{public_url}/api/auth/verify-email?token={token}"
    text = f"Please confirm that this is your address:\n\n{link}\n\nIf you did not ask for this, do nothing."
    return Mail(recipient, "Confirm your e-mail address", text + _FOOT)


def reset_password(recipient: str, public_url: str, token: str) -> Mail:
    """Let somebody in who forgot their password. The token stands behind #, which no server ever sees or logs."""
    link = f"{public_url}/reset-password.html#token={token}"
    text = f"Set a new password within an hour:\n\n{link}\n\nIf you did not ask for this, do nothing."
    return Mail(recipient, "Set a new password", text + _FOOT)


def notice(kind: str, recipient: str) -> Mail:
    """Tell somebody what happened to their account.

    Raises: KeyError: there is no such notice.
    """
    subject, text = _NOTICES[kind]
    return Mail(recipient, subject, text + " If it was not you, ask your administrator for help at once." + _FOOT)


_NOTICES: Final = {
    "password_changed": ("Your password was changed", "The password of your account was changed."),
    "identity_linked": (
        "Another way to sign in",
        "Your account can be signed in to with Apple or Google from now on.",
    ),
    "email_changed": ("Your e-mail address was changed", "Your account has another e-mail address from now on."),
}
