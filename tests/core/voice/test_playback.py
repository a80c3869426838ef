import pytest

from core.voice.playback import Playback

RATE = 1_000


def test_what_was_sent_is_heard_in_real_time() -> None:
    playback = Playback(RATE)
    playback.begin("one two three four")
    playback.send(300, now=10.0)
    assert playback.ahead(10.1) == pytest.approx(0.2)
    assert playback.heard(10.1) == 100
    assert playback.heard(11.0) == 300


def test_a_gap_in_the_sound_is_not_heard_as_sound() -> None:
    playback = Playback(RATE)
    playback.begin("one two")
    playback.send(100, now=10.0)
    playback.send(100, now=20.0)
    assert playback.heard(20.05) == 150


def test_the_text_ends_where_the_listener_stopped_hearing_it() -> None:
    playback = Playback(RATE)
    playback.begin("Plants make sugar.")
    playback.send(1_000, now=0.0)
    playback.begin(" They need light for it.")
    playback.send(1_000, now=0.0)
    playback.finish()
    assert playback.heard_text(0.0) == ""
    assert playback.heard_text(1.0) == "Plants make sugar."
    assert playback.heard_text(1.5) == "Plants make sugar. They need"
    assert playback.heard_text(2.0) == "Plants make sugar. They need light for it."


def test_a_piece_still_being_spoken_is_not_whole() -> None:
    playback = Playback(RATE)
    playback.begin("A sentence of which only the beginning has been sent")
    playback.send(700, now=0.0)
    assert playback.heard_text(0.7) == "A sentence"
    assert playback.finished_text() == ""


def test_a_reply_without_sound_was_not_heard() -> None:
    assert Playback(RATE).heard_text(5.0) == ""
