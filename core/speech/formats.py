"""Audio in and out of WAV files, and PCM from one rate to another."""

import struct
from typing import Final

import msgspec
import numpy as np
import soxr
from numpy.typing import NDArray

from shared.errors import InvalidInput

Samples = NDArray[np.float32]

_FORMAT: Final = struct.Struct("<HHIIHH")
_PCM, _FLOAT, _EXTENSIBLE = 1, 3, 0xFFFE
_RATES: Final = (4_000, 384_000)
_MOST_CHANNELS: Final = 32
# What one clip may hold, read as slowly as can be. Brought to another rate, a small file can be large.
_LONGEST_S: Final = 300
_EXPECTED: Final = f"a WAV file of uncompressed samples, {_LONGEST_S} s long at most"


class _Layout(msgspec.Struct, frozen=True):
    """How a file's samples lie: bytes each, floats or integers, channels side by side, frames a second."""

    width: int
    is_float: bool
    channels: int
    rate: int


def read_wav(data: bytes, rate: int) -> bytes:
    """Return a WAV file's audio as PCM16 mono at `rate`; several channels are averaged.

    Args:
        data: the file, of any sample rate, channel count and sample type. One cut short gives what it holds.
        rate: samples a second wanted.
    Raises: InvalidInput: not such a file, one without audio, or too long.
    """
    layout, frames = _parsed(data)
    whole = layout.width * layout.channels
    if len(frames) > whole * layout.rate * _LONGEST_S:
        raise _not_wav()
    samples = _samples(frames[: len(frames) // whole * whole], layout)
    if not samples.size:
        raise InvalidInput("the WAV file holds no audio", details={"file": _EXPECTED})
    mono = samples.reshape(-1, layout.channels).mean(axis=1, dtype=np.float32)
    return _pcm16(mono if layout.rate == rate else _resampled(mono, layout.rate, rate))


def wav_header(rate: int, data_bytes: int) -> bytes:
    """Return the 44 bytes before `data_bytes` of PCM16 mono; for a stream of unknown length give 0xFFFFFFFF - 36."""
    return struct.pack(
        "<4sI4s4sIHHIIHH4sI",
        *(b"RIFF", min(data_bytes + 36, 0xFFFFFFFF), b"WAVE", b"fmt ", 16, 1, 1, rate, rate * 2, 2, 16),
        *(b"data", min(data_bytes, 0xFFFFFFFF)),
    )


def to_wav(pcm: bytes, rate: int) -> bytes:
    """Return PCM16 mono as a WAV file."""
    return wav_header(rate, len(pcm)) + pcm


def resample(pcm: bytes, source_rate: int, rate: int) -> bytes:
    """Return a whole clip of PCM16 mono at another rate; for a stream use soxr's ResampleStream.

    Raises: InvalidInput: an odd number of bytes, that is half a sample.
    """
    if len(pcm) % 2:
        raise InvalidInput("PCM16 audio must have an even number of bytes", details={"pcm": "whole 16-bit samples"})
    if source_rate == rate or not pcm:
        return pcm
    samples: Samples = np.frombuffer(pcm, "<i2").astype(np.float32) / np.float32(32768)
    return _pcm16(_resampled(samples, source_rate, rate))


def pcm_seconds(pcm: bytes, rate: int) -> float:
    """Return how long PCM16 mono lasts, in seconds."""
    return len(pcm) / 2 / rate


def _parsed(data: bytes) -> tuple[_Layout, bytes]:
    """Return the layout and the sample bytes of a RIFF file: its `fmt ` and `data` chunks, the others skipped.

    The standard library's `wave` refuses the extensible header, which many tools write for more than two channels.
    """
    if data[:4] != b"RIFF" or data[8:12] != b"WAVE":
        raise _not_wav()
    layout: _Layout | None = None
    at = 12
    while at + 8 <= len(data):
        name, length = struct.unpack_from("<4sI", data, at)
        body = data[at + 8 : at + 8 + length]
        if name == b"fmt ":
            layout = _layout(body)
        elif name == b"data" and layout is not None:
            return layout, body
        at += 8 + length + length % 2
    raise _not_wav()


def _layout(body: bytes) -> _Layout:
    if len(body) < _FORMAT.size:
        raise _not_wav()
    kind, channels, rate, _, _, bits = _FORMAT.unpack_from(body)
    if kind == _EXTENSIBLE and len(body) >= 26:
        kind = int.from_bytes(body[24:26], "little")  # the sub-format's first two bytes
    known = {_PCM: (8, 16, 24, 32), _FLOAT: (32, 64)}
    if bits not in known.get(kind, ()) or not _RATES[0] <= rate <= _RATES[1] or not 1 <= channels <= _MOST_CHANNELS:
        raise _not_wav()
    return _Layout(bits // 8, kind == _FLOAT, channels, rate)


def _samples(frames: bytes, layout: _Layout) -> Samples:
    """Return samples as floats from -1 to 1."""
    if layout.is_float:
        return np.nan_to_num(np.frombuffer(frames, f"<f{layout.width}").astype(np.float32))
    if layout.width == 1:  # the only unsigned one
        return (np.frombuffer(frames, np.uint8).astype(np.float32) - np.float32(128)) / np.float32(128)
    if layout.width == 3:
        packed = np.frombuffer(frames, np.uint8).reshape(-1, 3)
        wide = np.zeros((len(packed), 4), np.uint8)
        wide[:, 1:] = packed
        return wide.view("<i4").reshape(-1).astype(np.float32) / np.float32(2**31)
    return np.frombuffer(frames, f"<i{layout.width}").astype(np.float32) / np.float32(2 ** (8 * layout.width - 1))


def _resampled(samples: Samples, source_rate: int, rate: int) -> Samples:
    resampled: Samples = np.asarray(soxr.resample(samples, source_rate, rate), np.float32)
    return resampled


def _pcm16(samples: Samples) -> bytes:
    return np.clip(np.rint(samples * np.float32(32768)), -32768, 32767).astype("<i2").tobytes()


def _not_wav() -> InvalidInput:
    return InvalidInput(f"the file must be {_EXPECTED}", details={"file": _EXPECTED})
