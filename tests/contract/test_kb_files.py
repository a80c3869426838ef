"""Packs as files: whole or not at all, with a report on every row."""

import csv
import io
import json
from typing import Any

import pytest
from msgspec import UNSET, Struct, UnsetType

from tests.contract.conftest import World
from tests.contract.decoding import Int, decode, refused
from tests.contract.kb import PackDetail, PackFields, a_pack, a_question
from tests.support.api import Answer, ApiClient
from tests.support.content import load_questions

PATH = "/api/kb/packs/import"
TABLE = {"content-type": "text/csv"}
NAMED = {"name": "From a file"}
HEADINGS = "domain_id,question_text,answer_text,difficulty\n"


class Problem(Struct):
    field: str
    expected: str


class Row(Struct):
    row: Int
    result: str
    question_id: str | UnsetType = UNSET
    problems: list[Problem] | UnsetType = UNSET


class Report(Struct):
    success: bool
    is_valid: bool
    dry_run: bool
    created: Int
    updated: Int
    unchanged: Int
    shared: Int
    refused: Int
    rows: list[Row]
    ignored_columns: list[str]
    pack: PackFields | UnsetType = UNSET


@pytest.fixture(scope="module", autouse=True)
def shared_content(world: World) -> None:
    load_questions(world.database)


def send(author: ApiClient, body: str | bytes, headers: dict[str, str] | None = None, **query: str) -> Answer:
    raw = body if isinstance(body, bytes) else body.encode()
    return author.call("POST", PATH, body=raw, query=query or NAMED, headers=TABLE if headers is None else headers)


def packs(reader: ApiClient) -> int:
    return reader.get("/api/kb/packs").body["total"]


def test_what_was_exported_comes_back_the_same(teacher: ApiClient) -> None:
    odd = ["=1+1", "'=quoted", "a|b", "-5", 'He said "x", then\nleft', "\u00e9\u4e2d\U0001f600", "'plain"]
    questions = [
        a_question(teacher, f"{text} ?", answer_text=text, acceptable_answers=[text, "b\\c"], hints=[text])
        for text in odd
    ]
    parts = [{"prompt": "p", "answer": "a", "points": 10}]
    questions.append(a_question(teacher, question_type="bonus", parts=parts, lead_in="So:", buzzable=False))
    pack = a_pack(teacher, *questions)
    for form, headers in (("csv", TABLE), ("json", {})):
        answer = teacher.get(f"/api/kb/packs/{pack.id}/export", query={"format": form})
        assert answer.headers["content-disposition"] == f'attachment; filename="{pack.id}.{form}"'
        again = decode(send(teacher, answer.raw, headers, name="Again"), Report)
        assert (again.unchanged, again.created, again.updated) == (len(questions), 0, 0)
        assert isinstance(again.pack, PackFields)
        assert again.pack.question_ids == [question.id for question in questions]
        assert again.pack.stats == decode(teacher.get(f"/api/kb/packs/{pack.id}"), PackDetail).stats


def test_a_spreadsheet_runs_nothing_of_an_export(teacher: ApiClient) -> None:
    evil = ["=HYPERLINK(1)", "+1", "-1", "@SUM(1)", "\tx", "'=1"]
    pack = a_pack(teacher, *(a_question(teacher, text, answer_text=text, explanation=text) for text in evil))
    table = teacher.get(f"/api/kb/packs/{pack.id}/export", query={"format": "csv"}).raw.decode()
    for row in list(csv.reader(io.StringIO(table)))[1:]:
        assert not [cell for cell in row if cell.startswith(("=", "+", "-", "@", "\t", "\r"))]


def test_a_table_becomes_a_pack(teacher: ApiClient) -> None:
    text = (
        "\ufeffDomain;Question;Answer;Acceptable answers;Difficulty;Colour\r\n"
        'science;"What; and ""why""?";H2O;water | aqua;2;red\r\n;;;;;\r\nfineArts;Who?;Monet;;;\r\n'
    )
    report = decode(send(teacher, text), Report)
    assert ([row.row for row in report.rows], report.ignored_columns) == ([2, 4], ["colour"])
    assert isinstance(report.pack, PackFields)
    assert (report.pack.name, report.pack.domain_distribution) == ("From a file", {"arts": 1, "science": 1})
    first = teacher.get(f"/api/kb/questions/{report.rows[0].question_id}").body["question"]
    assert (first["question_text"], first["acceptable_answers"]) == ('What; and "why"?', ["water", "aqua"])


