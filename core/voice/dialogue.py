"""One conversation's turn-taking: microphone, endpointing and turns behind one set of verbs.

Every method answers with the commands the shell obeys, in order.
"""

import math
from dataclasses import dataclass, field
from typing import Final

import msgspec

from core.voice.completeness import completeness
from core.voice.endpointing import RATE, Endpointing, Timing
from core.voice.events import Command, Event
from core.voice.recorder import Recorder
from core.voice.turns import UNSPOKEN, State, Turns
from core.voice.weighing import Saying, is_meant

_PAST: Final = RATE  # what is kept while nobody speaks
_NOTHING: Final[tuple[Command, ...]] = ()


class Microphone(msgspec.Struct, frozen=True, kw_only=True):
    """How a client's microphone is used.

    Attributes:
        hands_free: it is always open; otherwise audio counts between start and stop.
        detect: the server finds the ends of utterances itself; otherwise only the button ends one.
        threshold: probability, 0 to 1, above which the detector's window is speech.
        before_ms: what an utterance keeps of the sound before its first detected speech, at most a second.
        answered: each utterance is answered; otherwise only its words are kept, and somebody asks for the answer.
        interrupts: speech stops the tutor; otherwise what is said over an answer is not heard.
    """

    hands_free: bool = False
    detect: bool = True
    threshold: float = 0.5
    before_ms: int = 200
    answered: bool = True
    interrupts: bool = True


