"""A set of questions, in CSV or JSON, as topics of questions and answers: one for each subcategory. Pure."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from core.imports.formats.port import Draft, Header, Keys, Node, Outline, Place, assembled, counted, title_of
from shared.domain.knowledge import canonical_domain
from shared.domain.knowledge_tables import Row, looks_like_a_table, read_pack_file
from shared.domain.pictures import Picture
from shared.domain.shapes import Problem, refuse

# What is asked in one sitting.
_MOST_IN_TOPIC: Final = 50
_TABLE: Final = re.compile(
    rb"[^\r\n]{0,4000}\bquestion[^\r\n]{0,4000}[,;\t]|[^\r\n]{0,4000}[,;\t][^\r\n]{0,4000}\bquestion", re.IGNORECASE
)


class QuestionBook:
    """See Book."""

    def __init__(self, body: bytes, name: str) -> None:
        file = read_pack_file(body, is_table=looks_like_a_table(body, ""))
        refuse(
            [
                Problem(f"row {row.number}{found.pointer}", found.expected)
                for row in file.rows
                for found in row.problems
            ],
            "file",
        )
        self._rows: dict[str, Sequence[Row]] = {}
        self.outline = Outline(
            title=title_of(str(file.pack.get("name") or ""), title_of(name, "Questions")),
            places=counted(self._places(file.rows)),
            description=str(file.pack.get("description") or ""),
            left_out=[f"the column {column}" for column in file.ignored[:20]],
        )

    def topic(self, place: Place) -> Draft:
        """Return a topic; see Book."""
        questions = [row.question for row in self._rows[place.key]]
        segments = [part for at, question in enumerate(questions, 1) for part in _spoken(at, question)]
        node: Node = {
            "id": {"value": place.key},
            "title": place.title,
            "type": "topic",
            "transcript": {"segments": segments},
            "assessments": [_assessment(at, question) for at, question in enumerate(questions, 1)],
        }
        return Draft(node)

    def document(self, topics: Sequence[tuple[Place, Node]], header: Header) -> dict[str, Any]:
        """Return the curriculum; see Book."""
        return assembled(self.outline, topics, header)

    def pictures(self) -> Sequence[Picture]:
        """Return none: questions are words."""
        return ()

    def _places(self, rows: Sequence[Row]) -> Iterator[Place]:
        keys = Keys()
        groups: dict[tuple[str, str], list[Row]] = {}
        for row in rows:
            domain = canonical_domain(str(row.question["domain_id"])).replace("_", " ").title()
            groups.setdefault((domain, str(row.question.get("subcategory") or domain)), []).append(row)
        for (domain, subcategory), found in sorted(groups.items(), key=lambda group: group[0][0]):
            for start in range(0, len(found), _MOST_IN_TOPIC):
                number = f" {start // _MOST_IN_TOPIC + 1}" if len(found) > _MOST_IN_TOPIC else ""
                title = title_of(f"{subcategory}{number}", domain)
                place = Place(keys.of(title), title, title_of(domain, ""))
                self._rows[place.key] = found[start : start + _MOST_IN_TOPIC]
                yield place


def read_questions(body: bytes, name: str) -> QuestionBook:
    """Return the topics a set of questions makes.

    Raises: InvalidInput: what `read_pack_file` refuses, and each bad row by its number.
    """
    return QuestionBook(body, name)


def looks_like_questions(body: bytes) -> bool:
    """Tell a table of questions from other text: by the headings in its first line."""
    first = body.lstrip(b"\xef\xbb\xbf")[:8_000]
    return bool(_TABLE.match(first))


def _spoken(at: int, question: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    asked = str(question["question_text"]).strip()
    explained = str(question.get("explanation") or "").strip()
    answer = f"The answer is: {str(question['answer_text']).strip()}."
    prompt = {"type": "knowledge_check", "prompt": asked}
    yield {"id": f"question-{at}", "type": "checkpoint", "content": asked, "checkpoint": prompt}
    yield {"id": f"answer-{at}", "type": "explanation", "content": f"{answer} {explained}".strip()}


def _assessment(at: int, question: Mapping[str, Any]) -> dict[str, Any]:
    made = {
        "id": str(question.get("id") or f"question-{at}"),
        "type": "short_answer",
        "prompt": str(question["question_text"]),
        "correctResponse": str(question["answer_text"]),
        "acceptableResponses": list(question.get("acceptable_answers") or []),
    }
    return {name: value for name, value in made.items() if value}
