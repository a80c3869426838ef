import pytest

from core.voice.events import Command, Event
from core.voice.turns import TURNS, State, Turns


def after(*events: Event) -> tuple[State, tuple[Command, ...]]:
    turns = Turns()
    commands: tuple[Command, ...] = ()
    for event in events:
        commands = turns.receive(event)
    return turns.state, commands


def test_a_spoken_turn_is_prepared_at_its_likely_end_and_released_at_its_confirmed_end() -> None:
    assert after(Event.SPEECH_STARTED, Event.END_LIKELY) == (State.PAUSED, (Command.PREPARE,))
    state, commands = after(Event.SPEECH_STARTED, Event.END_LIKELY, Event.END_CONFIRMED)
    assert (state, commands) == (State.THINKING, (Command.TELL_SPEECH_ENDED, Command.RELEASE))


def test_a_learner_who_goes_on_has_the_prepared_reply_forgotten() -> None:
    state, commands = after(Event.SPEECH_STARTED, Event.END_LIKELY, Event.SPEECH_RESUMED)
    assert (state, commands) == (State.LEARNER, (Command.DISCARD, Command.LISTEN))


@pytest.mark.parametrize("speaking", [(), (Event.AUDIO_STARTED,)])
def test_speech_during_the_reply_interrupts_it(speaking: tuple[Event, ...]) -> None:
    state, commands = after(Event.TEXT_ASKED, *speaking, Event.SPEECH_STARTED)
    assert state is State.LEARNER
    assert commands[0] is Command.INTERRUPT


def test_an_event_that_does_not_fit_changes_nothing() -> None:
    assert after(Event.AUDIO_STARTED) == (State.IDLE, ())
    assert after(Event.SPEECH_STARTED, Event.REPLY_ENDED) == (State.LEARNER, ())


def test_every_state_can_be_left_and_every_event_is_used() -> None:
    assert {state for state, _ in TURNS} == set(State)
    assert {event for _, event in TURNS} == set(Event)
    assert {command for _, commands in TURNS.values() for command in commands} == set(Command)


def test_a_reply_under_way_never_goes_on_unseen() -> None:
    for (state, event), (following, commands) in TURNS.items():
        if state in {State.THINKING, State.TUTOR} and following not in {State.THINKING, State.TUTOR}:
            assert event is Event.REPLY_ENDED or commands[0] is Command.INTERRUPT
