"""Every format gives the sound back."""

import io

import numpy as np
import pytest
import soundfile

from core.speech.encoding import ENCODINGS, Format, encode
from core.speech.formats import read_wav, resample


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
