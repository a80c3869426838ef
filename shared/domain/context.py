"""What a tutor keeps in view: four buffers of text within budgets, rebuilt for every call of the model. Pure."""

from collections.abc import Sequence
from typing import Final, Literal

import msgspec

from shared.domain.buffers import Buffer, tokens
from shared.domain.lesson import Lesson
from shared.domain.tiers import Tier

MOST_TERMS: Final = 5
MOST_MISCONCEPTIONS: Final = 3
MOST_COVERED: Final = 5
MOST_QUESTIONS: Final = 3
MOST_CHECKS: Final = 3
MOST_NEIGHBOURS: Final = 3  # topics before, and topics after the present one
MOST_RELATED: Final = 3
# The shares of what is left of the immediate buffer that what was said just now may take.
_BARGE_IN_SHARE: Final = 0.25
_PASSAGE_SHARE: Final = 0.5
# The share of the working buffer that passages of other topics may take: they were asked for by name.
_RELATED_SHARE: Final = 0.4
_SPEAKERS: Final = {"user": "Learner", "assistant": "Tutor", "system": "Note"}


class Message(msgspec.Struct, frozen=True):
    """One message of a conversation with a language model."""

    role: Literal["system", "user", "assistant"]
    content: str


class Signals(msgspec.Struct, frozen=True):
    """How often a learner asked to clarify, asked to repeat, or was confused."""

    clarifications: int = 0
    repetitions: int = 0
    confusions: int = 0


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """Where the topic stands in its curriculum.

    Attributes:
        index: of the topic, from 0. total: topics of the curriculum; 0 where nothing is known.
        outline: the topics' titles in order.
    """

    curriculum_title: str = ""
    unit_title: str = ""
    index: int = 0
    total: int = 0
    outline: tuple[str, ...] = ()


