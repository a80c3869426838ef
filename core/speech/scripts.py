"""What is read aloud of lessons and questions, line by line, as those who play them ask for it."""

from collections.abc import Iterable, Sequence

import msgspec

from core.providers.tts.port import Voice
from core.speech.question_audio import passages
from core.voice.speakable import speakable
from shared.domain.curriculum import Topic
from shared.domain.lesson_material import lesson_of
from shared.repositories.speech_items import NewItem
from shared.repositories.spoken_texts import QuestionTexts, TopicTexts


class Line(msgspec.Struct, frozen=True):
    """A text as it is read aloud.

    Attributes:
        owner_id: the tenant whose text it is and with whom its clip is kept.
        source_ref: where it is from.
    """

    owner_id: str
    text: str
    source_ref: str = ""


def lesson_lines(topics: Iterable[TopicTexts], tenant_id: str) -> list[Line]:
    """Return all a tutor reads aloud when it plays topics to learners of a tenant.

    The passages are their owner's, whoever plays them. What is asked and said between them the tutor says as its own
    words, so that these are the tenant's.
    """
    return [line for topic in topics for line in _topic_lines(topic, tenant_id)]


def question_lines(questions: Iterable[QuestionTexts]) -> list[Line]:
    """Return all that is read aloud of questions."""
    return [
        Line(question.owner_id, passage.text, f"{question.id}/{passage.segment}")
        for question in questions
        for passage in passages(question)
    ]


def items_of(lines: Sequence[Line], voice: Voice, *, label: str = "") -> list[NewItem]:
    """Return lines as items of an order, in a voice."""
    return [
        NewItem(line.owner_id, line.text, line.source_ref, voice.name, voice.speed, voice.language, label)
        for line in lines
    ]


def _topic_lines(topic: TopicTexts, tenant_id: str) -> list[Line]:
    lesson = lesson_of("", Topic(topic.id, topic.title, segments=topic.segments), [])
    lines: list[Line] = []
    for position, passage in enumerate(lesson.passages):
        lines.append(Line(topic.owner_id, speakable(passage), f"{topic.id}/{position}"))
        lines += [
            Line(tenant_id, speakable(stop.said), f"{topic.id}/{position}/{stop.kind}")
            for stop in lesson.stops
            if stop.position == position
        ]
    return [line for line in lines if line.text]
