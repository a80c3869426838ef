"""The one spelling an e-mail address is stored and looked for in."""

import re
import unicodedata
from typing import Final

from shared.errors import InvalidInput

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
