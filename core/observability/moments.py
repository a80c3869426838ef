"""The moments of one turn, noted while it runs, and made into its record when it is over."""

from datetime import timedelta

from core.observability.record import Outcome, Stage, StageName, TurnRecord
from shared.clock import utc_now


class Moments:
    """Notes when stages begin and end; of each stage the first time counts.

    Args:
        since: the turn's beginning: the learner's last sound, or the typed question. All times are the event loop's.
    """

    __slots__ = ("_began", "_ended", "_since")

    def __init__(self, since: float) -> None:
        self._since = since
        self._began = {StageName.ENDPOINT: since, StageName.VOICE_TO_VOICE: since}
        self._ended: dict[StageName, float] = {}

    def begin(self, stage: StageName, now: float) -> None:
        """A stage begins; those of the turn's beginning have begun already."""
        self._began.setdefault(stage, now)

    def end(self, stage: StageName, now: float) -> None:
        """A stage has done what is timed; one that never began changes nothing."""
        if stage in self._began:
            self._ended.setdefault(stage, now)

    def took(self, stage: StageName, ms: int, *, until: float | None = None) -> None:
        """A stage took so long, since it began or until then; 0: it never ended."""
        if until is not None:
            self.begin(stage, until - ms / 1000)
        if ms and stage in self._began:
            self._ended.setdefault(stage, self._began[stage] + ms / 1000)

    def lasted(self, stage: StageName) -> int | None:
        """Return how long a stage took, in milliseconds; None where it has not ended."""
        if stage not in self._ended:
            return None
        return max(0, round((self._ended[stage] - self._began[stage]) * 1000))

    def record(self, turn_id: str, *, now: float, outcome: Outcome) -> TurnRecord:
        """Return the turn's record; stages that never ended are not in it."""
        stages = [Stage(name, self._ms(self._began[name]), self._ms(ended)) for name, ended in self._ended.items()]
        return TurnRecord(
            turn_id=turn_id,
            began_at=utc_now() - timedelta(seconds=now - self._since),
            lasted_ms=self._ms(now),
            spoken=StageName.STT in self._began,
            outcome=outcome,
            stages=tuple(sorted(stages, key=lambda stage: stage.began_ms)),
        )

    def _ms(self, moment: float) -> int:
        return round((moment - self._since) * 1000)
