"""Passwords at rest: argon2id with 19 MiB and two passes, as OWASP's password storage cheat sheet asks for.

Two spellings of one password that only differ in Unicode's compatibility forms (NFKC, RFC 8265) are the same password.
"""

import unicodedata
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

_HASHER: Final = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)
# The hash of a random password nobody knows: checking it takes as long as checking a real one.
NOBODYS_HASH: Final = (
    "$argon2id$v=19$m=19456,t=2,p=1$MPcS/tr966ool0Inl9DRNQ$pJkKsGoZGf6DFek1Laas5vNczJO4viBsudy8HVmeDdU"
)


def hash_password(password: str) -> str:
    """Return the encoded hash: algorithm, parameters, salt and digest."""
    return _HASHER.hash(_canonical(password))


def verify_password(password: str, stored: str | None) -> bool:
    """Tell whether a password is the one that was hashed.

    Args:
        stored: None where there is no such account or it has no password; that takes just as long and is never right.
    """
    try:
        return _HASHER.verify(stored or NOBODYS_HASH, _canonical(password)) and stored is not None
    except (VerificationError, InvalidHashError):
        return False


def is_outdated(stored: str) -> bool:
    """Tell whether a hash was made with other parameters than today's."""
    return _HASHER.check_needs_rehash(stored)


def _canonical(password: str) -> str:
    return unicodedata.normalize("NFKC", password)
