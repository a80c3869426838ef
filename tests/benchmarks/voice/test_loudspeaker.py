import pytest

from benchmarks.voice.loudspeaker import Loudspeaker


def test_audio_sent_ahead_is_played_one_piece_after_the_other() -> None:
    speaker = Loudspeaker()
    speaker.play(0.1, now=10.0)
    speaker.play(0.1, now=10.0)
    assert speaker.plays_until == pytest.approx(10.2)
    assert speaker.furthest_ahead_s == pytest.approx(0.2)
    assert speaker.underruns == 0


def test_a_gap_inside_a_reply_is_an_underrun_and_a_longer_silence_is_not() -> None:
    speaker = Loudspeaker()
    speaker.play(0.1, now=10.0)
    speaker.play(0.1, now=10.3)
    assert speaker.underruns == 1
    speaker.play(0.1, now=20.0)
    assert speaker.underruns == 1


def test_what_was_not_played_is_dropped() -> None:
    speaker = Loudspeaker()
    speaker.play(0.5, now=10.0)
    speaker.drop(now=10.2)
    assert speaker.dropped_s == pytest.approx(0.3)
    assert speaker.plays_until == 10.2
    assert speaker.stale_s() == 0


def test_audio_after_the_order_to_drop_is_stale() -> None:
    speaker = Loudspeaker()
    speaker.play(0.5, now=10.0)
    speaker.drop(now=10.2)
    speaker.play(0.1, now=10.25)
    assert speaker.stale_s() == pytest.approx(0.05)
    speaker.forget_drop()
    assert speaker.stale_s() == 0


def test_it_is_quiet_when_all_was_played_and_nothing_came_for_a_while() -> None:
    speaker = Loudspeaker()
    assert speaker.quiet_in(10.0, gap_s=0.6) == float("inf")
    speaker.play(2.0, now=10.0)
    assert speaker.quiet_in(10.0, gap_s=0.6) == pytest.approx(2)
    assert speaker.quiet_in(12.0, gap_s=0.6) <= 0
    speaker.play(0.1, now=13.0)
    assert speaker.quiet_in(13.0, gap_s=0.6) == pytest.approx(0.6)
