"""WAV files of every shape become PCM16 mono at the rate asked for."""

import io
import struct
import wave

import numpy as np
import pytest

from core.speech.formats import pcm_seconds, read_wav, resample, to_wav, wav_header
from shared.errors import InvalidInput

TONE = np.sin(np.arange(16_000) * 2 * np.pi * 440 / 16_000) * 0.5


def wav(samples: np.ndarray[tuple[int, ...], np.dtype[np.float64]], rate: int, channels: int, width: int) -> bytes:
    full = np.repeat(samples, channels)
    if width == 1:
        frames = (full * 127 + 128).astype(np.uint8).tobytes()
    elif width == 3:
        frames = (full * (2**31 - 1)).astype("<i4").view(np.uint8).reshape(-1, 4)[:, 1:].tobytes()
    else:
        frames = (full * (2 ** (8 * width - 1) - 1)).astype(f"<i{width}").tobytes()
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(width)
        file.setframerate(rate)
        file.writeframes(frames)
    return buffer.getvalue()


def loudest_frequency(pcm: bytes, rate: int) -> float:
    samples = np.frombuffer(pcm, "<i2").astype(np.float64)
    return float(np.argmax(np.abs(np.fft.rfft(samples))) * rate / len(samples))


@pytest.mark.parametrize("channels", [1, 2, 6])
@pytest.mark.parametrize("width", [1, 2, 3, 4])
def test_any_width_and_channel_count(width: int, channels: int) -> None:
    pcm = read_wav(wav(TONE, 16_000, channels, width), 16_000)
    assert len(pcm) == 32_000
    expected = (TONE * 32_767).astype(np.int32)
    assert np.abs(np.frombuffer(pcm, "<i2") - expected).max() < (400 if width == 1 else 8)


@pytest.mark.parametrize("rate", [8_000, 11_025, 22_050, 44_100, 48_000, 96_000])
def test_any_rate(rate: int) -> None:
    tone = np.sin(np.arange(rate) * 2 * np.pi * 440 / rate) * 0.5
    pcm = read_wav(wav(tone, rate, 1, 2), 16_000)
    assert abs(pcm_seconds(pcm, 16_000) - 1.0) < 0.01
    assert abs(loudest_frequency(pcm, 16_000) - 440) < 2


def test_an_extensible_header_and_floats_are_read() -> None:
    samples = TONE.astype("<f4").tobytes()
    sub_format = struct.pack("<H", 3) + bytes.fromhex("000000001000800000aa00389b71")
    fmt = struct.pack("<HHIIHHHHI", 0xFFFE, 1, 16_000, 64_000, 4, 32, 22, 32, 0) + sub_format
    chunks = b"LIST" + struct.pack("<I", 3) + b"abc\0" + b"fmt " + struct.pack("<I", len(fmt)) + fmt
    data = b"WAVE" + chunks + b"data" + struct.pack("<I", len(samples)) + samples
    pcm = read_wav(b"RIFF" + struct.pack("<I", len(data)) + data, 16_000)
    assert np.abs(np.frombuffer(pcm, "<i2") - TONE * 32_768).max() < 2


def test_a_file_cut_short_or_of_unknown_length_gives_what_it_holds() -> None:
    whole = wav(TONE, 16_000, 2, 2)
    assert len(read_wav(whole[:-1001], 16_000)) == (64_000 - 1001) // 4 * 2
    streamed = wav_header(16_000, 0xFFFFFFFF) + b"\x01\x00" * 100
    assert read_wav(streamed, 16_000) == b"\x01\x00" * 100


def test_what_was_written_is_read() -> None:
    pcm = (TONE * 20_000).astype("<i2").tobytes()
    assert read_wav(to_wav(pcm, 22_050), 22_050) == pcm
    with wave.open(io.BytesIO(to_wav(pcm, 22_050))) as file:
        assert (file.getnchannels(), file.getsampwidth(), file.getframerate()) == (1, 2, 22_050)
        assert file.readframes(16_000) == pcm


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"RIFF",
        b"not a wav file at all, just some text that is long enough to hold a header",
        b"RIFF\x00\x00\x00\x00WAVE",
        b"RIFF\x24\x00\x00\x00WAVEfmt \x02\x00\x00\x00\x01\x00data\x00\x00\x00\x00",
        b"ID3" + b"\xff\xfb" * 100,
        to_wav(b"", 16_000),
        to_wav(b"\0\0", 0),
        to_wav(bytes(2 * 4_000 * 301), 4_000),
        to_wav(b"\0\0", 16_000)[:20] + struct.pack("<HHIIHH", 7, 1, 8_000, 8_000, 1, 8) + b"data\x01\0\0\0\0",
    ],
)
def test_what_is_not_a_wav_file_is_refused(data: bytes) -> None:
    with pytest.raises(InvalidInput) as caught:
        read_wav(data, 16_000)
    assert "file" in caught.value.details


def test_resampling_a_clip() -> None:
    pcm = (TONE * 20_000).astype("<i2").tobytes()
    assert resample(pcm, 16_000, 16_000) == pcm
    assert resample(b"", 16_000, 8_000) == b""
    assert abs(len(resample(pcm, 16_000, 24_000)) - 48_000) <= 2
    with pytest.raises(InvalidInput):
        resample(b"\0", 16_000, 8_000)
