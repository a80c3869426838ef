from core.imports.formats.packages import parse_xml
from core.imports.formats.quiz import quiz_node
from tests.support.books import QUIZ


def test_questions_without_words_are_not_asked() -> None:
    assert quiz_node("k", "T", parse_xml(b"<a><item/><item><presentation/></item></a>", "x")) is None


def test_what_must_not_be_chosen_is_not_right() -> None:
    inverted = QUIZ.replace(
        '<varequal respident="r">a<', '<not><varequal respident="r">b</varequal></not><varequal respident="r">a<'
    )
    node = quiz_node("k", "T", parse_xml(inverted.encode(), "x"))
    assert node is not None
    assert [choice["correct"] for choice in node["assessments"][0]["choices"]] == [True, False]


def test_no_score_is_no_answer() -> None:
    node = quiz_node("k", "T", parse_xml(QUIZ.replace(">100<", ">0<").encode(), "x"))
    assert node is not None
    assert all("correctResponse" not in question for question in node["assessments"])
