import pytest

from benchmarks.voice.caller import Microphone

FRAME = 320 * 2
ROOM = b"\x01\x00" * 16_000


def microphone() -> Microphone:
    return Microphone(ROOM, frame_ms=20, starts_at=0)


def test_the_room_is_heard_while_nobody_speaks() -> None:
    heard = microphone()
    assert all(heard.frame(now=i * 0.02) == ROOM[:FRAME] for i in range(200))


def test_the_first_sample_was_spoken_a_frame_before_its_frame_is_complete() -> None:
    heard = microphone()
    utterance = heard.say(b"\x02\x00" * 800)
    heard.frame(now=10.0)
    assert utterance.began_at == pytest.approx(9.98)
    assert utterance.ended_at is None


def test_the_last_sample_may_lie_inside_a_frame() -> None:
    heard = microphone()
    utterance = heard.say(b"\x02\x00" * 480)  # 30 ms: a frame and a half
    assert heard.frame(now=10.0) == b"\x02\x00" * 320
    assert heard.frame(now=10.02) == b"\x02\x00" * 160 + b"\x01\x00" * 160
    assert utterance.ended_at == pytest.approx(10.01)
    assert utterance.ended.is_set()
    assert heard.frame(now=10.04) == ROOM[:FRAME]


def test_a_clip_of_whole_frames_ends_with_its_last_frame() -> None:
    heard = microphone()
    utterance = heard.say(b"\x02\x00" * 320)
    heard.frame(now=10.0)
    assert utterance.ended_at == pytest.approx(10.0)
