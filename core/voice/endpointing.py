"""Where an utterance begins and ends, told from the detector's decisions. Time is counted in samples."""

from enum import Enum, auto
from typing import Final

import msgspec

from core.voice.completeness import Completeness
from core.voice.events import Event
from core.voice.pauses import Pauses

RATE: Final = 16_000
_PER_MS: Final = RATE // 1000
_NOTHING: Final[tuple[Event, ...]] = ()


class Timing(msgspec.Struct, frozen=True, kw_only=True):
    """How long things last, in milliseconds of audio.

    Attributes:
        onset_ms: speech that starts an utterance.
        barge_in_ms: speech that makes the tutor wait.
        meant_ms: speech over the tutor that is an interruption, whatever it says.
        likely_end_ms: silence after which a reply is prepared.
        end_ms: silence that ends the learner's turn, while nothing is known of the learner's pauses and words.
        least_end_ms, most_end_ms: that silence is never shorter or longer, whatever is known; `end_ms` may lie outside.
        least_speech_ms: speech an utterance needs; less is a click or a cough and is forgotten.
        longest_ms: an utterance that goes on for longer is ended.
        eager_starts: how often one utterance may have a reply prepared before its end is confirmed.
    """

    onset_ms: int = 96
    barge_in_ms: int = 64
    meant_ms: int = 1_000
    likely_end_ms: int = 64
    end_ms: int = 500
    least_end_ms: int = 400
    most_end_ms: int = 1_200
    least_speech_ms: int = 160
    longest_ms: int = 60_000
    eager_starts: int = 3


# A silence shorter than this belongs to a word: the closure of a plosive, say.
_SHORTEST_PAUSE: Final = 160 * _PER_MS
# Who goes on within this time, unanswered, had only paused.
_LONGEST_PAUSE: Final = 2_000 * _PER_MS
# A turn ends after a silence so many times as long as the speaker's usual longest pause.
_BEYOND_USUAL: Final = 1.25
# What the words say, times that.
_BY_WORDS: Final = {Completeness.UNFINISHED: 1.6, Completeness.UNKNOWN: 1.0, Completeness.COMPLETE: 0.8}


class _Hearing(Enum):
    SILENCE = auto()
    SPEECH = auto()
    PAUSE = auto()


