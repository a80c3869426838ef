"""Who may speak now: a table and a function."""

from enum import Enum, auto
from typing import Final

from core.voice.events import Command, Event


class State(Enum):
    """Whose turn it is."""

    IDLE = auto()  # nobody speaks
    LEARNER = auto()  # the learner speaks
    PAUSED = auto()  # the learner may be done; a reply is prepared in silence
    THINKING = auto()  # the learner is done; the reply is on its way
    TUTOR = auto()  # the tutor is heard


_STARTED: Final = (Command.TELL_SPEECH_STARTED, Command.LISTEN)
_ENDED: Final = (Command.TELL_SPEECH_ENDED, Command.RELEASE)
_NOTHING: Final[tuple[Command, ...]] = ()

TURNS: Final[dict[tuple[State, Event], tuple[State, tuple[Command, ...]]]] = {
    (State.IDLE, Event.SPEECH_STARTED): (State.LEARNER, _STARTED),
    (State.IDLE, Event.NOTHING_HEARD): (State.IDLE, (Command.TELL_NOTHING_HEARD,)),
    (State.IDLE, Event.TEXT_ASKED): (State.THINKING, (Command.ANSWER,)),
    (State.LEARNER, Event.END_LIKELY): (State.PAUSED, (Command.PREPARE,)),
    (State.LEARNER, Event.END_CONFIRMED): (State.THINKING, (Command.PREPARE, *_ENDED)),
    (State.LEARNER, Event.DISMISSED): (State.IDLE, (Command.DISCARD, Command.TELL_SPEECH_ENDED)),
    (State.LEARNER, Event.CANCELLED): (State.IDLE, (Command.DISCARD, Command.TELL_SPEECH_ENDED)),
    (State.LEARNER, Event.TEXT_ASKED): (
        State.THINKING,
        (Command.DISCARD, Command.TELL_SPEECH_ENDED, Command.ANSWER),
    ),
    (State.PAUSED, Event.SPEECH_RESUMED): (State.LEARNER, (Command.DISCARD, Command.LISTEN)),
    (State.PAUSED, Event.END_CONFIRMED): (State.THINKING, _ENDED),
    (State.PAUSED, Event.CANCELLED): (State.IDLE, (Command.DISCARD, Command.TELL_SPEECH_ENDED)),
    (State.PAUSED, Event.TEXT_ASKED): (
        State.THINKING,
        (Command.DISCARD, Command.TELL_SPEECH_ENDED, Command.ANSWER),
    ),
    (State.THINKING, Event.AUDIO_STARTED): (State.TUTOR, _NOTHING),
    (State.THINKING, Event.REPLY_ENDED): (State.IDLE, _NOTHING),
    (State.THINKING, Event.SPEECH_STARTED): (State.LEARNER, (Command.INTERRUPT, *_STARTED)),
    (State.THINKING, Event.TEXT_ASKED): (State.THINKING, (Command.INTERRUPT, Command.ANSWER)),
    (State.THINKING, Event.CANCELLED): (State.IDLE, (Command.INTERRUPT,)),
    (State.TUTOR, Event.REPLY_ENDED): (State.IDLE, _NOTHING),
    (State.TUTOR, Event.SPEECH_STARTED): (State.LEARNER, (Command.INTERRUPT, *_STARTED)),
    (State.TUTOR, Event.TEXT_ASKED): (State.THINKING, (Command.INTERRUPT, Command.ANSWER)),
    (State.TUTOR, Event.CANCELLED): (State.IDLE, (Command.INTERRUPT,)),
}


class Turns:
    """Owns whose turn it is; every change of it happens here."""

    __slots__ = ("state",)

    def __init__(self) -> None:
        self.state = State.IDLE

    def receive(self, event: Event) -> tuple[Command, ...]:
        """Advance by one event and say what to do; an event that does not fit changes nothing."""
        self.state, commands = TURNS.get((self.state, event), (self.state, _NOTHING))
        return commands
