"""What phones download of a module."""

import pytest
from kb_api.module_rules import module_content

from shared.clock import utc_now
from shared.domain.modules import KNOWLEDGE_BOWL
from shared.repositories.domains import QuestionDomain
from shared.repositories.modules import ModuleQuestion

SCIENCE = QuestionDomain("science", "Science", "atom", 0.2, ["Physics"])


@pytest.mark.parametrize(
    ("answer", "primary", "acceptable"),
    [
        ("water", "water", ["listed"]),
        ("Answer: Newton", "Newton", ["listed"]),
        ("Isaac <u>Newton</u> [accept N; prompt on scientist]", "Isaac Newton", ["N", "listed"]),
        ("[prompt on x]", "[prompt on x]", ["listed"]),
    ],
)
def test_phones_are_spared_the_notation_of_packets(answer: str, primary: str, acceptable: list[str]) -> None:
    question = ModuleQuestion(
        "q", "science", "Physics", "He saw an apple. (*) Who?", answer, "person", ["listed"], 3, 5, "toss_up", [], ""
    )
    content = module_content(KNOWLEDGE_BOWL, None, [question], [SCIENCE], difficulty="level", now=utc_now())
    (downloaded,) = content.domains[0].questions
    assert downloaded.text == downloaded.question_text == "He saw an apple. Who?"
    assert downloaded.answer.primary == downloaded.answer_text == primary
    assert downloaded.answer.acceptable == downloaded.acceptable_answers == acceptable
