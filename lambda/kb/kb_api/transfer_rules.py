"""What becomes of the rows of a file; pure."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec
from msgspec import UNSET

from kb_api.transfer_models import ImportReport, Result, RowProblem, RowReport
from shared.domain.knowledge import question_row
from shared.domain.knowledge_tables import PackFile, Row
from shared.domain.shapes import MOST_PROBLEMS
from shared.errors import InvalidInput
from shared.repositories.imports import Present
from shared.repositories.questions import Question

# What the database fills in for columns a row leaves out.
_DEFAULTS: Final[Mapping[str, Any]] = {
    "subcategory": "", "answer_type": "text", "acceptable_answers": [], "difficulty": 3, "difficulty_tier": None,
    "speed_target_seconds": 5, "question_type": "toss_up", "question_source": None, "competition_year": None,
    "buzzable": True, "hints": [], "explanation": "", "status": "active",
}  # fmt: skip
_EXPORTED: Final = (
    "id", "domain_id", "subcategory", "question_text", "answer_text", "answer_type", "acceptable_answers", "difficulty",
    "difficulty_tier", "speed_target_seconds", "question_type", "question_source", "competition_year", "buzzable",
    "hints", "explanation", "status",
)  # fmt: skip


class Planned(msgspec.Struct, frozen=True):
    """A row, what becomes of it, and the columns to store for it; none where nothing is to be stored."""

    report: RowReport
    stored: Mapping[str, Any] | None


def plan(row: Row, question_id: str, present: Present | None) -> Planned:
    """Decide what becomes of a row.

    Args:
        question_id: the row's own id or a fresh one. present: what there is with that id.
    """
    problems = [RowProblem(field=p.pointer.lstrip("/").replace("/", "."), expected=p.expected) for p in row.problems]
    if problems:
        return _planned(row, "refused", problems=problems)
    columns = {**_DEFAULTS, **question_row(row.question), "id": question_id}
    if present is None:
        return _planned(row, "created", columns)
    same = all(columns[name] == present.content.get(name) for name in columns if name in present.content)
    if present.is_own:
        return _planned(row, "unchanged", columns) if same else _planned(row, "updated", columns)
    if same:
        return Planned(RowReport(row=row.number, result="shared", question_id=question_id), None)
    expected = "belongs to a shared question: leave it out to make one of your own"
    return _planned(row, "refused", problems=[RowProblem(field="id", expected=expected)])


def report_of(file: PackFile, planned: Sequence[Planned], *, dry_run: bool) -> ImportReport:
    """Return the report of all rows."""
    counts = Counter(plan.report.result for plan in planned)
    return ImportReport(
        is_valid=not counts["refused"],
        dry_run=dry_run,
        created=counts["created"],
        updated=counts["updated"],
        unchanged=counts["unchanged"],
        shared=counts["shared"],
        refused=counts["refused"],
        rows=[plan.report for plan in planned],
        ignored_columns=file.ignored,
    )


def refuse_rows(report: ImportReport) -> None:
    """Refuse a file with a bad row.

    Raises: InvalidInput: `details` maps `row 3.difficulty` to what was expected there.
    """
    found = [
        (f"row {row.row}.{problem.field}".rstrip("."), problem.expected)
        for row in report.rows
        for problem in row.problems or []
    ]
    if found:
        place, expected = found[0]
        more = f" and {len(found) - 1} more" if len(found) > 1 else ""
        raise InvalidInput(f"{place}: {expected}{more}", code="invalid_rows", details=dict(found[:MOST_PROBLEMS]))


def exported(question: Question) -> dict[str, Any]:
    """Return a question as a pack document holds it."""
    fields = {name: getattr(question, name) for name in _EXPORTED}
    return {name: value for name, value in {**fields, **question.details}.items() if value is not None}


def _planned(
    row: Row, result: Result, columns: Mapping[str, Any] | None = None, problems: list[RowProblem] | None = None
) -> Planned:
    question_id = columns["id"] if columns else UNSET
    report = RowReport(row=row.number, result=result, question_id=question_id, problems=problems or UNSET)
    return Planned(report, columns)
