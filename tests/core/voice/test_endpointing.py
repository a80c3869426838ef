from hypothesis import given
from hypothesis import strategies as st

from core.voice.endpointing import Endpointing, Timing
from core.voice.events import Event

WINDOW = 512
TIMING = Timing(onset_ms=96, barge_in_ms=160, likely_end_ms=96, end_ms=320, least_speech_ms=160, longest_ms=2_000)


def hear(endpointing: Endpointing, pattern: str, *, tutor_speaks: bool = False) -> list[tuple[int, Event]]:
    """Feed one window a character ('#' speech, '~' hardly speech, '.' silence); return (window, event)."""
    probability = {"#": 0.9, "~": 0.4, ".": 0.01}
    return [
        (i, event)
        for i, mark in enumerate(pattern, start=1)
        for event in endpointing.hear(probability[mark], WINDOW, tutor_speaks=tutor_speaks)
    ]


def test_an_utterance_starts_ends_probably_and_ends() -> None:
    endpointing = Endpointing(TIMING)
    assert hear(endpointing, "..######..........") == [
        (5, Event.SPEECH_STARTED),
        (11, Event.END_LIKELY),
        (18, Event.END_CONFIRMED),
    ]
    assert (endpointing.started, endpointing.ended) == (2 * WINDOW, 8 * WINDOW)


def test_a_pause_inside_an_utterance_is_not_its_end() -> None:
    events = [event for _, event in hear(Endpointing(TIMING), "######....#####..........")]
    assert events == [
        Event.SPEECH_STARTED,
        Event.END_LIKELY,
        Event.SPEECH_RESUMED,
        Event.END_LIKELY,
        Event.END_CONFIRMED,
    ]


def test_a_faint_sound_keeps_speech_going_but_does_not_start_it() -> None:
    assert hear(Endpointing(TIMING), "~~~~~~~~") == []
    assert [event for _, event in hear(Endpointing(TIMING), "#####~~~~~~~~~~~~")] == [Event.SPEECH_STARTED]


def test_a_click_is_nothing_and_a_cough_is_dismissed() -> None:
    assert hear(Endpointing(TIMING), "##.##.##.##....") == []
    assert [event for _, event in hear(Endpointing(TIMING), "####..........")] == [
        Event.SPEECH_STARTED,
        Event.DISMISSED,
    ]


def test_interrupting_the_tutor_may_need_more_speech() -> None:
    assert hear(Endpointing(TIMING), "####", tutor_speaks=True) == []
    assert hear(Endpointing(TIMING), "#####", tutor_speaks=True) == [(5, Event.SPEECH_STARTED)]


def test_a_reply_is_prepared_only_so_often_for_one_utterance() -> None:
    events = [event for _, event in hear(Endpointing(TIMING), "#######" + "....##" * 6 + "...........")]
    assert events.count(Event.END_LIKELY) == TIMING.eager_starts
    assert events[-1] is Event.END_CONFIRMED


def test_somebody_who_never_stops_is_ended() -> None:
    events = [event for _, event in hear(Endpointing(TIMING), "#" * 70)]
    assert events[:2] == [Event.SPEECH_STARTED, Event.END_CONFIRMED]


def test_letting_the_button_go_ends_the_utterance_when_all_of_it_is_decided() -> None:
    endpointing = Endpointing(TIMING)
    endpointing.begin()
    hear(endpointing, "######")
    assert endpointing.finish(10 * WINDOW + 100) == ()
    assert hear(endpointing, "####") == [(4, Event.END_CONFIRMED)]
    assert hear(endpointing, "..........") == []


def test_a_word_too_short_to_be_noticed_counts_when_the_button_was_held_for_it() -> None:
    endpointing = Endpointing(TIMING)
    endpointing.begin()
    hear(endpointing, ".##")
    assert endpointing.finish(3 * WINDOW) == (Event.SPEECH_STARTED, Event.END_CONFIRMED)


def test_letting_go_after_the_silence_has_ended_the_utterance_changes_nothing() -> None:
    endpointing = Endpointing(TIMING)
    endpointing.begin()
    hear(endpointing, "######..........")
    assert endpointing.finish(endpointing.position) == ()
    endpointing.begin()
    assert endpointing.finish(endpointing.position) == (Event.NOTHING_HEARD,)


@given(st.text(alphabet="#~.", max_size=200))
def test_ends_follow_starts_whatever_is_heard(pattern: str) -> None:
    speaking = paused = False
    for _, event in hear(Endpointing(TIMING), pattern):
        match event:
            case Event.SPEECH_STARTED:
                assert not speaking
                speaking = True
            case Event.END_LIKELY:
                assert speaking
                assert not paused
                paused = True
            case Event.SPEECH_RESUMED:
                assert paused
                paused = False
            case _:
                assert speaking
                speaking = paused = False
