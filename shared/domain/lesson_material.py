"""From a topic of a curriculum to the Lesson a tutor works with. Pure."""

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from shared.domain.curriculum import Topic
from shared.domain.json_values import record_of, text_of, texts_of
from shared.domain.lesson import GlossaryTerm, Lesson, Misconception, Stop

# What a document may call its stopping points; anything else is natural.
_STOPS: Final = frozenset({"mandatory", "optional"})


def lesson_of(curriculum_title: str, topic: Topic, glossary: Sequence[Mapping[str, Any]]) -> Lesson:
    """Return the lesson of one topic.

    Args:
        glossary: the curriculum's terms. Those the topic refers to or speaks of come first: they matter most to it.
    """
    passages = tuple(text for segment in topic.segments if (text := text_of(segment.get("content"))))
    return Lesson(
        curriculum_title=curriculum_title,
        topic_title=topic.title,
        passages=passages,
        objectives=tuple(text_of(objective.get("statement")) for objective in topic.objectives),
        glossary=_by_relevance(glossary, topic, " ".join(passages)),
        misconceptions=tuple(
            Misconception(_triggers(item), text_of(item.get("misconception")), text_of(item.get("correction")))
            for item in topic.misconceptions
        ),
        checkpoints=_checkpoints(topic),
        stops=_stops(topic),
    )


def _by_relevance(glossary: Sequence[Mapping[str, Any]], topic: Topic, spoken: str) -> tuple[GlossaryTerm, ...]:
    referred = {ref for segment in topic.segments for ref in texts_of(segment.get("glossaryRefs"))}
    named = {ref.lower() for ref in referred}
    words = spoken.lower()

    def is_elsewhere(term: Mapping[str, Any]) -> bool:
        name = text_of(term.get("term")).lower()
        if text_of(term.get("id")) in referred or name in named:
            return False
        return name not in words or re.search(rf"\b{re.escape(name)}", words) is None

    return tuple(
        GlossaryTerm(text_of(term.get("term")), text_of(term.get("definition")))
        for term in sorted(glossary, key=is_elsewhere)
    )


def _triggers(misconception: Mapping[str, Any]) -> tuple[str, ...]:
    single = text_of(misconception.get("trigger"))
    return tuple(texts_of(misconception.get("triggerPhrases")) or ([single] if single else []))


def _stops(topic: Topic) -> tuple[Stop, ...]:
    """Return the checkpoints and stopping points, each after the passage it is told with."""
    stops: list[Stop] = []
    position = -1
    for segment in topic.segments:
        position += bool(text_of(segment.get("content")))
        if position < 0:
            continue
        if prompt := text_of(record_of(segment.get("checkpoint")).get("prompt")):
            stops.append(Stop(position, "checkpoint", prompt))
        if point := segment.get("stoppingPoint"):
            told = record_of(point)
            kind = text_of(told.get("type")).lower()
            prompt = text_of(told.get("promptForContinue")) or text_of(told.get("prompt"))
            stops.append(
                Stop(
                    position,
                    "mandatory" if kind == "mandatory" else "optional" if kind == "optional" else "natural",
                    prompt,
                )
            )
    return tuple(stops)


def _checkpoints(topic: Topic) -> tuple[str, ...]:
    asked = [text_of(record_of(segment.get("checkpoint")).get("prompt")) for segment in topic.segments]
    asked += [text_of(assessment.get("prompt")) for assessment in topic.assessments]
    return tuple(dict.fromkeys(prompt for prompt in asked if prompt))
