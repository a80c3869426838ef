"""Packs as files over HTTP: export, and import with a report on every row. A file is taken whole or not at all."""

from typing import Any, Final

from msgspec import structs

from kb_api.models import PackFields
from kb_api.pack_routes import is_trusted, new_pack_id
from kb_api.rules import new_question_id, pack_fields
from kb_api.transfer_models import ExportAs, ImportInto, ImportReport
from kb_api.transfer_rules import Planned, exported, plan, refuse_rows, report_of
from shared.api import Access, Reply, Request, Routes
from shared.api.csv import csv_reply
from shared.domain.knowledge import canonical_domain, pack_field_problems
from shared.domain.knowledge_tables import COLUMNS, PackFile, looks_like_a_table, read_pack_file, table_row
from shared.domain.shapes import refuse
from shared.errors import InvalidInput
from shared.repositories.authors import require_author
from shared.repositories.imports import present_questions
from shared.repositories.pack_edits import PackEdits
from shared.repositories.packs import PackRepository
from shared.repositories.questions import QuestionRepository

routes = Routes("kb")

# Bytes of a file; what a Lambda can be given at all is 6 MB, a third of it spent where the file is not plain text.
LARGEST_FILE: Final = 5 << 20
_PACK_FIELDS: Final = ("name", "description", "difficulty_tier", "competition_year", "status")


@routes.get("/api/kb/packs/{pack_id}/export", access=Access.CLIENT)
def export_pack(request: Request, pack_id: str, query: ExportAs) -> Reply:
    """Return a pack with its questions as a file: a JSON document, or a table for spreadsheets."""
    with request.unit() as unit:
        pack = PackRepository(unit).get(pack_id)
        questions = QuestionRepository(unit).of_pack(pack_id)
    items = [exported(question) for question in questions.result]
    if query.format == "csv":
        return csv_reply(COLUMNS, [table_row(item) for item in items], f"{pack_id}.csv")
    fields = {name: getattr(pack.result, name) for name in ("id", *_PACK_FIELDS)}
    document = {**{name: value for name, value in fields.items() if value is not None}, "questions": items}
    return Reply(document, headers={"Content-Disposition": f'attachment; filename="{pack_id}.json"'})


@routes.post("/api/kb/packs/import", access=Access.CLIENT, max_body=LARGEST_FILE)
def import_pack(request: Request, query: ImportInto) -> ImportReport:
    """Take the questions of a CSV or JSON file into a pack; one bad row refuses the file, `dry_run` reports on it."""
    http = request.http
    is_table = looks_like_a_table(http.body, http.headers.get("content-type", ""))
    file = read_pack_file(http.body, is_table=is_table)
    fields = _fields_of_new(file, query) if query.pack_id is None else None
    planned = _plan(request, file, query.pack_id)
    report = report_of(file, planned, dry_run=query.dry_run)
    if query.dry_run:
        return report
    refuse_rows(report)
    return structs.replace(report, pack=_write(request, planned, query.pack_id, fields))


def _fields_of_new(file: PackFile, query: ImportInto) -> dict[str, Any]:
    given = {name: file.pack.get(name) for name in _PACK_FIELDS}
    fields = {**given, "name": query.name or given["name"]}
    if fields["name"] is None:
        expected = "the new pack's name, here or in the file"
        raise InvalidInput(f"name: {expected}", details={"name": expected})
    refuse(pack_field_problems(fields), "file")
    return fields


def _plan(request: Request, file: PackFile, pack_id: str | None) -> list[Planned]:
    """Look at what there is already, and decide about every row."""
    ids = [row.question["id"] for row in file.rows if not row.problems and "id" in row.question]
    with request.unit() as unit:
        require_author(unit, trusted=is_trusted(request))
        if pack_id is not None:
            PackRepository(unit).require(pack_id)
        found = present_questions(unit, ids)
    present = {question.id: question for question in found.result}
    return [plan(row, key, present.get(key)) for row in file.rows for key in [_id_of(row.question)]]


def _id_of(question: Any) -> str:  # noqa: ANN401  a row's JSON
    if isinstance(given := question.get("id"), str):
        return given
    domain, subcategory = question.get("domain_id"), question.get("subcategory")
    return new_question_id(
        canonical_domain(domain) if isinstance(domain, str) else "", subcategory if isinstance(subcategory, str) else ""
    )


def _write(request: Request, planned: list[Planned], pack_id: str | None, fields: dict[str, Any] | None) -> PackFields:
    """Write all of it in one transaction."""
    target = pack_id or new_pack_id()
    linked = [plan.report.question_id for plan in planned if isinstance(plan.report.question_id, str)]
    with request.unit() as unit:
        require_author(unit, trusted=is_trusted(request))
        if fields is not None:
            PackEdits(unit).add(target, fields)
        PackEdits(unit).hold(target)
        QuestionRepository(unit).store([dict(plan.stored) for plan in planned if plan.stored is not None])
        PackEdits(unit).add_questions(target, linked)
        pack = PackRepository(unit).get(target)
    return pack_fields(pack.result)
