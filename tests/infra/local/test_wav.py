import struct
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from infra.local.errors import LocalError
from infra.local.wav import read_speech, write_speech

RATE = 16_000


def tone(rate: int, seconds: float = 0.5) -> NDArray[np.float64]:
    return 0.5 * np.sin(2 * np.pi * 440 * np.arange(int(rate * seconds)) / rate)


def encode(samples: NDArray[np.float64], kind: int, bits: int) -> bytes:
    """Encode samples between -1 and 1 as WAV does."""
    if kind == 3:
        return samples.astype(f"<f{bits // 8}").tobytes()
    if bits == 8:
        return (samples * 127 + 128).astype(np.uint8).tobytes()
    integers = (samples * (2 ** (bits - 1) - 1)).astype("<i4")
    if bits == 24:
        return integers.view(np.uint8).reshape(-1, 4)[:, :3].tobytes()
    return integers.astype(f"<i{bits // 8}").tobytes()


def wav(data: bytes, *, kind: int, channels: int, rate: int, bits: int, size: int | None = None) -> bytes:
    frame = channels * bits // 8
    form = struct.pack("<HHIIHH", kind, channels, rate, rate * frame, frame, bits)
    if kind == 0xFFFE:
        form += struct.pack("<HHIH14s", 22, bits, 0, 1, b"\x00" * 14)
    body = b"WAVE" + b"LIST" + struct.pack("<I", 3) + b"odd\x00"
    body += b"fmt " + struct.pack("<I", len(form)) + form
    body += b"data" + struct.pack("<I", len(data) if size is None else size) + data
    return b"RIFF" + struct.pack("<I", len(body)) + body


@pytest.mark.parametrize(
    ("kind", "bits", "channels", "rate"),
    [
        (1, 16, 1, 16_000),
        (1, 16, 2, 44_100),
        (1, 8, 1, 8_000),
        (1, 24, 2, 48_000),
        (1, 32, 1, 22_050),
        (3, 32, 1, 48_000),
        (3, 64, 6, 96_000),
        (0xFFFE, 16, 1, 11_025),
    ],
)
def test_every_rate_depth_and_channel_count_sounds_the_same(
    tmp_path: Path, kind: int, bits: int, channels: int, rate: int
) -> None:
    samples = np.repeat(tone(rate)[:, None], channels, axis=1)
    data = encode(samples.reshape(-1), 1 if kind == 0xFFFE else kind, bits)
    path = tmp_path / "question.wav"
    path.write_bytes(wav(data, kind=kind, channels=channels, rate=rate, bits=bits))
    heard = np.frombuffer(read_speech(path, RATE), "<i2") / 32767
    assert len(heard) == pytest.approx(RATE / 2, abs=2)
    inner = slice(800, 7200)
    assert np.abs(heard[inner] - tone(RATE)[inner]).max() < 0.02


@pytest.mark.parametrize("size", [0, 0xFFFFFFFF, 10**6])
def test_a_stream_that_did_not_know_its_end_is_read_to_the_end(tmp_path: Path, size: int) -> None:
    path = tmp_path / "question.wav"
    path.write_bytes(wav(encode(tone(RATE), 1, 16), kind=1, channels=1, rate=RATE, bits=16, size=size))
    assert len(read_speech(path, RATE)) == RATE


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "is not a WAV file"),
        (b"ID3\x04 an mp3 file of some length", "is not a WAV file"),
        (b"RIFF\x04\x00\x00\x00WAVE", "has no format or no data"),
        (wav(b"", kind=1, channels=1, rate=RATE, bits=16), "holds no sound"),
        (wav(b"\x01", kind=1, channels=1, rate=RATE, bits=16), "holds no sound"),
        (wav(b"\x01\x02", kind=1, channels=1, rate=0, bits=16), "damaged"),
        (wav(b"\x01\x02", kind=0x11, channels=1, rate=RATE, bits=16), "save it as 16-bit PCM"),
        (wav(bytes(2 * 61_000), kind=1, channels=1, rate=1000, bits=16), "lasts 61 s: a question may last 60 s"),
    ],
)
def test_what_cannot_be_a_question_gives_one_line(tmp_path: Path, content: bytes, told: str) -> None:
    path = tmp_path / "question.wav"
    path.write_bytes(content)
    with pytest.raises(LocalError, match=told) as caught:
        read_speech(path, RATE)
    assert "\n" not in str(caught.value)


def test_missing_files_and_folders_give_one_line(tmp_path: Path) -> None:
    with pytest.raises(LocalError, match="No such file"):
        read_speech(tmp_path / "missing.wav", RATE)
    with pytest.raises(LocalError, match="Is a directory"):
        read_speech(tmp_path, RATE)


def test_what_is_written_is_read_back(tmp_path: Path) -> None:
    pcm = encode(tone(RATE), 1, 16)
    write_speech(tmp_path / "answer.wav", pcm, RATE)
    heard = np.frombuffer(read_speech(tmp_path / "answer.wav", RATE), "<i2").astype(int)
    assert np.abs(heard - np.frombuffer(pcm, "<i2")).max() <= 1
    with pytest.raises(LocalError, match="cannot write"):
        write_speech(tmp_path / "no" / "answer.wav", pcm, RATE)
