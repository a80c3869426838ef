"""Judging answers over HTTP, one or many at once."""

from collections.abc import Mapping, Sequence

from msgspec import UNSET, structs

from kb_api.answer_models import GivenAnswer, JudgeAnswers, JudgedMany, JudgedOne, JudgementItem, Level
from shared.api import Access, Request, Routes
from shared.errors import InvalidInput, NotFound
from shared.repositories.questions import Question, QuestionRepository

routes = Routes("kb")


@routes.post("/api/kb/answers/judge", access=Access.CLIENT, replayable=False)
def judge_answers(request: Request, body: JudgeAnswers) -> JudgedOne | JudgedMany:
    """Tell whether answers count, which rule decided, and why; one answer, or up to 100 in `answers`."""
    answers: Sequence[GivenAnswer] = [body] if body.answers is None else body.answers
    for at, given in enumerate(answers):
        _check(given, "" if body.answers is None else f"answers[{at}].")
    ids = [given.question_id for given in answers if given.question_id is not None]
    found: Mapping[str, Question] = {}
    if ids:
        with request.unit() as unit:
            questions = QuestionRepository(unit).some(ids)
        found = {question.id: question for question in questions.result}
    if missing := next((question_id for question_id in ids if question_id not in found), None):
        raise NotFound(f"question {missing} not found")
    level = _level(body)
    items = [_judged(given, found, level) for given in answers]
    if body.answers is None:
        return JudgedOne(**structs.asdict(items[0]), strictness=level)
    return JudgedMany(results=items, matched_count=sum(item.matched for item in items), strictness=level)


def _check(given: GivenAnswer, where: str) -> None:
    """Refuse an answer that is none, or is held against nothing or against two things."""
    if given.answer is None:
        raise InvalidInput(f"{where}answer: required", details={f"{where}answer": "required"})
    if (given.question_id is None) == (given.expected_answer is None):
        expected = "either question_id or expected_answer"
        raise InvalidInput(f"{where}expected_answer: {expected}", details={f"{where}expected_answer": expected})


def _level(body: JudgeAnswers) -> Level:
    from shared.domain.answers import Strictness, strictness_of

    if body.strictness is not None:
        return body.strictness
    names: Mapping[Strictness, Level] = {
        Strictness.STRICT: "strict",
        Strictness.STANDARD: "standard",
        Strictness.LENIENT: "lenient",
    }
    return names[strictness_of(body.region)]


def _judged(given: GivenAnswer, found: Mapping[str, Question], level: Level) -> JudgementItem:
    # Only here: what the rules need takes longer to load than the rest of the service.
    from shared.domain.answers import Expected, Strictness, judge
    from shared.domain.answers.answer_lines import said_answer

    if given.question_id is not None:
        question = found[given.question_id]
        expected = Expected(question.answer_text, question.acceptable_answers, question.answer_type)
    else:
        expected = Expected(given.expected_answer or "", given.acceptable_answers or (), given.answer_type or "text")
    judgement = judge(given.answer or "", expected, Strictness[level.upper()])
    return JudgementItem(
        matched=judgement.matched,
        confidence=judgement.confidence,
        rule=judgement.rule,
        reason=judgement.reason,
        expected_answer=said_answer(expected.answer),
        matched_answer=judgement.matched_answer or UNSET,
        prompt=judgement.prompt or UNSET,
        question_id=given.question_id or UNSET,
    )
