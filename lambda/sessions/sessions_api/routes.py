"""HTTP in and out of the sessions service."""

from collections.abc import Callable

from msgspec import UNSET, UnsetType

from sessions_api import requests
from sessions_api.answers import (
    BargeInAnswer,
    BufferAnswer,
    ContextAnswer,
    EventAnswer,
    FovFeatures,
    FovHealth,
    HealthCounts,
    HistoryAnswer,
    SessionAnswer,
    TurnAnswer,
    messages_of,
)
from sessions_api.rules import (
    brought_lesson,
    new_turn,
    reported_barge_in,
    socket_url,
    told_place,
)
from sessions_api.views import View
from shared.api import Access, Listing, Request, Routes
from shared.db import Pending, Unit
from shared.domain.tiers import DEFAULT_WINDOW, TIERS, tier_of
from shared.ids import known_id, new_id
from shared.repositories.session_events import SessionEventRepository
from shared.repositories.session_history import SessionHistoryRepository
from shared.repositories.session_insights import ScoredAnswer, SessionInsightRepository
from shared.repositories.session_lessons import SessionLessonRepository
from shared.repositories.sessions import NewSession, Session, SessionFilter, SessionRepository
from shared.repositories.turns import Latencies, TurnRepository
from shared.version import VERSION

routes = Routes("sessions")
routes.part(
    "sessions_api.insight_routes",
    "/api/sessions/progress",
    "/api/sessions/{session_id}/segment",
    "/api/sessions/{session_id}/signals",
    "/api/sessions/{session_id}/analyze-response",
    "/api/sessions/{session_id}/debug",
)


@routes.post("/api/sessions", access=Access.CLIENT, status=201)
def create_session(request: Request, body: requests.CreateSession) -> SessionAnswer:
    """Make a session on a curriculum, on one of its topics, or on nothing in particular."""
    new = NewSession(
        model_name=body.model_name or "",
        model_context_window=body.model_context_window or DEFAULT_WINDOW,
        system_prompt=body.system_prompt or "",
        auto_expand_context=body.auto_expand_context is not False,
    )
    with request.unit() as unit:
        session_id = SessionRepository(unit).add(new)
        lessons = SessionLessonRepository(unit)
        if body.curriculum_id:
            lessons.choose_curriculum(session_id, body.curriculum_id)
        if body.topic_id:
            lessons.choose_topic(session_id, body.topic_id)
        session = SessionRepository(unit).get(session_id)
    return SessionAnswer.of(session.result)


@routes.get("/api/sessions", access=Access.CLIENT)
def list_sessions(request: Request, query: requests.ListSessions) -> Listing:
    """Return one page of sessions, newest first: the caller's own, or with scope=tenant all the caller may see."""
    wanted = SessionFilter(query.status, query.curriculum_id, everyone=query.scope == "tenant")
    limit = min(query.limit, requests.LONGEST_PAGE)
    with request.unit() as unit:
        sessions = SessionRepository(unit).find(wanted, limit=limit, offset=query.offset)
        count = SessionRepository(unit).count(wanted)
    return Listing(
        "sessions",
        [SessionAnswer.of(session) for session in sessions.result],
        {"total": count.result.total, "limit": limit, "offset": query.offset},
    )


@routes.get("/api/sessions/history", access=Access.CLIENT)
def list_history(request: Request, query: requests.Paging) -> Listing:
    """Return what the caller has done, the latest first."""
    with request.unit() as unit:
        limit = min(query.limit, requests.LONGEST_PAGE)
        past = SessionHistoryRepository(unit).page(limit=limit, offset=query.offset)
    return Listing("sessions", [HistoryAnswer.of(session) for session in past.result])


@routes.get("/api/sessions/{session_id}", access=Access.CLIENT)
def get_session(request: Request, session_id: str) -> SessionAnswer:
    """Return one session."""
    return _after(request, session_id, lambda _sessions, _session_id: None)