def test_one_bad_row_refuses_all_of_them(teacher: ApiClient) -> None:
    body = HEADINGS + "science,Good?,yes,1\nscience,Bad?,,9\nscience,Long?,a,one,more\n"
    before = packs(teacher)
    error = refused(send(teacher, body), 400, "invalid_rows", field="row 3.difficulty", flag=True)
    assert error.details == {
        "row 3.answer_text": "required",
        "row 3.difficulty": "must be a whole number from 1 to 5",
        "row 4": "must have at most 4 cells",
        "row 4.difficulty": "must be a whole number from 1 to 5",
    }
    assert packs(teacher) == before
    report = decode(send(teacher, body, dry_run="true", name="x"), Report)
    assert (report.is_valid, report.dry_run, report.created, report.refused) == (False, True, 1, 2)
    assert [row.result for row in report.rows] == ["created", "refused", "refused"]
    assert packs(teacher) == before


def test_rows_are_matched_by_their_id(teacher: ApiClient) -> None:
    known = a_question(teacher, "Known?")
    pack = a_pack(teacher)
    shared = teacher.get("/api/kb/packs/core-knowledge/export").body["questions"][0]
    rows: list[dict[str, Any]] = [
        {"id": known.id, "domain_id": "science", "question_text": "Known!", "answer_text": "this"},
        shared,
        {"domain_id": "science", "question_text": "New?", "answer_text": "new"},
    ]
    report = decode(send(teacher, json.dumps(rows), {}, pack_id=pack.id), Report)
    assert [row.result for row in report.rows] == ["updated", "shared", "created"]
    assert isinstance(report.pack, PackFields)
    assert report.pack.question_ids == [row.question_id for row in report.rows]
    assert report.pack.question_ids[1] == shared["id"]
    altered = [{**shared, "answer_text": "something else"}]
    refused(send(teacher, json.dumps(altered), {}, pack_id=pack.id), 400, "invalid_rows", field="row 1.id", flag=True)
    twice = [rows[0], rows[0]]
    refused(send(teacher, json.dumps(twice), {}, pack_id=pack.id), 400, "invalid_rows", field="row 2.id", flag=True)


@pytest.mark.parametrize(
    ("body", "code", "field"),
    [
        ((HEADINGS + "science,Caf\u00e9?,a,1\n").encode("latin-1"), "invalid_file", "file"),
        (HEADINGS.encode("utf-16"), "invalid_file", "file"),
        (b"", "invalid_file", "file"),
        (HEADINGS, "invalid_file", "file"),
        ("question_text\nWhat?\n", "invalid_file", "file"),
        ("domain,domain_id,question,answer\na,b,c,d\n", "invalid_file", "file"),
        (HEADINGS + 'science,"never closed,a,1\n', "invalid_file", "file"),
        (HEADINGS + "science,a\x00b,a,1\n", "invalid_file", "file"),
        (HEADINGS + "science," + "x" * 200_000 + ",a,1\n", "invalid_file", "file"),
        (HEADINGS + "science," + "x" * 20_000 + ",a,1\n", "invalid_rows", "row 2.question_text"),
        (HEADINGS + "science,a?,b,1\n" * 10_001, "invalid_file", "file"),
    ],
)
def test_what_is_no_table_is_refused(teacher: ApiClient, body: str | bytes, code: str, field: str) -> None:
    refused(send(teacher, body), 400, code, field=field, flag=True)


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ("{", "invalid_file"),
        ("{}", "invalid_file"),
        ('{"questions": {}}', "invalid_file"),
        ("[" * 50_000, "invalid_file"),
        ("[" + "[" * 30 + "]" * 30 + "]", "invalid_file"),
        ("[1]", "invalid_rows"),
        ('[{"domain_id": "science", "question_text": 5, "answer_text": "a"}]', "invalid_rows"),
    ],
)
def test_what_is_no_document_is_refused(teacher: ApiClient, body: str, code: str) -> None:
    refused(send(teacher, body, {"content-type": "application/json"}), 400, code, flag=True)


def test_who_and_what_an_import_refuses(teacher: ApiClient, learner: ApiClient, nobody: ApiClient) -> None:
    body = HEADINGS + "science,a?,b,1\n"
    refused(send(learner, body), 403, "not_an_author", flag=True)
    refused(send(nobody, body), 401, "missing_token", flag=True)
    refused(send(teacher, body, pack_id="nope"), 404, "not_found", flag=True)
    refused(send(teacher, body, pack_id="core-knowledge"), 403, "read_only", flag=True)
    refused(send(teacher, body, dry_run="true"), 400, "invalid_input", field="name", flag=True)
    refused(send(teacher, "x" * (10 << 20)), 413, "payload_too_large", flag=True)
    refused(teacher.get("/api/kb/packs/nope/export"), 404, "not_found", flag=True)
    refused(
        teacher.get("/api/kb/packs/core-knowledge/export", query={"format": "xml"}), 400, "invalid_input", flag=True
    )