@dataclass(slots=True)
class Dialogue:
    """Takes what happens and says what to do.

    Attributes:
        language: what the learner speaks, a BCP 47 tag.
    """

    timing: Timing
    microphone: Microphone
    language: str = "en"
    turns: Turns = field(default_factory=Turns)
    recorder: Recorder = field(default_factory=Recorder)
    _endpointing: Endpointing = field(init=False)
    _recording: bool = False
    _utterance_from: int = 0

    def __post_init__(self) -> None:
        self._endpointing = Endpointing(self.timing, threshold=self.microphone.threshold)

    @property
    def state(self) -> State:
        """Whose turn it is."""
        return self.turns.state

    @property
    def listening(self) -> bool:
        """Whether binary frames are the learner's voice now."""
        return self._recording or self.microphone.hands_free

    @property
    def detecting(self) -> bool:
        """Whether what is heard goes to the voice detector."""
        return self.microphone.detect or self.microphone.hands_free

    def calm_ms(self) -> float:
        """Return how much more sound it takes, at least, before something is decided whose delay would be noticed.

        None of it while a button is held: letting go of it decides.
        """
        if self._recording:
            return 0
        if not self.detecting:
            return math.inf
        calm = self._endpointing.calm_ms(tutor_speaks=self.turns.state is State.TUTOR)
        return calm - (self.recorder.position - self._endpointing.position) * 1000 / RATE

    @property
    def undecided(self) -> int:
        """Samples heard that the detector has not decided on."""
        return self.recorder.position - self._endpointing.position if self.detecting else 0

    @property
    def utterance_from(self) -> int:
        """Position of the utterance's first sample, some silence before the first word included."""
        return self._utterance_from

    @property
    def utterance_until(self) -> int:
        """Position up to which the utterance is known to reach."""
        return self._endpointing.position if self.detecting else self.recorder.position

    @property
    def started_ms(self) -> int:
        """Where the utterance begins, in milliseconds of what the microphone sent."""
        return self._utterance_from * 1000 // RATE

    @property
    def onset_ms(self) -> int:
        """How long ago the utterance's first speech was, in milliseconds of what the microphone sent."""
        return (self.recorder.position - self._endpointing.started) * 1000 // RATE if self.detecting else 0

    @property
    def decided_ms(self) -> int:
        """How far what the microphone sent is decided on, in milliseconds."""
        return self.utterance_until * 1000 // RATE

    @property
    def speech_ms(self) -> int:
        """How long the last utterance lasted, from its first to its last speech."""
        if not self.detecting:
            return (self.recorder.position - self._utterance_from) * 1000 // RATE
        return max(0, self._endpointing.ended - self._endpointing.started) * 1000 // RATE

    @property
    def silence_ms(self) -> int:
        """Silence since the last speech: how much later than it this moment is."""
        return (self._endpointing.position - self._endpointing.ended) * 1000 // RATE if self.detecting else 0

    def hear(self, pcm: bytes) -> tuple[Command, ...]:
        """Keep what the microphone sends; where nobody detects, an over-long utterance ends here."""
        self.recorder.feed(pcm)
        if self.detecting or self.recorder.position - self._utterance_from < self.timing.longest_ms * RATE // 1000:
            return _NOTHING
        self._recording = False
        return self.turns.receive(Event.END_CONFIRMED)

    def decided(self, probability: float, samples: int) -> tuple[Command, ...]:
        """Take the detector's decision on the next window."""
        tutor_speaks = self.turns.state is State.TUTOR
        events = self._endpointing.hear(probability, samples, tutor_speaks=tutor_speaks)
        if not events:
            self._forget()
            return _NOTHING
        return self._receive(events)

    def understood(self, words: str | None, saying: Saying) -> tuple[Command, ...]:
        """Take the words before the present pause, None when the recogniser failed.

        They tell how long a silence ends the turn, and whether speech over a reply was meant to interrupt it.

        Args: saying: what the tutor was saying when the learner spoke.
        """
        state = self.turns.state
        if words and state in {State.PAUSED, State.WEIGHING}:
            self._endpointing.understood(completeness(words, self.language))
        if state not in {State.WEIGHING, State.JUDGING}:
            return _NOTHING
        meant = words is not None and is_meant(words, saying, self.language)
        return self.turns.receive(Event.MEANT if meant else Event.NOT_MEANT)

    def start_recording(self) -> tuple[Command, ...]:
        """The learner pressed the button; pressing it twice changes nothing."""
        if self._recording:
            return _NOTHING
        self._recording = True
        if self.detecting:
            self._endpointing.begin()
            return _NOTHING
        self.recorder.forget(self.recorder.position)
        self._utterance_from = self.recorder.position
        return self._speech_started()

    def stop_recording(self) -> tuple[Command, ...]:
        """The learner let go; nothing changes when the utterance has already ended by its silence."""
        if not self._recording:
            return _NOTHING
        self._recording = False
        if self.detecting:
            return self._receive(self._endpointing.finish(self.recorder.position))
        silent = self.recorder.position == self._utterance_from
        commands = self.turns.receive(Event.CANCELLED if silent else Event.END_CONFIRMED)
        return (*commands, Command.TELL_NOTHING_HEARD) if silent else commands

    def end_utterance(self) -> tuple[Command, ...]:
        """The client says that the utterance is over, or that there must have been one."""
        return self._receive(self._endpointing.finish(self.recorder.position))

    def receive(self, event: Event) -> tuple[Command, ...]:
        """Take an event that no audio tells: a typed question, a cancel, the reply's progress."""
        return self._receive((event,))

    def _receive(self, events: tuple[Event, ...]) -> tuple[Command, ...]:
        commands = _NOTHING
        for event in events:
            if event is not Event.SPEECH_STARTED:
                commands += self.turns.receive(event)
            elif self.microphone.interrupts or self.turns.state not in {State.THINKING, State.TUTOR}:
                self._place_utterance()
                commands += self._speech_started()
        return commands

    def _place_utterance(self) -> None:
        """Find the new utterance's first sample; one whose words are still awaited is continued."""
        longest = self.timing.longest_ms * RATE // 1000
        if self.turns.state is State.JUDGING and self._endpointing.started - self._utterance_from < longest:
            return
        before = self.microphone.before_ms * RATE // 1000
        self._utterance_from = max(self.recorder.first, self._endpointing.started - before)

    def _speech_started(self) -> tuple[Command, ...]:
        commands = self.turns.receive(Event.SPEECH_STARTED)
        if self.microphone.hands_free:
            return commands
        return commands + self.turns.receive(Event.MEANT)  # who presses a button over the tutor means it

    def _forget(self) -> None:
        """Bound what is kept while no utterance is under way; a second's worth at a time is cheaper than each frame."""
        oldest = self._endpointing.position - _PAST
        if oldest - self.recorder.first > _PAST and self.turns.state in UNSPOKEN:
            self.recorder.forget(oldest)