@routes.delete("/api/sessions/{session_id}", access=Access.CLIENT)
def delete_session(request: Request, session_id: str) -> dict[str, object]:
    """Remove a session and everything said in it."""
    with request.unit() as unit:
        SessionRepository(unit).delete(known_id(session_id, "session"))
    return {"deleted": True, "message": "the session and everything said in it are deleted"}


@routes.post("/api/sessions/{session_id}/start", access=Access.CLIENT)
def start_session(request: Request, session_id: str) -> SessionAnswer:
    """Begin a session that was made, and say where its voice socket is."""
    url = socket_url(request.http.headers, known_id(session_id, "session"))
    return _after(request, session_id, SessionRepository.start, websocket_url=url)


@routes.post("/api/sessions/{session_id}/pause", access=Access.CLIENT)
def pause_session(request: Request, session_id: str) -> SessionAnswer:
    """Halt an active session."""
    return _after(request, session_id, SessionRepository.pause)


@routes.post("/api/sessions/{session_id}/resume", access=Access.CLIENT)
def resume_session(request: Request, session_id: str) -> SessionAnswer:
    """Go on with a paused session."""
    return _after(request, session_id, SessionRepository.resume)


@routes.post("/api/sessions/{session_id}/end", access=Access.CLIENT)
def end_session(request: Request, session_id: str) -> SessionAnswer:
    """End an active or paused session for ever."""
    return _after(request, session_id, SessionRepository.end)


@routes.put("/api/sessions/{session_id}/topic", access=Access.CLIENT)
def choose_topic(request: Request, session_id: str, body: requests.ChooseTopic) -> SessionAnswer:
    """Move a session to another topic: a stored one, or one the client brings."""
    with request.unit() as unit:
        known = known_id(session_id, "session")
        SessionLessonRepository(unit).choose_topic(
            known, body.topic_id, title=body.topic_title or "", material=brought_lesson(body)
        )
        session, medians, _ = _read(unit, known)
    return SessionAnswer.of(session.result, medians.result, message=f"the topic is {session.result.topic_title}")


@routes.put("/api/sessions/{session_id}/position", access=Access.CLIENT)
def set_position(request: Request, session_id: str, body: requests.SetPosition) -> SessionAnswer:
    """Note the passage being taught, or where the client says its topic stands."""
    place = told_place(body)

    def move(sessions: SessionRepository, known: str) -> None:
        sessions.set_position(known, body.position, place)

    return _after(request, session_id, move)


@routes.post("/api/sessions/{session_id}/turns", access=Access.CLIENT)
def add_turn(request: Request, session_id: str, body: requests.AddTurn) -> TurnAnswer:
    """Store something said, once however often it is sent under one turn_id."""
    known = known_id(session_id, "session")
    turn = new_turn(body, new_id())
    with request.unit() as unit:
        stored = TurnRepository(unit).add(known, turn)
        SessionInsightRepository(unit).observe(known, turn)
        session = SessionRepository(unit).get(known)
    return TurnAnswer.of(known, stored.result, turn_count=session.result.turn_count)


@routes.get("/api/sessions/{session_id}/turns", access=Access.CLIENT)
def list_turns(request: Request, session_id: str, query: requests.Paging) -> Listing:
    """Return one page of what was said, in order."""
    known = known_id(session_id, "session")
    limit = min(query.limit, requests.LONGEST_PAGE)
    with request.unit() as unit:
        session = SessionRepository(unit).get(known)
        turns = TurnRepository(unit).page(known, limit=limit, offset=query.offset)
    return Listing(
        "turns",
        [TurnAnswer.of(known, turn) for turn in turns.result],
        {"total": session.result.turn_count, "limit": limit, "offset": query.offset},
    )


@routes.post("/api/sessions/{session_id}/barge-in", access=Access.CLIENT)
def report_barge_in(request: Request, session_id: str, body: requests.ReportBargeIn) -> BargeInAnswer:
    """Count an interruption and return the context with the learner's words first."""
    known = known_id(session_id, "session")
    with request.unit() as unit:
        count = SessionEventRepository(unit).barge_in(known, reported_barge_in(body))
        words = body.utterance or ""
        view = View.queue(unit, known, requests.MOST_TURNS, words)
    context = view.context(words=words, barge_in=words)
    return BargeInAnswer(
        session_id=known,
        barge_in_count=count.result,
        message="the interruption is counted",
        context=BufferAnswer.of(context),
        messages=messages_of(context),
    )


