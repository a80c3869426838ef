"""The material of one topic, as a tutor uses it."""

from collections.abc import Mapping
from typing import Final, Literal

import msgspec

_SAID: Final[Mapping[str, str]] = {
    "natural": "This is a good place to pause. Shall we go on?",
    "optional": "We could stop here. Shall we go on?",
    "mandatory": "Let us stop here. Say go on when you are ready.",
}


class GlossaryTerm(msgspec.Struct, frozen=True):
    """A word of the lesson and what it means."""

    term: str
    definition: str


class Misconception(msgspec.Struct, frozen=True):
    """A wrong idea learners often hold, how it sounds, and what is true instead."""

    triggers: tuple[str, ...]
    misconception: str
    correction: str


class Stop(msgspec.Struct, frozen=True):
    """A place where the telling of a lesson waits for the learner.

    Attributes:
        position: index of the passage after which it comes.
        kind: a question that checks understanding, or a place to stop: "mandatory" ends the telling until the learner
            goes on, "natural" and "optional" only offer it.
        prompt: what is asked or said; empty: what fits the kind.
    """

    position: int
    kind: Literal["checkpoint", "natural", "mandatory", "optional"]
    prompt: str = ""

    @property
    def said(self) -> str:
        """What the tutor says there."""
        return self.prompt or _SAID.get(self.kind, "")


class Lesson(msgspec.Struct, frozen=True):
    """One topic.

    Attributes:
        curriculum_title, topic_title: as shown to the learner.
        passages: the spoken segments, in order, one string each.
        objectives: what the learner will be able to do.
        checkpoints: questions that check understanding.
        stops: where its telling waits, in order.
    """

    curriculum_title: str
    topic_title: str
    passages: tuple[str, ...] = ()
    objectives: tuple[str, ...] = ()
    glossary: tuple[GlossaryTerm, ...] = ()
    misconceptions: tuple[Misconception, ...] = ()
    checkpoints: tuple[str, ...] = ()
    stops: tuple[Stop, ...] = ()
