import numpy as np
import pytest

from core.realtime.audio import Microphone, encode
from shared.errors import InvalidInput


@pytest.mark.parametrize(
    ("form", "silence", "loudest"),
    # Of G.711's tables: the byte of silence, and those of the greatest amplitudes.
    [("audio/pcmu", 0xFF, {0x80, 0x00}), ("audio/pcma", 0xD5, {0xAA, 0x2A})],
)
def test_g711_is_that_of_the_telephone(form: str, silence: int, loudest: set[int]) -> None:
    law = "audio/pcmu" if form == "audio/pcmu" else "audio/pcma"
    quiet = encode(bytes(4), law)
    assert set(quiet) <= {silence, silence ^ 0x80}
    assert set(encode(np.array([32_767, -32_768], np.int16).tobytes(), law)) == loudest


def test_g711_comes_back_nearly_as_it_went() -> None:
    tone = (10_000 * np.sin(np.arange(8_000) * 2 * np.pi * 300 / 8_000)).astype(np.int16)
    for law in ("audio/pcmu", "audio/pcma"):
        microphone = Microphone(law)
        heard = microphone.feed(encode(tone.tobytes(), law)) + microphone.flush()
        samples = np.frombuffer(heard, np.int16).astype(float)
        assert len(samples) == pytest.approx(16_000, abs=2)
        assert np.sqrt(np.mean(samples**2)) == pytest.approx(10_000 / np.sqrt(2), rel=0.02)


def test_half_a_sample_is_refused() -> None:
    with pytest.raises(InvalidInput, match="16-bit"):
        Microphone("audio/pcm").feed(b"\x00")
