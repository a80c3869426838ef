"""Decisions about addresses, names and roles."""

import re
import unicodedata
from typing import Final

from shared.errors import InvalidInput
from shared.repositories.accounts import Account

MAX_EMAIL_CHARS: Final = 254  # RFC 5321, section 4.5.3.1.3, less the angle brackets
MAX_LOCAL_CHARS: Final = 64
_ADDRESS: Final = re.compile(r"""[^@\s"(),:;<>\[\\\]]+@(?:[^\W_](?:[^\W_]|-){0,62}\.)+[^\W_](?:[^\W_]|-){0,62}""")


def normal_email(text: str) -> str:
    """Return an address in the one spelling it is stored in: trimmed, NFKC, lower case.

    Raises: InvalidInput: not an address, longer than any address, or with a character that cannot be seen
        (`invalid_email`).
    """
    email = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text.strip()[: 2 * MAX_EMAIL_CHARS]).lower())
    local = email.partition("@")[0]
    # Cc, Cf, Cs, Co, Cn and every kind of blank: nobody sees the difference they make.
    unseen = any(unicodedata.category(c)[0] in "CZ" for c in email)
    too_long = len(email) > MAX_EMAIL_CHARS or len(local) > MAX_LOCAL_CHARS
    dotted = local.startswith(".") or local.endswith(".") or ".." in local
    if (
        unseen
        or too_long
        or dotted
        or not _ADDRESS.fullmatch(email)
        or email.endswith("-")
        or "-." in email.partition("@")[2]
    ):
        expected = "an e-mail address such as learner@school.example"
        raise InvalidInput(f"email: {expected}", code="invalid_email", details={"email": expected})
    return email


def chosen_name(name: str | None, email: str) -> str:
    """Return a new account's display name: what was given, in one line, or the address's local part."""
    return " ".join((name or "").split()) or email.partition("@")[0]


def account_name(account: Account) -> str:
    """Return the name an account is shown with, which is never empty."""
    return account.display_name or (account.email or "").partition("@")[0] or "Learner"


def account_role(account: Account) -> str:
    """Return the role as the web client knows it: owning a tenant of one's own is not administration."""
    return "admin" if account.role in {"admin", "owner"} and account.tenant_kind != "individual" else "user"
