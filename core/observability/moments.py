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
        self._began: dict[StageName, float] = {}
        self._ended: dict[StageName, float] = {}

    def begin(self, stage: StageName, now: float) -> None:
        """A stage begins."""
        self._began.setdefault(stage, now)

    def end(self, stage: StageName, now: float) -> None:
        """A stage has done what is timed; one that was not begun began with the turn."""
        self._began.setdefault(stage, self._since)
        self._ended.setdefault(stage, now)

    def lasted(self, stage: StageName) -> int | None:
        """Return how long a stage took, in milliseconds; None where it has not ended."""
        if stage not in self._ended:
            return None
        return max(0, round((self._ended[stage] - self._began[stage]) * 1000))

    def record(
        self, turn_id: str, *, session_id: str, tenant_id: str, now: float, outcome: Outcome, problem: str
    ) -> TurnRecord:
        """Return the turn's record; stages that never ended are not in it."""
        stages = [Stage(name, self._ms(self._began[name]), self._ms(ended)) for name, ended in self._ended.items()]
        return TurnRecord(
            session_id=session_id,
            tenant_id=tenant_id,
            turn_id=turn_id,
            began_at=utc_now() - timedelta(seconds=now - self._since),
            lasted_ms=self._ms(now),
            spoken=StageName.STT in self._began,
            outcome=outcome,
            problem=problem,
            stages=tuple(sorted(stages, key=lambda stage: stage.began_ms)),
        )

    def _ms(self, moment: float) -> int:
        return round((moment - self._since) * 1000)
