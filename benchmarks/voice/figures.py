"""Numbers of one run: pure accounting, no clock and no socket."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Self


def percentile(values: Sequence[float], share: float) -> float:
    """Return the value that `share` (0 to 1) of a non-empty sequence does not exceed, by nearest rank."""
    ordered = sorted(values)
    return ordered[round(share * (len(ordered) - 1))]


@dataclass(frozen=True, slots=True)
class Spread:
    """A set of durations, in milliseconds."""

    count: int
    p50: float
    p95: float
    least: float
    most: float

    @classmethod
    def of(cls, seconds: Sequence[float]) -> Self | None:
        """Summarise durations given in seconds; None of none."""
        if not seconds:
            return None
        milliseconds = [value * 1000 for value in seconds]
        middle, high = percentile(milliseconds, 0.5), percentile(milliseconds, 0.95)
        return cls(len(milliseconds), middle, high, min(milliseconds), max(milliseconds))


@dataclass(slots=True)
class Figures:
    """What one server showed with one number of callers. CPU is in milliseconds per caller and second of real time.

    Attributes:
        cpu_no_callers: milliseconds a second of the whole server before anyone called.
        rss_empty_mb, rss_per_caller_mb, rss_after_mb: resident memory of the process tree before the first call, what
            each caller added at the end of it, and the tree's again when all had left.
        voice_to_voice: true end of the caller's speech to the first audio of the reply.
        barge_in_signal: true start of the interrupting speech to the order to drop the audio.
        barge_in_audible_stop: the same start to the moment the loudspeaker fell silent, ordered or not.
        barge_in_dropped: audio sent ahead and thrown away then.
        barge_in_stale: old audio that still came after the order.
        barge_in_reply: voice to voice of the interrupting turn.
        barge_ins_unnoticed: interruptions that brought no order.
        missed_turns: questions without an answer within 12 s.
        underruns_per_turn: times the loudspeaker ran dry inside a reply.
        furthest_ahead_s: most audio a client held unplayed.
        paused_utterances, false_ends, talked_over: sentences said with pauses inside, ends of turn told while the
            caller was still in such a sentence, and such sentences the server began to talk into.
        calls_lost: connections that ended before the caller hung up.
        late_frames: microphone frames sent more than a frame late: above a few, this machine was too busy to measure.
    """

    subject: str
    callers: int
    start_s: float = 0.0
    cpu_no_callers: float = 0.0
    cpu_silence: float | None = None
    cpu_caller_speaks: float | None = None
    cpu_tutor_speaks: float | None = None
    cpu_conversation: float | None = None
    rss_empty_mb: float = 0.0
    rss_per_caller_mb: float = 0.0
    rss_after_mb: float = 0.0
    voice_to_voice: Spread | None = None
    missed_turns: int = 0
    underruns_per_turn: float | None = None
    furthest_ahead_s: float = 0.0
    barge_in_signal: Spread | None = None
    barge_in_audible_stop: Spread | None = None
    barge_in_dropped: Spread | None = None
    barge_in_stale: Spread | None = None
    barge_in_reply: Spread | None = None
    barge_ins_unnoticed: int = 0
    paused_utterances: int = 0
    false_ends: int = 0
    talked_over: int = 0
    calls_lost: int = 0
    late_frames: int = 0
    load_before: float = 0.0
    load_after: float = 0.0
    events: dict[str, int] = field(default_factory=dict[str, int])


def per_caller_second(cpu_before: float, cpu_after: float, elapsed: float, callers: int) -> float:
    """Return CPU milliseconds per caller and second from two readings in CPU seconds, `elapsed` seconds apart."""
    return (cpu_after - cpu_before) * 1000 / elapsed / callers


def ratio(ours: float | None, theirs: Sequence[float | None]) -> float | None:
    """Return ours divided by the best, that is least, of the others; None where that says nothing."""
    known = [value for value in theirs if value is not None]
    if ours is None or not known or min(known) <= 0:
        return None
    return ours / min(known)
