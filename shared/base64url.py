"""Bytes in addresses and tokens: base64url without padding (RFC 4648, section 5), each value in one spelling only."""

import base64
import binascii


def encode(data: bytes) -> str:
    """Return bytes as text that needs no escaping in an address."""
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def decode(text: str) -> bytes:
    """Return the bytes that a text stands for.

    Raises: ValueError: it is no base64url, or another spelling of what it stands for: padded, with characters that
        decoders overlook, or with unused bits set at its end.
    """
    try:
        data = base64.urlsafe_b64decode(text.encode("ascii") + b"=" * (-len(text) % 4))
    except (binascii.Error, UnicodeEncodeError) as exc:
        raise ValueError("not base64url") from exc
    if encode(data) != text:
        raise ValueError("not the one spelling")
    return data
