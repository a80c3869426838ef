"""Packs as files, read row by row."""

from typing import Any

import pytest

from shared.domain.knowledge_tables import COLUMNS, looks_like_a_table, read_pack_file, table_row
from shared.errors import InvalidInput

QUESTION: dict[str, Any] = {
    "id": "q-1",
    "domain_id": "science",
    "question_text": "What?",
    "answer_text": "a|b",
    "acceptable_answers": ["x | y", "z"],
    "difficulty": 3,
    "buzzable": False,
    "parts": [{"prompt": "p", "answer": "a"}],
}


def table(*lines: str) -> bytes:
    return "\n".join(lines).encode()


def test_a_row_says_what_a_question_says() -> None:
    cells = dict(zip(COLUMNS, table_row(QUESTION), strict=True))
    assert cells["acceptable_answers"] == "x \\| y | z"
    assert (cells["buzzable"], cells["difficulty"], cells["hints"]) == ("false", 3, "")
    header, row = ",".join(cells), ",".join(f'"{str(cell).replace(chr(34), chr(34) * 2)}"' for cell in cells.values())
    (read,) = read_pack_file(table(header, row), is_table=True).rows
    assert read.question == QUESTION
    assert read.problems == []


@pytest.mark.parametrize(
    ("cell", "value"),
    [("'=1+1", "=1+1"), ("''=1", "'=1"), ("'plain", "'plain"), ("=1", "=1"), ("'-5", "-5")],
)
def test_the_protection_of_spreadsheets_is_taken_away(cell: str, value: str) -> None:
    body = table("domain,question,answer", f"science,What?,{cell}")
    assert read_pack_file(body, is_table=True).rows[0].question["answer_text"] == value


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_separators(separator: str) -> None:
    body = table(*(separator.join(row) for row in (("domain", "question", "answer"), ("science", "a,b;c?", "d"))))
    if separator == ",":
        body = body.replace(b"a,b;c?", b'"a,b;c?"')
    if separator == ";":
        body = body.replace(b"a,b;c?", b'"a,b;c?"')
    assert read_pack_file(body, is_table=True).rows[0].question["question_text"] == "a,b;c?"


def test_what_a_cell_is_not_stays_for_the_check_to_name() -> None:
    body = table("domain,question,answer,difficulty,buzzable,parts", "science,What?,a,hard,perhaps,nothing")
    (row,) = read_pack_file(body, is_table=True).rows
    assert {problem.pointer for problem in row.problems} == {"/difficulty", "/buzzable", "/parts"}


@pytest.mark.parametrize(
    ("body", "kind", "is_table"),
    [
        (b"[]", "application/json", False), (b'\xef\xbb\xbf {"a": 1}', "", False), (b"a,b", "application/json", True),
        (b"[]", "text/csv; charset=utf-8", True), (b"", "", True),
    ],
)  # fmt: skip
def test_tables_and_documents_are_told_apart(body: bytes, kind: str, is_table: bool) -> None:
    assert looks_like_a_table(body, kind) is is_table


def test_a_file_without_rows_is_refused() -> None:
    for body, is_table in ((b"[]", False), (b"domain,question,answer\n", True)):
        with pytest.raises(InvalidInput, match="at least one question"):
            read_pack_file(body, is_table=is_table)
