"""Where the texts of orders come from: curricula, question packs and the knowledge-bowl module."""

from typing import Final

from core.speech.scripts import Line, lesson_lines, question_lines
from shared.db import PUBLIC_TENANT, Pending, Unit
from shared.domain.modules import KNOWLEDGE_BOWL
from shared.repositories.modules import ModuleQuestion, ModuleRepository
from shared.repositories.speech_orders import Source
from shared.repositories.spoken_texts import QuestionTexts, SpokenTextRepository, TopicTexts

MOST_QUESTIONS: Final = 4_000


class Reading:
    """All that is read aloud of a source: asked for in a unit of work, answered after it.

    Args:
        source_id: of the curriculum, the pack, or the module.
    """

    def __init__(self, unit: Unit, source_type: Source, source_id: str) -> None:
        self._topics: Pending[list[TopicTexts]] | None = None
        self._questions: Pending[list[QuestionTexts]] | None = None
        self._module: Pending[list[ModuleQuestion]] | None = None
        if source_type == "curriculum":
            self._topics = SpokenTextRepository(unit).topics(source_id)
        elif source_id == KNOWLEDGE_BOWL.id:
            self._module = ModuleRepository(unit).questions(most=MOST_QUESTIONS)
        elif source_type == "knowledge-bowl":
            self._questions = SpokenTextRepository(unit).pack(source_id, most=MOST_QUESTIONS)

    def lines(self, tenant_id: str) -> list[Line]:
        """Return its lines in order, as learners of a tenant hear them; none of a source that is not there."""
        if self._topics is not None:
            return lesson_lines(self._topics.result, tenant_id)
        if self._module is not None:
            return question_lines(module_texts(question) for question in self._module.result)
        return question_lines(self._questions.result) if self._questions is not None else []


def module_texts(question: ModuleQuestion) -> QuestionTexts:
    """Return a module's question, which is shared content."""
    return QuestionTexts(
        id=question.id,
        owner_id=PUBLIC_TENANT,
        question_text=question.question_text,
        answer_text=question.answer_text,
        explanation=question.explanation,
        hints=question.hints,
    )
