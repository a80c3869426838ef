import numpy as np
import pytest

from benchmarks.voice.clips import RATE, make_voices, trimmed


def test_silence_is_cut_off_both_ends() -> None:
    tone = np.sin(np.arange(RATE) * 0.2).astype(np.float32)
    silence = np.zeros(RATE, np.float32)
    kept = trimmed(np.concatenate([silence, tone * 0.1, silence]))
    assert len(kept) == RATE
    assert float(np.abs(kept).max()) == pytest.approx(0.5)


def test_callers_begin_and_end_with_speech() -> None:
    voices = make_voices()
    for clip in (*voices.questions, voices.interruption, voices.long_speech, *voices.pausing):
        samples = np.frombuffer(clip, "<i2").astype(np.float32)
        room = np.frombuffer(voices.room, "<i2").astype(np.float32)
        for edge in (samples[: RATE // 20], samples[-RATE // 20 :]):
            assert np.abs(edge).max() > np.abs(room).max()
    assert len(voices.long_speech) > 20 * RATE * 2


def test_pauses_are_as_long_as_asked() -> None:
    short, long = make_voices(pause_ms=100), make_voices(pause_ms=350)
    for before, after in zip(short.pausing, long.pausing, strict=True):
        # The edges of speech are found to 10 ms, and no voice says the same twice.
        assert (len(after) - len(before)) / 2 / RATE == pytest.approx(2 * 0.25, abs=0.06)
