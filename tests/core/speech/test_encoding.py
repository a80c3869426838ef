"""Every format gives the sound back."""

import io

import numpy as np
import pytest
import soundfile

from core.speech.encoding import ENCODINGS, Encoder, Format, encode
from core.speech.formats import read_wav, resample

RATE = 24_000


def tone(rate: int, seconds: float = 0.5) -> bytes:
    return (np.sin(np.arange(round(rate * seconds)) * 2 * np.pi * 440 / rate) * 12_000).astype("<i2").tobytes()


@pytest.mark.parametrize("form", ["mp3", "opus"])
@pytest.mark.parametrize("rate", [8_000, 16_000, 22_050, 24_000, 48_000])
def test_a_tone_survives(form: Format, rate: int) -> None:
    encoded = encode(tone(rate), rate, form)
    samples, found = soundfile.read(io.BytesIO(encoded.data), dtype="int16")
    assert encoded.rate >= min(rate, 48_000)
    heard = resample(samples.astype("<i2").tobytes(), found, 16_000)
    spectrum = np.abs(np.fft.rfft(np.frombuffer(heard, "<i2").astype(np.float32)))
    assert abs(int(np.argmax(spectrum)) * 16_000 / (len(heard) // 2) - 440) < 5
    assert len(encoded.data) < len(tone(rate, 0.5))


def test_samples_alone_say_their_rate() -> None:
    encoded = encode(tone(22_050), 22_050, "pcm")
    assert (encoded.data, encoded.media_type) == (tone(22_050), "audio/L16;rate=22050")


def test_wav_is_exact() -> None:
    assert read_wav(encode(tone(22_050), 22_050, "wav").data, 22_050) == tone(22_050)


@pytest.mark.parametrize("form", list(ENCODINGS))
def test_silence_without_length_is_no_error(form: Format) -> None:
    assert isinstance(encode(b"", 16_000, form).data, bytes)


def test_an_encoded_clip_is_remembered_by_its_sound_and_forgotten_when_memory_is_short() -> None:
    first, second = tone(RATE), tone(RATE, 0.6)
    encoder = Encoder(memory_bytes=len(encode(first, RATE, "mp3").data) * 3 // 2)
    once = encoder.encode(first, RATE, "mp3")
    assert encoder.encode(bytes(first), RATE, "mp3") is once
    assert once == encode(first, RATE, "mp3")
    encoder.encode(second, RATE, "mp3")
    assert encoder.encode(first, RATE, "mp3") is not once


def test_a_clip_is_remembered_at_the_rate_it_was_wanted_at() -> None:
    encoder = Encoder()
    assert encoder.encode(tone(RATE), RATE, "wav", at=48_000).rate == 48_000
    assert encoder.encode(tone(RATE), RATE, "wav").data == encode(tone(RATE), RATE, "wav").data
