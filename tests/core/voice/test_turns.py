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
def test_speech_during_the_reply_holds_it(speaking: tuple[Event, ...]) -> None:
    state, commands = after(Event.TEXT_ASKED, *speaking, Event.SPEECH_STARTED)
    assert state is State.OVER
    assert commands[0] is Command.HOLD


OVER = (Event.TEXT_ASKED, Event.AUDIO_STARTED, Event.SPEECH_STARTED)


@pytest.mark.parametrize(
    ("heard", "following"),
    [
        ((Event.MEANT,), State.LEARNER),
        ((Event.END_LIKELY, Event.MEANT), State.PAUSED),
        ((Event.END_LIKELY, Event.NOT_MEANT, Event.MEANT), State.PAUSED),
        ((Event.END_LIKELY, Event.END_CONFIRMED, Event.MEANT), State.THINKING),
    ],
)
def test_an_interruption_is_cut_once_it_is_known_to_be_meant(heard: tuple[Event, ...], following: State) -> None:
    state, commands = after(*OVER, *heard)
    assert state is following
    assert commands[0] is Command.INTERRUPT


@pytest.mark.parametrize(
    "heard",
    [
        (Event.DISMISSED,),
        (Event.END_LIKELY, Event.NOT_MEANT, Event.END_CONFIRMED),
        (Event.END_LIKELY, Event.END_CONFIRMED, Event.NOT_MEANT),
        (Event.END_CONFIRMED, Event.NOT_MEANT),
    ],
)
def test_a_reply_goes_on_once_nothing_was_meant_and_the_learner_is_silent(heard: tuple[Event, ...]) -> None:
    assert after(*OVER, *heard) == (
        State.THINKING,
        (Command.DISCARD, Command.TELL_SPEECH_ENDED, Command.RESUME),
    )


def test_an_event_that_does_not_fit_changes_nothing() -> None:
    assert after(Event.AUDIO_STARTED) == (State.IDLE, ())
    assert after(Event.SPEECH_STARTED, Event.REPLY_ENDED) == (State.LEARNER, ())


def test_every_state_can_be_left_and_every_event_is_used() -> None:
    assert {state for state, _ in TURNS} == set(State)
    assert {event for _, event in TURNS} == set(Event)
    assert {command for _, commands in TURNS.values() for command in commands} == set(Command)


HELD = {State.OVER, State.WEIGHING, State.NODDED, State.JUDGING}


def test_a_reply_under_way_never_goes_on_unseen() -> None:
    for (state, event), (following, commands) in TURNS.items():
        if state in {State.THINKING, State.TUTOR} and following not in {State.THINKING, State.TUTOR}:
            assert event is Event.REPLY_ENDED or commands[0] in {Command.INTERRUPT, Command.HOLD}


def test_a_held_reply_is_resumed_cut_or_over() -> None:
    for (state, event), (following, commands) in TURNS.items():
        if state in HELD and following not in HELD:
            assert event is Event.REPLY_ENDED or {Command.RESUME, Command.INTERRUPT} & set(commands)
        assert (Command.HOLD in commands) == (following in HELD and state not in HELD)
