import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.voice.completeness import Completeness
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
    assert events[:3] == [Event.SPEECH_STARTED, Event.MEANT, Event.END_CONFIRMED]


def test_speech_that_goes_on_for_a_second_is_meant_once_in_each_utterance() -> None:
    timing = Timing(meant_ms=320, end_ms=320)
    pattern = "######....######..............##########............"
    events = [event for _, event in hear(Endpointing(timing), pattern)]
    assert events.count(Event.MEANT) == 2
    assert events.index(Event.MEANT) > events.index(Event.SPEECH_RESUMED)


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


# Windows of silence that end a turn by default, at least and at most.
USUAL, LEAST, MOST = 16, 13, 38


def silence_to_end(endpointing: Endpointing) -> int:
    """Say something, then count the windows of silence until the turn ends."""
    hear(endpointing, "######")
    for i in range(1, 100):
        if Event.END_CONFIRMED in [event for _, event in hear(endpointing, ".")]:
            return i
    raise AssertionError("the turn did not end")


def speak_with_pauses(endpointing: Endpointing, windows: int, *, count: int = 8) -> None:
    hear(endpointing, ("######" + "." * windows) * count)


@pytest.mark.parametrize(
    ("words", "windows"),
    [(Completeness.UNKNOWN, USUAL), (Completeness.UNFINISHED, 25), (Completeness.COMPLETE, LEAST)],
)
def test_what_was_said_makes_the_silence_longer_or_shorter(words: Completeness, windows: int) -> None:
    endpointing = Endpointing(Timing())
    hear(endpointing, "######...")
    endpointing.understood(words)
    events = hear(endpointing, "." * 40)
    assert events == [(windows - 3, Event.END_CONFIRMED)]
    assert silence_to_end(endpointing) == USUAL


def test_words_are_forgotten_when_the_speaker_goes_on() -> None:
    endpointing = Endpointing(Timing())
    hear(endpointing, "######...")
    endpointing.understood(Completeness.UNFINISHED)
    assert silence_to_end(endpointing) == USUAL
    endpointing.understood(Completeness.UNFINISHED)  # too late: the turn is over
    assert silence_to_end(endpointing) == USUAL


@pytest.mark.parametrize(
    ("pause", "windows"),
    [(6, LEAST), (12, 15), (15, 19)],
)
def test_the_silence_follows_the_pauses_of_the_speaker_within_bounds(pause: int, windows: int) -> None:
    endpointing = Endpointing(Timing())
    speak_with_pauses(endpointing, pause)
    assert silence_to_end(endpointing) == windows
    hear(endpointing, "." * 100)
    assert silence_to_end(endpointing) == windows


def test_closures_inside_words_are_no_pauses() -> None:
    endpointing = Endpointing(Timing())
    speak_with_pauses(endpointing, 4)
    assert silence_to_end(endpointing) == USUAL


def test_going_on_after_the_turn_was_ended_counts_as_a_pause_unless_the_tutor_answered() -> None:
    hasty, answered = Endpointing(Timing()), Endpointing(Timing())
    for _ in range(7):
        hear(hasty, "######" + "." * 45)
        hear(answered, "######" + "." * 30)
        hear(answered, "." * 15, tutor_speaks=True)
    assert silence_to_end(hasty) == MOST
    assert silence_to_end(answered) == USUAL


def test_a_pressed_button_is_no_end_of_a_pause() -> None:
    endpointing = Endpointing(Timing())
    for _ in range(7):
        endpointing.begin()
        hear(endpointing, "######" + "." * 30)
    assert silence_to_end(endpointing) == USUAL


def test_bounds_of_one_value_fix_the_silence() -> None:
    endpointing = Endpointing(Timing(end_ms=320, least_end_ms=320, most_end_ms=320))
    speak_with_pauses(endpointing, 8)
    assert silence_to_end(endpointing) == 10


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


@given(st.text("#~.", max_size=80), st.booleans())
def test_nothing_that_cannot_wait_is_decided_before_the_calm_is_over(pattern: str, tutor_speaks: bool) -> None:
    endpointing = Endpointing(TIMING)
    soonest = 0.0
    for i, mark in enumerate(pattern):
        soonest = max(soonest, i * 32 + endpointing.calm_ms(tutor_speaks=tutor_speaks))
        events = [event for _, event in hear(endpointing, mark, tutor_speaks=tutor_speaks)]
        too_long = endpointing.position - endpointing.started >= TIMING.longest_ms * 16
        if not too_long and {*events} - {Event.SPEECH_RESUMED, Event.MEANT}:
            assert (i + 1) * 32 >= soonest
            soonest = 0.0


def test_while_a_speaker_goes_on_there_is_calm_and_after_a_word_there_is_less() -> None:
    endpointing = Endpointing(TIMING)
    assert endpointing.calm_ms(tutor_speaks=False) == TIMING.onset_ms
    assert endpointing.calm_ms(tutor_speaks=True) == TIMING.barge_in_ms
    hear(endpointing, "##")
    assert endpointing.calm_ms(tutor_speaks=False) == TIMING.onset_ms - 64
    hear(endpointing, "######")
    assert endpointing.calm_ms(tutor_speaks=False) == TIMING.likely_end_ms
    hear(endpointing, ".")
    assert endpointing.calm_ms(tutor_speaks=False) == TIMING.likely_end_ms - 32
    hear(endpointing, "..")
    assert endpointing.calm_ms(tutor_speaks=False) == TIMING.end_ms - 96
    endpointing.finish(endpointing.position + 4 * WINDOW)
    assert endpointing.calm_ms(tutor_speaks=False) == 0
