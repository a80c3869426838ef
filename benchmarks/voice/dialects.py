"""What is said over each server's socket: 16 kHz PCM16 up; audio, orders to drop it, and events down."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final, Protocol, cast

TUTOR_RATE: Final = 24_000


@dataclass(frozen=True, slots=True)
class Audio:
    """Sound to play, `seconds` of it."""

    seconds: float


@dataclass(frozen=True, slots=True)
class DropAudio:
    """What was not played must not be heard."""


@dataclass(frozen=True, slots=True)
class TurnEnded:
    """The server has decided that the caller is done."""


@dataclass(frozen=True, slots=True)
class Other:
    """Any other message."""

    name: str


Heard = Audio | DropAudio | TurnEnded | Other


class Dialect(Protocol):
    """One server's language."""

    def hello(self) -> str | None:
        """Return the first message, where there is one."""
        ...

    def encode(self, pcm: bytes) -> bytes:
        """Wrap microphone audio."""
        ...

    def decode(self, message: str | bytes) -> Iterator[Heard]:
        """Unwrap one message."""
        ...


class Plain:
    """Binary PCM16 both ways and JSON control messages."""

    def __init__(self, *, drop: str, turn_ended: str, hello: dict[str, object] | None = None) -> None:
        self._meaning: dict[str, Heard] = {drop: DropAudio(), turn_ended: TurnEnded()}
        self._hello = None if hello is None else json.dumps(hello)

    def hello(self) -> str | None:
        """Return the configuration, where the server wants one."""
        return self._hello

    def encode(self, pcm: bytes) -> bytes:
        """Return it as it is."""
        return pcm

    def decode(self, message: str | bytes) -> Iterator[Heard]:
        """Yield what it means."""
        if isinstance(message, bytes):
            yield Audio(len(message) / 2 / TUTOR_RATE)
        else:
            name = _type_of(message)
            yield self._meaning.get(name, Other(name))


def unamentis() -> Plain:
    """Return the language of our own /ws/audio: an open microphone, 24 kHz back."""
    microphone: dict[str, object] = {
        "type": "config",
        "sample_rate": 16_000,
        "channels": 1,
        "format": "pcm16",
        "vad_enabled": True,
        "vad_threshold": 0.5,
        "hands_free": True,
        "output_sample_rate": TUTOR_RATE,
    }
    return Plain(drop="interrupted", turn_ended="vad_end", hello=microphone)


def livekit() -> Plain:
    """Return the language of our thin LiveKit Agents server."""
    return Plain(drop="interrupted", turn_ended="turn_ended")


class Pipecat:
    """Pipecat's own protobuf frames (pipecat/frames/frames.proto), as far as a caller needs them."""

    _AUDIO, _MESSAGE, _INTERRUPTION = 2, 4, 5
    _RATE_FIELD: Final = b"\x20\x80\x7d"  # sample_rate = 16000
    _CHANNELS_FIELD: Final = b"\x28\x01"  # num_channels = 1

    def hello(self) -> str | None:
        """Return nothing: the server waits for none."""
        return None

    def encode(self, pcm: bytes) -> bytes:
        """Return Frame{audio: {audio, sample_rate, num_channels}}."""
        body = b"\x1a" + varint(len(pcm)) + pcm + self._RATE_FIELD + self._CHANNELS_FIELD
        return b"\x12" + varint(len(body)) + body

    def decode(self, message: str | bytes) -> Iterator[Heard]:
        """Yield what the frame means."""
        if isinstance(message, str):
            yield Other("text")
            return
        for number, value in protobuf_fields(message):
            if number == self._AUDIO and isinstance(value, bytes):
                inner = dict(protobuf_fields(value))
                pcm, rate = inner.get(3, b""), inner.get(4, TUTOR_RATE)
                if isinstance(pcm, bytes) and isinstance(rate, int):
                    yield Audio(len(pcm) / 2 / rate)
            elif number == self._MESSAGE and isinstance(value, bytes):
                data = dict(protobuf_fields(value)).get(1, b"{}")
                name = _type_of(data) if isinstance(data, bytes) else ""
                yield TurnEnded() if name == "user-stopped-speaking" else Other(name)
            else:
                yield DropAudio() if number == self._INTERRUPTION else Other(f"field {number}")


def varint(number: int) -> bytes:
    """Return protobuf's coding of an unsigned number."""
    coded = bytearray()
    while number >= 1 << 7:
        coded.append(number & 0x7F | 0x80)
        number >>= 7
    coded.append(number)
    return bytes(coded)


def protobuf_fields(message: bytes) -> Iterator[tuple[int, int | bytes]]:
    """Yield each field's number and value; numbers as int, everything else as its bytes."""
    at = 0
    while at < len(message):
        key, at = _read_varint(message, at)
        number, wire_type = key >> 3, key & 7
        if wire_type == 0:
            value, at = _read_varint(message, at)
            yield number, value
            continue
        length, at = _read_varint(message, at) if wire_type == 2 else ({1: 8, 5: 4}[wire_type], at)
        yield number, message[at : at + length]
        at += length


def _read_varint(message: bytes, at: int) -> tuple[int, int]:
    number = shift = 0
    while True:
        byte = message[at]
        at += 1
        number |= (byte & 0x7F) << shift
        shift += 7
        if byte < 1 << 7:
            return number, at


def _type_of(text: str | bytes) -> str:
    message: Any = json.loads(text)
    if not isinstance(message, dict):
        return ""
    return str(cast("dict[str, object]", message).get("type", ""))


MakeDialect = Callable[[], Dialect]
