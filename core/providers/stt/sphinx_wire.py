"""What crosses the pipe between the recogniser's adapter and its process."""

import struct
from typing import Final

import msgspec

# The length of the MessagePack request that follows.
HEADER: Final = struct.Struct("<I")


class Request(msgspec.Struct):
    """One utterance: PCM16 mono at 16 kHz, and the lesson's words."""

    id: int
    pcm: bytes
    phrases: list[str]


class Reply(msgspec.Struct):
    """What was heard in the request of this id, and how sure the recogniser is, 0 to 1."""

    id: int
    text: str
    confidence: float
