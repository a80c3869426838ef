"""WAV files as they come: any rate, any number of channels, integer or float samples."""

import struct
import wave
from pathlib import Path
from typing import Any, Final

import numpy as np
import soxr
from numpy.typing import NDArray

from infra.local.errors import LocalError

LONGEST_SECONDS: Final = 60.0
LARGEST_BYTES: Final = 200 * 1024 * 1024

INTEGER: Final = 1
FLOAT: Final = 3
EXTENSIBLE: Final = 0xFFFE
# What a writer puts as the size of a stream whose end it does not know.
UNKNOWN_SIZES: Final = (0, 0xFFFFFFFF)


def read_speech(path: Path, rate: int) -> bytes:
    """Return a WAV file's sound as PCM16 little-endian mono at `rate` samples a second.

    Raises: LocalError: there is no such file, it is not a WAV, or it holds nothing or more than a minute.
    """
    samples, source_rate = decode(read_file(path), path)
    seconds = len(samples) / source_rate
    if not len(samples):
        raise LocalError(f"{path} holds no sound")
    if seconds > LONGEST_SECONDS:
        raise LocalError(f"{path} lasts {seconds:.0f} s: a question may last {LONGEST_SECONDS:.0f} s")
    mono = soxr.resample(samples.mean(axis=1), source_rate, rate, quality="HQ")
    return np.clip(np.rint(mono * 32767), -32768, 32767).astype("<i2").tobytes()


def read_file(path: Path) -> bytes:
    """Return a file's content.

    Raises: LocalError: it cannot be read, or is far too large to be a question.
    """
    try:
        if path.stat().st_size > LARGEST_BYTES:
            raise LocalError(f"{path} is larger than {LARGEST_BYTES // 1024 // 1024} MB: too long for a question")
        return path.read_bytes()
    except OSError as error:
        raise LocalError(f"cannot read {path}: {error.strerror}") from error


def decode(data: bytes, path: Path) -> tuple[NDArray[np.float64], int]:
    """Return a WAV's samples, shaped (frames, channels) and between -1 and 1, and its rate.

    Raises: LocalError: not a WAV, or one whose samples are neither integers nor floats.
    """
    if data[:4] != b"RIFF" or data[8:12] != b"WAVE":
        raise LocalError(f"{path} is not a WAV file")
    chunks = chunks_of(data)
    if "fmt " not in chunks or len(chunks["fmt "]) < 16 or "data" not in chunks:
        raise LocalError(f"{path} is a damaged WAV file: it has no format or no data")
    kind, channels, rate, _, frame_bytes, bits = struct.unpack("<HHIIHH", chunks["fmt "][:16])
    if kind == EXTENSIBLE and len(chunks["fmt "]) >= 26:
        kind = struct.unpack("<H", chunks["fmt "][24:26])[0]
    if channels < 1 or not 1_000 <= rate <= 768_000 or frame_bytes != channels * (bits // 8):
        raise LocalError(f"{path} is a damaged WAV file: {channels} channels of {bits} bits at {rate} Hz")
    body = chunks["data"]
    body = body[: len(body) - len(body) % frame_bytes]
    return samples_of(body, kind, bits, path).reshape(-1, channels), rate


def chunks_of(data: bytes) -> dict[str, bytes]:
    """Return the chunks of a RIFF file by name; the last one may be cut short or of unknown size."""
    chunks: dict[str, bytes] = {}
    position = 12
    while position + 8 <= len(data):
        name, size = struct.unpack("<4sI", data[position : position + 8])
        start = position + 8
        end = len(data) if name == b"data" and size in UNKNOWN_SIZES else min(start + size, len(data))
        chunks.setdefault(name.decode("latin-1"), data[start:end])
        position = end + end % 2
    return chunks


def samples_of(body: bytes, kind: int, bits: int, path: Path) -> NDArray[np.float64]:
    """Return samples as floats between -1 and 1."""
    if kind == FLOAT and bits in (32, 64):
        return np.nan_to_num(np.frombuffer(body, f"<f{bits // 8}").astype(np.float64))
    if kind == INTEGER and bits == 8:
        return (np.frombuffer(body, np.uint8).astype(np.float64) - 128) / 128
    if kind == INTEGER and bits == 24:
        padded = np.zeros((len(body) // 3, 4), np.uint8)
        padded[:, 1:] = np.frombuffer(body, np.uint8).reshape(-1, 3)
        return padded.view("<i4").reshape(-1).astype(np.float64) / 2**31
    if kind == INTEGER and bits in (16, 32):
        integers: NDArray[Any] = np.frombuffer(body, f"<i{bits // 8}")
        return integers.astype(np.float64) / 2 ** (bits - 1)
    raise LocalError(f"{path} holds samples of a kind this cannot read: save it as 16-bit PCM")


def write_speech(path: Path, pcm: bytes, rate: int) -> None:
    """Write PCM16 mono as a WAV file.

    Raises: LocalError: it cannot be written.
    """
    try:
        with path.open("wb") as file, wave.open(file, "wb") as sound:
            sound.setnchannels(1)
            sound.setsampwidth(2)
            sound.setframerate(rate)
            sound.writeframes(pcm)
    except OSError as error:
        raise LocalError(f"cannot write {path}: {error.strerror}") from error
