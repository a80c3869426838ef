"""What became of the turns: pure counting."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from benchmarks.chaos.learner import Asked
from shared.repositories.turns import Turn

_COLUMNS: Final = ("what broke", "turns", "stored", "resumed", "told lost", "LOST", "TWICE", "HALF", "bystanders hurt")


@dataclass(slots=True)
class Tally:
    """One kind of accident.

    Attributes:
        sent: turns learners began.
        stored: of those, stored once.
        resumed: sessions that went on with everything they had.
        told_lost: turns that are not stored, and whose learner was told so.
        lost: turns that are not stored though the learner was told they were heard, or was told nothing.
        twice: turns stored more than once.
        half: turns that are stored in part, or never ended, without a word to the learner.
        bystanders: other learners' turns that went wrong.
        problems: codes learners were told, and how often.
        notes: what must not happen, each case.
    """

    name: str
    sent: int = 0
    stored: int = 0
    resumed: int = 0
    told_lost: int = 0
    lost: int = 0
    twice: int = 0
    half: int = 0
    bystanders: int = 0
    problems: dict[str, int] = field(default_factory=dict[str, int])
    notes: list[str] = field(default_factory=list[str])

    @property
    def is_good(self) -> bool:
        """Whether nothing happened that must not."""
        return not (self.lost or self.twice or self.half or self.bystanders)

    def count(self, asked: Asked, stored: Sequence[Turn], *, killed: bool = False) -> None:
        """Count a turn that is over.

        Args:
            stored: everything stored of its session.
            killed: its server was killed, so an answer may have been left as it was then.
        """
        self.sent += 1
        before = (self.lost, self.twice, self.half)
        questions = [turn for turn in stored if turn.role == "user" and turn.content == asked.words]
        if len(questions) > 1:
            self.twice += 1
        elif questions:
            self.stored += 1
        elif asked.problem and not asked.told:
            self.told_lost += 1
        else:
            self.lost += 1
        if asked.problem:
            self.problems[asked.problem] = self.problems.get(asked.problem, 0) + 1
        ids = {turn.turn_id for turn in questions}
        answers = [turn for turn in stored if turn.role == "assistant" and turn.turn_id in ids]
        unfinished = not answers or not all(turn.complete for turn in answers) or not asked.over
        if questions and unfinished and not asked.problem and not killed:
            self.half += 1
        if before != (self.lost, self.twice, self.half):
            kept = [f"{turn.role}{'' if turn.complete else ' (unfinished)'}" for turn in (*questions, *answers)]
            self.notes.append(f"{asked}, stored: {', '.join(kept) or 'nothing'}")

    def row(self) -> tuple[str, ...]:
        """Return its line of the table."""
        numbers = (self.sent, self.stored, self.resumed, self.told_lost)
        return (self.name, *map(str, (*numbers, self.lost, self.twice, self.half, self.bystanders)))


def table(tallies: Sequence[Tally]) -> str:
    """Return all as a table, and what learners were told."""
    rows = [_COLUMNS, *(tally.row() for tally in tallies)]
    widths = [max(len(row[i]) for row in rows) for i in range(len(_COLUMNS))]
    names = [row[0].ljust(widths[0]) for row in rows]
    numbers = [[cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True)] for row in rows]
    lines = ["  ".join([name, *cells]) for name, cells in zip(names, numbers, strict=True)]
    told = [
        f"{tally.name}: told {', '.join(f'{code} x{n}' for code, n in sorted(tally.problems.items()))}"
        for tally in tallies
        if tally.problems
    ]
    notes = [f"{tally.name}: {note}" for tally in tallies for note in tally.notes]
    return "\n".join([*lines, "", *told, *notes])
