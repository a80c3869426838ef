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


def answer() -> Playback:
    playback = Playback(RATE)
    playback.begin("Plants make sugar.")
    playback.send(1_000, now=0.0)
    playback.begin(" Do they need light?")
    playback.send(500, now=0.0)
    return playback


def test_what_was_held_stands_still_until_it_is_sent_again() -> None:
    playback = answer()
    playback.hold(1.2, unsent=0)
    assert playback.heard(9.0) == 1_200
    playback.rewind(1_200, now=9.0)
    assert (playback.sent, playback.heard(9.0), playback.ahead(9.0)) == (1_200, 1_200, 0.0)
    playback.send(800, now=9.0)
    playback.finish()
    assert playback.heard_text(9.8) == "Plants make sugar. Do they need light?"


def test_sound_that_had_not_left_was_not_heard() -> None:
    playback = answer()
    playback.hold(9.0, unsent=600)
    assert playback.heard(9.0) == 900


@pytest.mark.parametrize(("to", "texts"), [(0, []), (400, [400]), (1_000, [1_000]), (1_001, [1_000, 1])])
def test_rewinding_forgets_what_follows(to: int, texts: list[int]) -> None:
    playback = answer()
    playback.rewind(to, now=2.0)
    assert [piece.sent for piece in playback.pieces] == texts
    assert playback.sent == to


def test_a_client_that_says_how_far_it_is_is_believed_within_bounds() -> None:
    playback = answer()
    playback.acknowledge(100, now=0.5)
    assert playback.heard(0.6) == 200
    assert playback.heard(9.0) == 1_500
    playback.acknowledge(99_999, now=0.6)
    assert playback.heard(0.7) == 700
    playback.hold(0.7, unsent=0)
    playback.acknowledge(650, now=0.9)
    assert playback.heard(5.0) == 650


def test_what_is_being_said_and_asked() -> None:
    playback = answer()
    assert not playback.asks(0.3)
    playback.finish()
    assert playback.asks(1.2)
    assert playback.saying(1.2) == "Plants make sugar. Do they need light?"
    playback.begin(" They do.")
    playback.send(9_000, now=1.5)
    assert not playback.asks(5.0)
    assert playback.saying(9.0) == " They do."
