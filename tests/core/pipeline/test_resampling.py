import numpy as np
import pytest

from core.pipeline.resampling import Resampler


@pytest.mark.parametrize(("source", "target"), [(24_000, 16_000), (16_000, 24_000), (22_050, 48_000), (16_000, 8_000)])
def test_a_tone_keeps_its_pitch_length_and_loudness(source: int, target: int) -> None:
    time = np.arange(source) / source
    tone = (8_000 * np.sin(2 * np.pi * 440 * time)).astype("<i2").tobytes()
    resampler = Resampler(source, target)
    out = b"".join(resampler.feed(tone[i : i + 640]) for i in range(0, len(tone), 640)) + resampler.finish()
    heard = np.frombuffer(out, "<i2").astype(float)
    assert len(heard) == pytest.approx(target, abs=target // 100)
    spectrum = np.abs(np.fft.rfft(heard[: target // 2]))
    assert np.argmax(spectrum) * 2 == pytest.approx(440, abs=2)
    assert heard[target // 4 : target // 2].std() == pytest.approx(8_000 / np.sqrt(2), rel=0.02)


def test_the_same_rate_passes_untouched() -> None:
    resampler = Resampler(16_000, 16_000)
    assert resampler.feed(b"\x01\x02") == b"\x01\x02"
    assert resampler.finish() == b""
