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
    # The learner has spoken over a reply, which is held:
    OVER = auto()  # the learner speaks
    WEIGHING = auto()  # the learner may be done; what was said is not known yet
    NODDED = auto()  # the learner may be done, and has only nodded
    JUDGING = auto()  # the learner is done; what was said is not known yet


_STARTED: Final = (Command.TELL_SPEECH_STARTED, Command.LISTEN)
_ENDED: Final = (Command.TELL_SPEECH_ENDED, Command.RELEASE)
_DROPPED: Final = (Command.DISCARD, Command.TELL_SPEECH_ENDED)
_AGAIN: Final = (Command.DISCARD, Command.LISTEN)
_HELD: Final = (Command.HOLD, *_STARTED)
_RESUMED: Final = (*_DROPPED, Command.RESUME)
_REPLACED: Final = (*_DROPPED, Command.INTERRUPT, Command.ANSWER)
_STOPPED: Final = (*_DROPPED, Command.INTERRUPT)
_NOTHING: Final[tuple[Command, ...]] = ()

TURNS: Final[dict[tuple[State, Event], tuple[State, tuple[Command, ...]]]] = {
    (State.IDLE, Event.SPEECH_STARTED): (State.LEARNER, _STARTED),
    (State.IDLE, Event.NOTHING_HEARD): (State.IDLE, (Command.TELL_NOTHING_HEARD,)),
    (State.IDLE, Event.TEXT_ASKED): (State.THINKING, (Command.ANSWER,)),
    (State.LEARNER, Event.END_LIKELY): (State.PAUSED, (Command.PREPARE,)),
    (State.LEARNER, Event.END_CONFIRMED): (State.THINKING, (Command.PREPARE, *_ENDED)),
    (State.LEARNER, Event.DISMISSED): (State.IDLE, _DROPPED),
    (State.LEARNER, Event.CANCELLED): (State.IDLE, _DROPPED),
    (State.LEARNER, Event.TEXT_ASKED): (State.THINKING, (*_DROPPED, Command.ANSWER)),
    (State.PAUSED, Event.SPEECH_RESUMED): (State.LEARNER, _AGAIN),
    (State.PAUSED, Event.END_CONFIRMED): (State.THINKING, _ENDED),
    (State.PAUSED, Event.CANCELLED): (State.IDLE, _DROPPED),
    (State.PAUSED, Event.TEXT_ASKED): (State.THINKING, (*_DROPPED, Command.ANSWER)),
    (State.THINKING, Event.AUDIO_STARTED): (State.TUTOR, _NOTHING),
    (State.THINKING, Event.REPLY_ENDED): (State.IDLE, _NOTHING),
    (State.THINKING, Event.SPEECH_STARTED): (State.OVER, _HELD),
    (State.THINKING, Event.TEXT_ASKED): (State.THINKING, (Command.INTERRUPT, Command.ANSWER)),
    (State.THINKING, Event.CANCELLED): (State.IDLE, (Command.INTERRUPT,)),
    (State.TUTOR, Event.REPLY_ENDED): (State.IDLE, _NOTHING),
    (State.TUTOR, Event.SPEECH_STARTED): (State.OVER, _HELD),
    (State.TUTOR, Event.TEXT_ASKED): (State.THINKING, (Command.INTERRUPT, Command.ANSWER)),
    (State.TUTOR, Event.CANCELLED): (State.IDLE, (Command.INTERRUPT,)),
    (State.OVER, Event.MEANT): (State.LEARNER, (Command.INTERRUPT,)),
    (State.OVER, Event.END_LIKELY): (State.WEIGHING, (Command.PREPARE,)),
    (State.OVER, Event.END_CONFIRMED): (State.JUDGING, (Command.PREPARE,)),
    (State.OVER, Event.DISMISSED): (State.THINKING, _RESUMED),
    (State.OVER, Event.REPLY_ENDED): (State.LEARNER, _NOTHING),
    (State.OVER, Event.TEXT_ASKED): (State.THINKING, _REPLACED),
    (State.OVER, Event.CANCELLED): (State.IDLE, _STOPPED),
    (State.WEIGHING, Event.MEANT): (State.PAUSED, (Command.INTERRUPT,)),
    (State.WEIGHING, Event.NOT_MEANT): (State.NODDED, _NOTHING),
    (State.WEIGHING, Event.SPEECH_RESUMED): (State.OVER, _AGAIN),
    (State.WEIGHING, Event.END_CONFIRMED): (State.JUDGING, _NOTHING),
    (State.WEIGHING, Event.REPLY_ENDED): (State.PAUSED, _NOTHING),
    (State.WEIGHING, Event.TEXT_ASKED): (State.THINKING, _REPLACED),
    (State.WEIGHING, Event.CANCELLED): (State.IDLE, _STOPPED),
    (State.NODDED, Event.MEANT): (State.PAUSED, (Command.INTERRUPT,)),
    (State.NODDED, Event.SPEECH_RESUMED): (State.OVER, _AGAIN),
    (State.NODDED, Event.END_CONFIRMED): (State.THINKING, _RESUMED),
    (State.NODDED, Event.REPLY_ENDED): (State.PAUSED, _NOTHING),
    (State.NODDED, Event.TEXT_ASKED): (State.THINKING, _REPLACED),
    (State.NODDED, Event.CANCELLED): (State.IDLE, _STOPPED),
    (State.JUDGING, Event.MEANT): (State.THINKING, (Command.INTERRUPT, *_ENDED)),
    (State.JUDGING, Event.NOT_MEANT): (State.THINKING, _RESUMED),
    (State.JUDGING, Event.SPEECH_STARTED): (State.OVER, _AGAIN),
    (State.JUDGING, Event.REPLY_ENDED): (State.THINKING, _ENDED),
    (State.JUDGING, Event.TEXT_ASKED): (State.THINKING, _REPLACED),
    (State.JUDGING, Event.CANCELLED): (State.IDLE, _STOPPED),
}
# Nobody has begun to say anything that is not dealt with yet.
UNSPOKEN: Final = frozenset({State.IDLE, State.THINKING, State.TUTOR})


class Turns:
    """Owns whose turn it is; every change of it happens here."""

    __slots__ = ("state",)

    def __init__(self) -> None:
        self.state = State.IDLE

    def receive(self, event: Event) -> tuple[Command, ...]:
        """Advance by one event and say what to do; an event that does not fit changes nothing."""
        self.state, commands = TURNS.get((self.state, event), (self.state, _NOTHING))
        return commands
