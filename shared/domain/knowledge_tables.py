r"""Packs as files: a table of questions (CSV, RFC 4180) or a JSON document, read row by row. Pure.

A table has one question a row and these columns, in any order; `domain_id`, `question_text` and `answer_text` are
needed. Several values in a cell stand between bars (`NaCl | salt`; a bar itself is written `\|`), `parts` and `clues`
are JSON. The columns may be separated by commas, semicolons or tabs. A cell that a spreadsheet would run as a formula
carries an apostrophe before it; reading takes it away again.
"""

import codecs
import csv
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, cast

import msgspec

from shared.domain.json_values import record_of
from shared.domain.knowledge import MOST_PACK_QUESTIONS, question_problems
from shared.domain.shapes import Problem, extent
from shared.errors import InvalidInput

COLUMNS: Final = (
    "id", "domain_id", "subcategory", "question_text", "answer_text", "answer_type", "acceptable_answers", "difficulty",
    "difficulty_tier", "speed_target_seconds", "question_type", "question_source", "competition_year", "buzzable",
    "hints", "explanation", "status", "lead_in", "parts", "total_points", "conference_time", "clues",
)  # fmt: skip
_NEEDED: Final = ("domain_id", "question_text", "answer_text")
_ALIASES: Final = {"domain": "domain_id", "category": "domain_id", "question": "question_text", "answer": "answer_text"}
_NUMBERS: Final = {"difficulty", "speed_target_seconds", "competition_year", "total_points", "conference_time"}
_LISTS: Final = {"acceptable_answers", "hints"}
_JSON: Final = {"parts", "clues"}
_TRUTH: Final = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}
_PROTECTED: Final = re.compile(r"'+[=+\-@\t\r]")
_WHOLE: Final = re.compile(r"-?\d{1,12}", re.ASCII)
_OTHER_ENCODINGS: Final = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE, codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)
_MOST_VALUES: Final = 2_000_000


class Row(msgspec.Struct, frozen=True):
    """A question of a file.

    Attributes:
        number: in a table the row as a spreadsheet counts it, the headings being 1; in a document the place from 1.
        question: as a pack document holds it, perhaps without an id.
    """

    number: int
    question: Mapping[str, Any]
    problems: list[Problem] = msgspec.field(default_factory=list[Problem])


class PackFile(msgspec.Struct, frozen=True):
    """What a file says: the pack's own fields, as far as it has any, its rows, and columns nobody knows."""

    pack: Mapping[str, Any]
    rows: list[Row]
    ignored: list[str] = msgspec.field(default_factory=list[str])


def read_pack_file(body: bytes, *, is_table: bool) -> PackFile:
    """Return what a file says, each row with its own problems.

    Raises: InvalidInput: it is not UTF-8, no JSON or no table, or too large; nothing of it can be told row by row.
    """
    text = _text(body)
    file = _read_table(text) if is_table else _read_document(text)
    if len(file.rows) > MOST_PACK_QUESTIONS:
        raise _refused(f"at most {MOST_PACK_QUESTIONS} questions")
    if not file.rows:
        raise _refused("at least one question")
    first: dict[str, int] = {}
    for row in file.rows:
        row.problems.extend(question_problems(row.question))
        identifier = row.question.get("id")
        if isinstance(identifier, str) and (before := first.setdefault(identifier, row.number)) != row.number:
            row.problems.append(Problem("/id", f"is the id of row {before} already"))
    return file


def looks_like_a_table(body: bytes, content_type: str) -> bool:
    """Tell a table from a document: by the content type, else by the first character."""
    kind = content_type.partition(";")[0].strip().lower()
    if kind in {"text/csv", "application/csv", "text/tab-separated-values"}:
        return True
    return body.removeprefix(codecs.BOM_UTF8).lstrip()[:1] not in {b"{", b"["}


def table_row(question: Mapping[str, Any]) -> list[object]:
    """Return a question as the cells of `COLUMNS`; what it does not have is an empty cell."""
    return [_cell(name, question.get(name)) for name in COLUMNS]


