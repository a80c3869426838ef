"""The one spelling an e-mail address is stored and looked for in."""

import re
import unicodedata
from typing import Final

from shared.errors import InvalidInput

MAX_EMAIL_CHARS: Final = 254  # RFC 5321, section 4.5.3.1.3, less the angle brackets
MAX_LOCAL_CHARS: Final = 64
_ADDRESS: Final = r"""[^@\s"(),:;<>\[\\\]]+@(?:[^\W_](?:[^\W_]|-){0,62}\.)+[^\W_](?:[^\W_]|-){0,62}"""

# Alphabets that are written together.
_EAST_ASIAN: Final = frozenset({"CJK", "HIRAGANA", "KATAKANA", "HANGUL", "LATIN"})
# Letters of Cyrillic and Greek that look like Latin ones; a word of nothing else pretends to be Latin.
_LOOK_LATIN: Final = frozenset("асеорхуіјѕһԁӏԛԝгвкмнтзЬοαενιρτυχκ")


def normal_email(text: str) -> str:
    """Return an address in the one spelling it is stored in: trimmed, NFKC, lower case.

    Raises: InvalidInput: not an address, longer than any address, with a character that cannot be seen, or with letters
        that look like others (`invalid_email`).
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
        or not re.fullmatch(_ADDRESS, email)
        or email.endswith("-")
        or "-." in email.partition("@")[2]
        or any(_pretends(word) for word in re.split(r"[^\w]+|_", email))
    ):
        expected = "an e-mail address such as learner@school.example"
        raise InvalidInput(f"email: {expected}", code="invalid_email", details={"email": expected})
    return email


def _pretends(word: str) -> bool:
    """Tell whether a word mixes alphabets, or is made of foreign letters that look Latin (Unicode TS 39, in short)."""
    alphabets = {unicodedata.name(c, "").partition(" ")[0] for c in word if c.isalpha() and not c.isascii()}
    if any(c.isascii() and c.isalpha() for c in word):
        alphabets.add("LATIN")
    mixed = len(alphabets) > 1 and not alphabets <= _EAST_ASIAN
    return mixed or bool(alphabets & {"CYRILLIC", "GREEK"} and all(c in _LOOK_LATIN or not c.isalpha() for c in word))
