"""Identifiers: UUIDv7 for what we make, so that new rows sort by time."""

import os
import time
import uuid

from shared.errors import NotFound


def new_id() -> str:
    """Return a fresh UUIDv7 as text (RFC 9562, section 5.7)."""
    value = (time.time_ns() // 1_000_000) << 80 | int.from_bytes(os.urandom(10))
    value = value & ~(0xF << 76) | 0x7 << 76
    value = value & ~(0x3 << 62) | 0x2 << 62
    return str(uuid.UUID(int=value))


def known_id(value: str, what: str) -> str:
    """Return `value` as a canonical UUID; text that cannot be one names nothing we have.

    Raises: NotFound: not the text of a UUID.
    """
    try:
        return str(uuid.UUID(value))
    except ValueError:
        raise NotFound(f"{what} {value[:64]} not found") from None
