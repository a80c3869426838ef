"""Decisions about sessions; pure functions."""

import re
from collections.abc import Mapping, Sequence
from typing import Final

import msgspec

from sessions_api.requests import AddTurn, ChooseTopic, Mistake, ReportBargeIn, ReportSignal, SetPosition, Term
from shared.domain.confidence import Confidence, expansion_of, trend_of
from shared.domain.context import Context, Message, Place, build_context
from shared.domain.lesson import GlossaryTerm, Lesson, Misconception
from shared.domain.signals import Signal
from shared.domain.tiers import tier_of
from shared.errors import InvalidInput
from shared.repositories.session_events import BargeIn
from shared.repositories.session_insights import Related, ScoredAnswer, scores_of
from shared.repositories.session_lessons import SessionLesson
from shared.repositories.session_situations import situation_of
from shared.repositories.sessions import Session
from shared.repositories.turns import NewTurn, Turn

_HOST: Final = r"[A-Za-z0-9.\-]{1,253}(:\d{1,5})?|\[[0-9A-Fa-f:.]{2,45}\](:\d{1,5})?"
_PARAGRAPH: Final = r"\n\s*\n"


def socket_url(headers: Mapping[str, str], session_id: str) -> str:
    """Return the address of a session's voice socket at the host the client called; a path where it named none."""
    path = f"/ws/audio?session={session_id}"
    host = headers.get("x-forwarded-host") or headers.get("host", "")
    if not re.fullmatch(_HOST, host):
        return path
    scheme = "wss" if headers.get("x-forwarded-proto", "http").lower() == "https" else "ws"
    return f"{scheme}://{host}{path}"


def new_turn(body: AddTurn, turn_id: str) -> NewTurn:
    """Return the turn to store; a client that counts one latency counts the whole turn."""
    return NewTurn(
        turn_id=body.turn_id or turn_id,
        role=body.role,
        content=body.content,
        audio_url=body.audio_url,
        total_ms=body.latency_ms,
    )


def reported_barge_in(body: ReportBargeIn) -> BargeIn:
    """Return the interruption a client reports; the moment it names tells repeated reports of it from new ones."""
    played = body.ai_position_ms
    if played is None and body.interrupted_position is not None:
        played = round(body.interrupted_position)
    moment = f"{body.timestamp} {played}" if body.timestamp else None
    return BargeIn(heard_by="client", key=moment, utterance=body.utterance or "", position_ms=played)


def brought_lesson(body: ChooseTopic) -> Lesson | None:
    """Return the lesson a client brings with its topic; None when it brings no more than a title."""
    terms = tuple(_term(item) for item in body.glossary_terms or ())
    mistakes = tuple(_mistake(item) for item in body.misconceptions or ())
    objectives = tuple(body.learning_objectives or ())
    content = (body.topic_content or "").strip()
    if not (body.topic_title and (content or terms or mistakes or objectives)):
        return None
    return Lesson(
        curriculum_title="",
        topic_title=body.topic_title,
        passages=tuple(part.strip() for part in re.split(_PARAGRAPH, content) if part.strip()),
        objectives=objectives,
        glossary=terms,
        misconceptions=mistakes,
    )


def _term(item: str | Term) -> GlossaryTerm:
    return GlossaryTerm(item, "") if isinstance(item, str) else GlossaryTerm(item.term, item.definition or "")


def _mistake(item: str | Mistake) -> Misconception:
    if isinstance(item, str):
        return Misconception((), item, "")
    single = (item.trigger,) if item.trigger else ()
    return Misconception(tuple(item.triggers or single), item.misconception, item.correction or "")


def told_place(body: SetPosition) -> Place | None:
    """Return where the client says its topic stands; None when it speaks of nothing but the passage.

    Raises: InvalidInput: it says nothing at all.
    """
    outline = body.curriculum_outline
    if isinstance(outline, str):
        outline = [line.strip(" -*\t") for line in outline.splitlines() if line.strip(" -*\t")]
    place = Place(
        curriculum_title=body.curriculum_title or "",
        unit_title=body.unit_title or "",
        index=body.current_topic_index or 0,
        total=body.total_topics or len(outline or ()),
        outline=tuple(outline or ()),
    )
    if place != Place():
        return place
    if body.position is None and body.current_topic_index is None and body.total_topics is None:
        raise InvalidInput("position: required", details={"position": "required"})
    return None


class ReportedSignal(msgspec.Struct, frozen=True):
    """A signal as a client reports it; `key` names the report where it says when it was."""

    type: Signal
    key: str | None
    content: str


def reported_signal(body: ReportSignal) -> ReportedSignal:
    """Return the signal a client reports.

    Raises: InvalidInput: it names none.
    """
    type_ = body.type or body.signal_type
    if type_ is None:
        raise InvalidInput("type: required", details={"type": "required"})
    content = body.content or ("" if body.value is None else str(body.value))
    key = None if body.timestamp is None else f"{body.timestamp}:{type_}"
    return ReportedSignal(type_, key, content)


def session_context(
    session: Session,
    stored: SessionLesson,
    turns: Sequence[Turn],
    scores: Sequence[ScoredAnswer] = (),
    related: Sequence[Related] = (),
    *,
    words: str = "",
    barge_in: str = "",
) -> Context:
    """Return what the model would be told now; passages of other topics are in it where the last answer was unsure."""
    situation = situation_of(session, stored)
    wider = tuple(f"{each.topic_title}: {each.text}" for each in related) if _may_expand(session, scores) else ()
    return build_context(
        stored.lesson,
        [Message(turn.role, turn.content) for turn in turns],
        tier=tier_of(session.model_context_window),
        words=words,
        instructions=session.system_prompt,
        situation=msgspec.structs.replace(situation, barge_in=barge_in, related=wider),
    )


def _may_expand(session: Session, scores: Sequence[ScoredAnswer]) -> bool:
    if not session.auto_expand_context or not scores:
        return False
    last = scores[-1]
    bare = Confidence(last.score, 0, 0, 0, 0, tuple(last.markers))
    return expansion_of(bare, trend_of(scores_of(scores))).wanted


def completion(position: int, passages: int | None, *, ended: bool) -> int:
    """Return how much of a topic was taught, in percent; where its length is not known, ended is all of it."""
    if not passages:
        return 100 if ended else 0
    return min(100, 100 * position // passages)
