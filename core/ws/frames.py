"""Messages as a WebSocket's server sends them, several in one piece.

Source: RFC 6455, section 5.2.
"""

import struct
from typing import Final

_TEXT: Final = 0x81  # the last and only part of a text
_BINARY: Final = 0x82
_SHORT: Final = 126
_LONG: Final = 1 << 16


def framed(message: str | bytes) -> tuple[bytes, bytes]:
    """Return a message's head and its body; a server masks nothing."""
    kind, body = (_TEXT, message.encode()) if isinstance(message, str) else (_BINARY, message)
    size = len(body)
    if size < _SHORT:
        return struct.pack("!BB", kind, size), body
    if size < _LONG:
        return struct.pack("!BBH", kind, _SHORT, size), body
    return struct.pack("!BBQ", kind, _SHORT + 1, size), body