class Endpointing:
    """Follows one microphone.

    Attributes:
        position: samples decided so far.
        started: position of the utterance's first speech.
        ended: position after the utterance's last speech.
    """

    __slots__ = (
        "_answered",
        "_completeness",
        "_eager_left",
        "_finish_at",
        "_hearing",
        "_meant",
        "_pauses",
        "_run",
        "_spoken",
        "_threshold",
        "_timing",
        "_utterances",
        "ended",
        "position",
        "started",
    )

    # Speech goes on while the probability stays above the threshold less this much.
    HYSTERESIS: Final = 0.15
    # No detector decides on a longer stretch than this at once; what is left over at the end stays undecided.
    LONGEST_WINDOW: Final = 512

    def __init__(self, timing: Timing, *, threshold: float = 0.5) -> None:
        self._timing = timing
        self._threshold = threshold
        self._hearing = _Hearing.SILENCE
        self._run = 0
        self._spoken = 0
        self._meant = False
        self._eager_left = timing.eager_starts
        self._finish_at: int | None = None
        self._utterances = 0
        self._pauses = Pauses()
        self._completeness = Completeness.UNKNOWN
        self._answered = True
        self.position = 0
        self.started = 0
        self.ended = 0

    def set_threshold(self, threshold: float) -> None:
        """Use another probability, 0 to 1, above which a window is speech."""
        self._threshold = threshold

    def begin(self) -> None:
        """Start afresh, as when the record button is pressed: nothing was heard yet."""
        self._reset()
        self._utterances = 0
        self._finish_at = None
        self._answered = True

    def understood(self, completeness: Completeness) -> None:
        """Take what the words before the present pause say of it; it is forgotten when the speaker goes on."""
        if self._hearing is _Hearing.PAUSE:
            self._completeness = completeness

    def finish(self, at: int) -> tuple[Event, ...]:
        """End the utterance as soon as the audio up to sample `at` is decided: the button was let go."""
        self._finish_at = at
        return self._finished()

    def hear(self, probability: float, samples: int, *, tutor_speaks: bool) -> tuple[Event, ...]:
        """Take the detector's next decision.

        Args:
            probability: 0 to 1, that the window is speech.
            samples: the window's length.
            tutor_speaks: the learner would interrupt.
        """
        self.position += samples
        self._answered |= tutor_speaks
        if self._hearing is _Hearing.SILENCE:
            events = self._wait(probability, samples, tutor_speaks=tutor_speaks)
        elif probability >= self._threshold - self.HYSTERESIS:
            events = self._go_on(samples)
        else:
            events = self._pause()
        return events if self._finish_at is None else events + self._finished()

    def calm_ms(self, *, tutor_speaks: bool) -> float:
        """Return how many milliseconds more it takes, at least, until an utterance starts, or may have ended.

        That speech goes on after a pause is not counted: it only takes back what nobody has heard.
        """
        if self._finish_at is not None:
            return 0
        silence = self.position - self.ended
        if self._hearing is _Hearing.SILENCE:
            return self._needed_speech(tutor_speaks=tutor_speaks) - self._run // _PER_MS
        if self._hearing is _Hearing.SPEECH:
            return self._timing.likely_end_ms - silence // _PER_MS
        return (self._needed() - silence) // _PER_MS

    def _needed_speech(self, *, tutor_speaks: bool) -> int:
        """Return the milliseconds of speech that start an utterance now."""
        return self._timing.barge_in_ms if tutor_speaks else self._timing.onset_ms

    def _wait(self, probability: float, samples: int, *, tutor_speaks: bool) -> tuple[Event, ...]:
        if probability < self._threshold:
            self._run = 0
            return _NOTHING
        if self._run == 0:
            self.started = self.position - samples
        self._run += samples
        if self._run < self._needed_speech(tutor_speaks=tutor_speaks) * _PER_MS:
            return _NOTHING
        return self._start()

    def _start(self) -> tuple[Event, ...]:
        if not self._answered:
            self._note_pause(self.started - self.ended)
        self._hearing = _Hearing.SPEECH
        self._meant = False
        self._spoken = self._run
        self.ended = self.position
        self._eager_left = self._timing.eager_starts
        return (Event.SPEECH_STARTED,)

    def _go_on(self, samples: int) -> tuple[Event, ...]:
        resumed = self._hearing is _Hearing.PAUSE
        self._hearing = _Hearing.SPEECH
        self._spoken += samples
        self._note_pause(self.position - samples - self.ended)
        self._completeness = Completeness.UNKNOWN
        self.ended = self.position
        if self.position - self.started >= self._timing.longest_ms * _PER_MS:
            self._close()
            return (Event.SPEECH_RESUMED, Event.END_CONFIRMED) if resumed else (Event.END_CONFIRMED,)
        events = (Event.SPEECH_RESUMED,) if resumed else _NOTHING
        if self._meant or self._spoken < self._timing.meant_ms * _PER_MS:
            return events
        self._meant = True
        return (*events, Event.MEANT)

    def _pause(self) -> tuple[Event, ...]:
        silence = self.position - self.ended
        if silence >= self._needed():
            return self._end()
        likely = silence >= self._timing.likely_end_ms * _PER_MS
        if likely and self._hearing is _Hearing.SPEECH and self._eager_left and self._long_enough():
            self._hearing = _Hearing.PAUSE
            self._eager_left -= 1
            return (Event.END_LIKELY,)
        return _NOTHING

    def _needed(self) -> float:
        """Return the silence, in samples, that ends the turn now."""
        timing = self._timing
        usual = self._pauses.usual_longest
        wait = usual * _BEYOND_USUAL if usual else timing.end_ms * _PER_MS
        wait *= _BY_WORDS[self._completeness]
        least, most = min(timing.least_end_ms, timing.end_ms), max(timing.most_end_ms, timing.end_ms)
        return min(max(wait, least * _PER_MS), most * _PER_MS)

    def _note_pause(self, samples: int) -> None:
        if _SHORTEST_PAUSE <= samples <= _LONGEST_PAUSE:
            self._pauses.add(samples)

    def _end(self) -> tuple[Event, ...]:
        event = Event.END_CONFIRMED if self._long_enough() else Event.DISMISSED
        self._close()
        return (event,)

    def _finished(self) -> tuple[Event, ...]:
        if self._finish_at is None or self.position + self.LONGEST_WINDOW <= self._finish_at:
            return _NOTHING
        self._finish_at = None
        if self._hearing is not _Hearing.SILENCE:
            self._close()
            return (Event.END_CONFIRMED,)
        if self._run:  # a word too short to have been noticed, but the learner held the button for it
            started = self._start()
            self._close()
            return (*started, Event.END_CONFIRMED)
        return _NOTHING if self._utterances else (Event.NOTHING_HEARD,)

    def _long_enough(self) -> bool:
        return self._spoken >= self._timing.least_speech_ms * _PER_MS

    def _close(self) -> None:
        self._utterances += 1
        self._answered = not self._long_enough()
        self._reset()

    def _reset(self) -> None:
        self._hearing = _Hearing.SILENCE
        self._completeness = Completeness.UNKNOWN
        self._run = 0
        self._spoken = 0