def _refused(expected: str) -> InvalidInput:
    return InvalidInput(f"file: {expected}", code="invalid_file", details={"file": expected})


def _text(body: bytes) -> str:
    if body.startswith(_OTHER_ENCODINGS):
        raise _refused("text in UTF-8, not UTF-16 or UTF-32")
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError as exc:
        raise _refused(f"text in UTF-8; byte {exc.start + 1} is something else") from None
    if "\x00" in text:
        raise _refused("text without NUL")
    return text


def _read_document(text: str) -> PackFile:
    try:
        document: object = msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError) as exc:
        raise _refused(f"a JSON document: {exc}"[:200]) from None
    if problem := extent(document, most_values=_MOST_VALUES, most_depth=20):
        raise _refused(problem.expected)
    pack = record_of(document)
    questions = cast("Any", document) if isinstance(document, list) else pack.get("questions")
    if not isinstance(questions, list):
        raise _refused("a list of questions, or a pack with its questions")
    items = cast("list[object]", questions)
    rows = [
        Row(at, record_of(item), [] if isinstance(item, dict) else [Problem("", "must be an object")])
        for at, item in enumerate(items, 1)
    ]
    return PackFile({key: value for key, value in pack.items() if key != "questions"}, rows)


def _read_table(text: str) -> PackFile:
    lines = csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text), strict=True)
    try:
        headings = [_heading(cell) for cell in next(lines, cast("list[str]", []))]
        if missing := [name for name in _NEEDED if name not in headings]:
            raise _refused(f"headings in the first row; missing: {', '.join(missing)}")
        if repeated := sorted({name for name in headings if name in COLUMNS and headings.count(name) > 1}):
            raise _refused(f"every heading once; twice: {', '.join(repeated)}")
        rows = list(_rows(lines, headings))
    except csv.Error as exc:
        raise _refused(f"a table; line {lines.line_num}: {exc}") from None
    return PackFile({}, rows, [name for name in headings if name and name not in COLUMNS])


def _rows(lines: Iterator[list[str]], headings: Sequence[str]) -> Iterator[Row]:
    for number, cells in enumerate(lines, 2):
        if not any(cell.strip() for cell in cells):
            continue
        problems: list[Problem] = []
        if len(cells) > len(headings):
            problems.append(Problem("", f"must have at most {len(headings)} cells"))
        question: dict[str, Any] = {}
        for name, cell in zip(headings, cells, strict=False):
            if name in COLUMNS and cell.strip():
                question[name] = _value(name, cell[1:] if _PROTECTED.match(cell) else cell)
        yield Row(number, question, problems)


def _delimiter(text: str) -> str:
    first = text.lstrip("\ufeff").split("\n", 1)[0]
    return max(",;\t", key=first.count)


def _heading(cell: str) -> str:
    name = re.sub(r"[\s-]+", "_", cell.strip().lower())
    return _ALIASES.get(name, name)


def _value(name: str, cell: str) -> object:
    """Return what a cell means; one that is not what its column wants stays text, for the check to refuse."""
    word = cell.strip()
    if name in _NUMBERS:
        return int(word) if _WHOLE.fullmatch(word) else word
    if name == "buzzable":
        return _TRUTH.get(word.lower(), word)
    if name in _LISTS:
        parts = re.split(r"(?<!\\)\|", cell)
        return [part.strip().replace("\\|", "|") for part in parts if part.strip()]
    if name in _JSON:
        try:
            return msgspec.json.decode(word)
        except (msgspec.DecodeError, RecursionError):
            return word
    return word if name not in {"question_text", "answer_text", "explanation", "lead_in"} else cell


def _cell(name: str, value: object) -> object:
    if value is None:
        return ""
    if name in _LISTS:
        return " | ".join(part.replace("|", "\\|") for part in cast("Sequence[str]", value))
    if name in _JSON:
        return msgspec.json.encode(value).decode()
    if isinstance(value, bool):
        return "true" if value else "false"
    return value
