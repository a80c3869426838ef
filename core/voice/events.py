"""What can happen in a conversation, and what the shell is told to do about it."""

from enum import Enum, auto


class Event(Enum):
    """Something that happened, heard or asked for."""

    SPEECH_STARTED = auto()  # the learner has spoken for long enough to mean it
    END_LIKELY = auto()  # a short silence: the learner may be done
    SPEECH_RESUMED = auto()  # the learner went on after a likely end
    END_CONFIRMED = auto()  # the silence lasted, or the button was let go
    DISMISSED = auto()  # the sound was too short to be an utterance
    NOTHING_HEARD = auto()  # the button was let go and nobody had spoken
    TEXT_ASKED = auto()  # a typed question
    CANCELLED = auto()  # the client asked to stop the tutor
    MEANT = auto()  # what is said over the answer is an interruption: it goes on, or its words say so
    NOT_MEANT = auto()  # what was said over the answer was a nod, an echo or nothing
    AUDIO_STARTED = auto()  # the first audio of the reply left for the client
    REPLY_ENDED = auto()  # the reply was heard to its end, or there is none


class Command(Enum):
    """Something the shell starts or cancels; it never waits for one."""

    LISTEN = auto()  # open a transcription of the utterance, from its first sample
    PREPARE = auto()  # close the utterance and work out a reply nobody hears yet
    DISCARD = auto()  # forget the transcription and the prepared reply, without a trace
    RELEASE = auto()  # the turn is the tutor's: let the prepared reply be heard
    ANSWER = auto()  # reply to the typed question, heard at once
    HOLD = auto()  # stop audio now; the reply waits where the learner stopped hearing it
    RESUME = auto()  # let the held reply go on from there
    INTERRUPT = auto()  # stop audio now, cancel the reply, keep what was heard of it
    TELL_SPEECH_STARTED = auto()
    TELL_SPEECH_ENDED = auto()
    TELL_NOTHING_HEARD = auto()
