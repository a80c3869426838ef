"""Passwords at rest: argon2id with 19 MiB and two passes, as OWASP's password storage cheat sheet asks for.

Two spellings of one password that only differ in Unicode's compatibility forms (NFKC, RFC 8265) are the same password.
"""

import unicodedata
from functools import cache
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from argon2 import PasswordHasher

# The hash of a random password nobody knows: checking it takes as long as checking a real one.
NOBODYS_HASH: Final = (
    "$argon2id$v=19$m=19456,t=2,p=1$MPcS/tr966ool0Inl9DRNQ$pJkKsGoZGf6DFek1Laas5vNczJO4viBsudy8HVmeDdU"
)


def hash_password(password: str) -> str:
    """Return the encoded hash: algorithm, parameters, salt and digest."""
    return _hasher().hash(_canonical(password))


def verify_password(password: str, stored: str | None) -> bool:
    """Tell whether a password is the one that was hashed.

    Args:
        stored: None where there is no such account or it has no password; that takes just as long and is never right.
    """
    from argon2.exceptions import InvalidHashError, VerificationError

    try:
        return _hasher().verify(stored or NOBODYS_HASH, _canonical(password)) and stored is not None
    except (VerificationError, InvalidHashError):
        return False


def is_outdated(stored: str) -> bool:
    """Tell whether a hash was made with other parameters than today's."""
    return _hasher().check_needs_rehash(stored)


@cache
def _hasher() -> "PasswordHasher":
    from argon2 import PasswordHasher  # by the first password: most requests bring a token

    return PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)


def _canonical(password: str) -> str:
    return unicodedata.normalize("NFKC", password)
