import pytest

from core.imports.formats.questions import looks_like_questions, read_questions
from shared.errors import InvalidInput
from tests.support.books import QUESTIONS


def test_subcategories_are_topics_that_ask_and_answer() -> None:
    book = read_questions(QUESTIONS.encode(), "file")
    assert [(place.unit, place.title) for place in book.outline.places] == [
        ("Science", "Biology"),
        ("Science", "Optics"),
    ]
    node = book.topic(book.outline.places[0]).node
    assert node is not None
    first = node["transcript"]["segments"][:2]
    assert [segment["content"] for segment in first] == ["What is Biology 1?", "The answer is: Answer 1. Because 1"]
    assert first[0]["checkpoint"]["type"] == "knowledge_check"
    assert node["assessments"][0]["correctResponse"] == "Answer 1"


def test_many_questions_are_several_topics() -> None:
    rows = "domain,subcategory,question,answer\n" + "".join(f"science,Optics,Why {at}?,So\n" for at in range(120))
    assert [place.title for place in read_questions(rows.encode(), "x").outline.places] == [
        "Optics 1",
        "Optics 2",
        "Optics 3",
    ]


def test_a_bad_row_is_named() -> None:
    with pytest.raises(InvalidInput) as refused:
        read_questions(b"domain,question,answer,difficulty\nscience,Why?,So,9\n", "x")
    assert list(refused.value.details) == ["row 2/difficulty"]


@pytest.mark.parametrize(
    ("body", "is_table"),
    [
        (QUESTIONS.encode(), True),
        (b"\xef\xbb\xbfQuestion;Answer\n", True),
        (b"# A question, an answer\n", True),
        (b"# A book\n\nA question, an answer", False),
        (b"words", False),
    ],
)
def test_a_table_is_told_by_its_headings(body: bytes, is_table: bool) -> None:
    assert looks_like_questions(body) is is_table