class Situation(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of the session beside the lesson and what was said.

    Attributes:
        position: index of the passage being taught.
        segment: the passage being taught, where the client tells it; empty: the lesson's own at `position`.
        barge_in: what the learner interrupted the tutor with; empty where nobody interrupted.
        checkpoint: the question that was just asked and that the learner's words answer; empty where none was.
        related: passages of other topics, looked up because the tutor was unsure.
        elapsed_s: seconds spent so far.
        covered: titles of the topics before this one, oldest first.
    """

    position: int = 0
    segment: str = ""
    barge_in: str = ""
    checkpoint: str = ""
    related: tuple[str, ...] = ()
    elapsed_s: int = 0
    covered: tuple[str, ...] = ()
    signals: Signals = msgspec.field(default_factory=Signals)
    place: Place = msgspec.field(default_factory=Place)


class Context(msgspec.Struct, frozen=True):
    """What goes to the model.

    Attributes:
        immediate, working, episodic, semantic: the buffers. The immediate one holds the last turns too; the system
            message leaves them out, because they follow it as messages.
        messages: the system message, the kept turns and the learner's words, where there are any.
        total_tokens: of the four buffers, estimated.
    """

    immediate: str
    working: str
    episodic: str
    semantic: str
    system_message: str
    messages: tuple[Message, ...]
    total_tokens: int


def build_context(
    lesson: Lesson | None,
    history: Sequence[Message],
    *,
    tier: Tier,
    words: str = "",
    instructions: str = "",
    situation: Situation | None = None,
) -> Context:
    """Return the context for the next answer.

    Args:
        lesson: the open topic; None in a free conversation.
        history: what was said, oldest first; only the last turns that fit the tier are kept.
        words: what the learner says now; empty where only the view is wanted.
        instructions: how the tutor speaks; put before the buffers.
    """
    situation = situation or Situation()
    kept = _kept(history, tier)
    focus = " ".join([situation.barge_in, words, *(message.content for message in kept[-2:])])
    without_turns, immediate = _immediate(lesson, kept, situation, tier)
    working = _working(lesson, situation, focus, tier)
    episodic = _episodic(history, situation, tier)
    semantic = _semantic(lesson, situation.place, tier)
    system = "\n\n".join(part for part in (instructions, without_turns, working, episodic, semantic) if part)
    messages = [Message("system", system), *kept] if system else list(kept)
    if words:
        messages.append(Message("user", words))
    total = sum(tokens(part) for part in (immediate, working, episodic, semantic))
    return Context(immediate, working, episodic, semantic, system, tuple(messages), total)


def _kept(history: Sequence[Message], tier: Tier) -> tuple[Message, ...]:
    """Return the last turns that fit into half of the immediate budget, the newest first to be kept."""
    room = tier.immediate // 2
    kept: list[Message] = []
    said = [message for message in history if message.content.strip()]
    for message in reversed(said[-tier.turns :]):
        buffer = Buffer(room)
        whole = buffer.add(message.content)
        if not whole and kept:
            break
        kept.append(msgspec.structs.replace(message, content=buffer.text))
        room -= tokens(buffer.text)
    return tuple(reversed([message for message in kept if message.content]))


def _immediate(lesson: Lesson | None, kept: Sequence[Message], situation: Situation, tier: Tier) -> tuple[str, str]:
    """Return the buffer without and with the last turns."""
    turns = "\n".join(f"{_SPEAKERS[message.role]}: {message.content}" for message in kept)
    heading = "Said last:\n"
    spoken = Buffer(tier.immediate - tokens(heading + turns) - 1) if turns else Buffer(tier.immediate)
    if situation.barge_in:
        spoken.add(f"The learner interrupted you and said: {situation.barge_in}", share=_BARGE_IN_SHARE)
    if situation.checkpoint:
        spoken.add(f"You asked the learner: {situation.checkpoint}\nThe learner answers now: say what is right in it.")
    passages = lesson.passages if lesson else ()
    if situation.segment:
        spoken.add(f"Being taught now:\n{situation.segment}")
    elif passages:
        at = min(situation.position, len(passages) - 1)
        spoken.add(f"Being taught now:\n{passages[at]}", share=1 if len(passages) == 1 else _PASSAGE_SHARE)
        if at > 0:
            spoken.add(f"Just before it:\n{passages[at - 1]}", share=_PASSAGE_SHARE)
        if at + 1 < len(passages):
            spoken.add(f"Coming next:\n{passages[at + 1]}")
    if not turns:
        return spoken.text, spoken.text
    return spoken.text, "\n\n".join(part for part in (spoken.text, heading + turns) if part)


def _working(lesson: Lesson | None, situation: Situation, focus: str, tier: Tier) -> str:
    if lesson is None:
        return ""
    buffer = Buffer(tier.working)
    if lesson.topic_title:
        buffer.add(f"Topic: {lesson.topic_title}")
    buffer.add_list("The learner will be able to:", list(lesson.objectives))
    said = focus.lower()
    terms = sorted(lesson.glossary, key=lambda term: term.term.lower() not in said)[:MOST_TERMS]
    buffer.add_list("Words of this lesson:", [f"{term.term}: {term.definition}" for term in terms])
    mistakes = sorted(lesson.misconceptions, key=lambda m: not any(t.lower() in said for t in m.triggers if t))
    buffer.add_list(
        "Mistakes to watch for:",
        [f"{m.misconception} In truth: {m.correction}" for m in mistakes[:MOST_MISCONCEPTIONS]],
    )
    buffer.add_list("Questions you may check with:", list(lesson.checkpoints[:MOST_CHECKS]))
    if situation.related:
        found = "\n".join(situation.related[:MOST_RELATED])
        buffer.add(f"From other topics of this curriculum:\n{found}", share=_RELATED_SHARE)
    buffer.add(_material(lesson.passages, situation.position, buffer.left))
    return buffer.text


def _material(passages: Sequence[str], position: int, room: int) -> str:
    """Return the passages nearest to the present one that fit, in their order; the nearest is shortened if it must."""
    heading = "The lesson says:"
    left = room - len(heading)
    chosen: list[int] = []
    for at in sorted(range(len(passages)), key=lambda index: (abs(index - position), index < position)):
        if chosen and len(passages[at]) + 1 > left:
            break
        chosen.append(at)
        left -= len(passages[at]) + 1
    return "\n".join([heading, *(passages[at] for at in sorted(chosen))]) if chosen else ""


def _episodic(history: Sequence[Message], situation: Situation, tier: Tier) -> str:
    buffer = Buffer(tier.episodic)
    if situation.elapsed_s >= 60:
        buffer.add(f"The session has lasted {situation.elapsed_s // 60} min.")
    signals = situation.signals
    noticed = [
        f"{text}: {count}"
        for text, count in (
            ("asked to explain", signals.clarifications),
            ("asked to repeat", signals.repetitions),
            ("was confused", signals.confusions),
        )
        if count
    ]
    buffer.add_list("How often the learner", noticed)
    buffer.add_list("Topics covered before:", list(situation.covered[-MOST_COVERED:]))
    asked = [m.content for m in history if m.role == "user" and m.content.rstrip().endswith("?")]
    buffer.add_list("The learner's last questions:", asked[-MOST_QUESTIONS:])
    return buffer.text


def _semantic(lesson: Lesson | None, place: Place, tier: Tier) -> str:
    buffer = Buffer(tier.semantic)
    title = place.curriculum_title or (lesson.curriculum_title if lesson else "")
    if title:
        buffer.add(f"Curriculum: {title}")
    if place.unit_title:
        buffer.add(f"Unit: {place.unit_title}")
    if place.total:
        buffer.add(f"This is topic {place.index + 1} of {place.total}.")
    buffer.add_list("What came before:", list(place.outline[max(0, place.index - MOST_NEIGHBOURS) : place.index]))
    buffer.add_list("What comes next:", list(place.outline[place.index + 1 : place.index + 1 + MOST_NEIGHBOURS]))
    buffer.add_list("Outline:", list(place.outline))
    return buffer.text
