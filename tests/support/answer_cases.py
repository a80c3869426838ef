"""Our own table of answers with a person's verdict on each, a file for each category."""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from shared.domain.answers import Expected, Judgement, Strictness, judge

FOLDER = Path(__file__).parents[1] / "shared" / "domain" / "answers" / "cases"


@dataclass(frozen=True, slots=True)
class Case:
    """An answer somebody gave.

    Attributes:
        verdict: what a person says: yes, no or prompt. Where it is judged strictly, yes means that a strict judge
            should take it too.
    """

    category: str
    given: str
    expected: Expected
    strictness: Strictness
    verdict: str

    def judged(self) -> Judgement:
        """Judge it."""
        return judge(self.given, self.expected, self.strictness)

    def __str__(self) -> str:
        level = self.strictness.name.lower()
        return f"{self.category}: {self.given!r} for {self.expected.answer!r} ({level}) is {self.verdict}"


def verdict_of(judgement: Judgement) -> str:
    return "yes" if judgement.matched else "no" if judgement.prompt is None else "prompt"


def all_cases() -> list[Case]:
    return [case for path in sorted(FOLDER.glob("*.csv")) for case in _read(path)]


def _read(path: Path) -> Iterator[Case]:
    with path.open(encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines, delimiter="|", quoting=csv.QUOTE_NONE):
            acceptable = tuple(part.strip() for part in row["acceptable"].split(";") if part.strip())
            expected = Expected(row["answer"], acceptable, row["type"] or "text")
            yield Case(path.stem, row["given"], expected, Strictness[row["strictness"].upper()], row["verdict"])
