import numpy as np
import pytest

from core.providers.vad.silero import WINDOW, Samples, Silero, load_weights
from tests.fakes.speech import room, speech


def windows(pcm: bytes) -> Samples:
    samples = np.frombuffer(pcm, "<i2")
    return samples[: len(samples) // WINDOW * WINDOW].reshape(-1, WINDOW)


@pytest.fixture(scope="module")
def network() -> Silero:
    return Silero(load_weights())


def scores(network: Silero, pcm: bytes) -> list[float]:
    voice = network.open()
    found = [float(network.advance([voice], window[np.newaxis])[0]) for window in windows(pcm)]
    network.close(voice)
    return found


@pytest.mark.parametrize("voice", ["en-us", "en-us+m3", "en-us+f3"])
def test_speech_is_told_from_a_quiet_room(network: Silero, voice: str) -> None:
    clip = speech("Why do plants need light to make sugar", voice=voice, before=0.5, after=1.0)
    found = scores(network, clip)
    before, after = round(0.4 * 16_000 / WINDOW), round(0.6 * 16_000 / WINDOW)
    assert max(found[:before]) < 0.35
    assert max(found[-after:]) < 0.35
    inside = found[before:-after]
    assert sum(score > 0.5 for score in inside) > 0.7 * len(inside)


@pytest.mark.parametrize("frequency", [220.0, 1_000.0])
def test_a_tone_is_not_speech(network: Silero, frequency: float) -> None:
    time = np.arange(2 * 16_000) / 16_000
    tone = (8_000 * np.sin(2 * np.pi * frequency * time)).astype("<i2").tobytes()
    assert max(scores(network, tone)[5:]) < 0.5


def test_voices_in_one_pass_do_not_hear_each_other(network: Silero) -> None:
    alone = scores(network, speech("Tell me about the moon"))
    clip, quiet = windows(speech("Tell me about the moon")), windows(room(10))
    voices = [network.open() for _ in range(5)]
    for i, window in enumerate(clip):
        rows = np.stack([window, *[quiet[i]] * 4])
        together = network.advance(voices, rows)
        assert together[0] == pytest.approx(alone[i], abs=1e-4)
        assert together[1:].max() < 0.5
    for voice in voices:
        network.close(voice)


def test_a_voice_hears_several_windows_in_one_pass_in_their_order(network: Silero) -> None:
    spoken, quiet = "Tell me about the moon", room(10)
    alone, other = scores(network, speech(spoken)), scores(network, quiet)
    clip, still = windows(speech(spoken)), windows(quiet)
    speaker, beside = network.open(), network.open()
    together: list[float] = []
    for i in range(0, len(clip) - 2, 3):
        found = network.advance(
            [speaker, beside, speaker, speaker], np.stack([clip[i], still[i // 3], clip[i + 1], clip[i + 2]])
        )
        together += found[[0, 2, 3]].tolist()
        assert found[1] == pytest.approx(other[i // 3], abs=1e-4)
    assert together == pytest.approx(alone[: len(together)], abs=1e-4)
    network.close(speaker)
    network.close(beside)


def test_a_number_given_back_starts_without_memory(network: Silero) -> None:
    clip = speech("Tell me about the moon")
    assert scores(network, clip) == scores(network, clip)


def test_more_voices_than_ever_before_are_given_numbers() -> None:
    network = Silero(load_weights())
    voices = [network.open() for _ in range(70)]
    assert len(set(voices)) == 70