@routes.get("/api/sessions/{session_id}/context", access=Access.CLIENT)
def get_context(request: Request, session_id: str) -> ContextAnswer:
    """Return what the tutor keeps in view."""
    return _context(request, session_id, requests.BuildContext())


@routes.post("/api/sessions/{session_id}/context/build", access=Access.CLIENT)
def build_context(request: Request, session_id: str, body: requests.BuildContext) -> ContextAnswer:
    """Return what the tutor would keep in view for the learner's next words."""
    return _context(request, session_id, body)


@routes.get("/api/sessions/{session_id}/messages", access=Access.CLIENT)
def list_messages(request: Request, session_id: str, query: requests.MessagesQuery) -> Listing:
    """Return what the model would be told now."""
    with request.unit() as unit:
        words = query.user_message or ""
        view = View.queue(unit, known_id(session_id, "session"), requests.MOST_TURNS, words)
    return Listing("messages", messages_of(view.context(words=words)))


@routes.get("/api/sessions/{session_id}/events", access=Access.CLIENT)
def list_events(request: Request, session_id: str, query: requests.EventQuery) -> Listing:
    """Return what happened in a session, in order."""
    known = known_id(session_id, "session")
    with request.unit() as unit:
        SessionRepository(unit).get(known)
        events = SessionEventRepository(unit).find(known, type_=query.type)
    return Listing("events", [EventAnswer.of(event) for event in events.result])


@routes.get("/api/fov/health", access=Access.CLIENT)
def get_fov_health(request: Request) -> FovHealth:
    """Return the state of this service and how many sessions the caller sees."""
    with request.unit() as unit:
        count = SessionRepository(unit).count(SessionFilter(everyone=True))
    seen = count.result
    return FovHealth(
        status="healthy",
        version=VERSION,
        sessions=HealthCounts(seen.total, seen.active, seen.paused),
        active_sessions=seen.active,
        features=FovFeatures(
            confidence_monitoring=True,
            context_expansion=True,
            adaptive_budgets=True,
            model_tiers=[tier.name for tier in TIERS],
        ),
    )


def _context(request: Request, session_id: str, wanted: requests.BuildContext) -> ContextAnswer:
    words = wanted.user_message or ""
    with request.unit() as unit:
        window = requests.MOST_TURNS if wanted.history_window is None else wanted.history_window
        view = View.queue(unit, known_id(session_id, "session"), window, words)
    session, turns = view.session.result, view.turns.result
    if wanted.history_window is None:
        window = tier_of(session.model_context_window).turns
        turns = turns[-window:]
    context = view.context(most_turns=window, words=words, barge_in=wanted.barge_in_utterance or "")
    return ContextAnswer.build(
        session,
        view.lesson.result,
        turns,
        context,
        history_window=window,
        include_transcript=wanted.include_transcript is True,
    )


def _read(unit: Unit, session_id: str) -> tuple[Pending[Session], Pending[Latencies], Pending[list[ScoredAnswer]]]:
    return (
        SessionRepository(unit).get(session_id),
        TurnRepository(unit).latencies(session_id),
        SessionInsightRepository(unit).scores(session_id),
    )


def _after(
    request: Request,
    session_id: str,
    change: Callable[[SessionRepository, str], None],
    *,
    websocket_url: str | UnsetType = UNSET,
) -> SessionAnswer:
    """Change a session and return it, in one round trip."""
    known = known_id(session_id, "session")
    with request.unit() as unit:
        change(SessionRepository(unit), known)
        session, medians, scores = _read(unit, known)
    return SessionAnswer.of(session.result, medians.result, websocket_url=websocket_url, scores=scores.result)
