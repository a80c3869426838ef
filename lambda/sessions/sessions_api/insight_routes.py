"""Signals, confidence, the passage being taught, progress, and what an operator sees of a session."""

from sessions_api import requests
from sessions_api.answers import SessionAnswer
from sessions_api.insight_answers import AnalysisAnswer, DebugAnswer, ProgressItem, SignalAnswer, debug_answer
from sessions_api.rules import reported_signal
from sessions_api.views import View
from shared.api import Access, Listing, Request, Routes
from shared.domain.confidence import confidence_of, expansion_of, trend_of
from shared.domain.tiers import tier_of
from shared.ids import known_id
from shared.repositories.session_claims import claim_open
from shared.repositories.session_events import SessionEventRepository
from shared.repositories.session_insights import SessionInsightRepository, scores_of
from shared.repositories.sessions import SessionRepository
from shared.repositories.topic_progress import TopicProgressRepository
from shared.repositories.turns import TurnRepository

routes = Routes("sessions")


@routes.put("/api/sessions/{session_id}/segment", access=Access.CLIENT)
def set_segment(request: Request, session_id: str, body: requests.SetSegment) -> SessionAnswer:
    """Note the passage the client teaches, in place of the stored one at its position."""
    known = known_id(session_id, "session")
    told = {"id": body.segment_id, "text": body.text, "start_time": body.start_time, "end_time": body.end_time}
    with request.unit() as unit:
        SessionRepository(unit).set_segment(known, {name: value for name, value in told.items() if value is not None})
        session = SessionRepository(unit).get(known)
        medians = TurnRepository(unit).latencies(known)
    return SessionAnswer.of(session.result, medians.result, message=f"teaching segment {body.segment_id}")


@routes.post("/api/sessions/{session_id}/signals", access=Access.CLIENT)
def report_signal(request: Request, session_id: str, body: requests.ReportSignal) -> SignalAnswer:
    """Count what a client noticed of how well the learner follows."""
    known = known_id(session_id, "session")
    signal = reported_signal(body)
    with request.unit() as unit:
        claim_open(unit, known, "continued")
        SessionInsightRepository(unit).signal(known, signal.type, key=signal.key, content=signal.content)
        session = SessionRepository(unit).get(known)
    counted = session.result
    return SignalAnswer(
        message=f"the {signal.type} is counted",
        session_id=known,
        clarifications=counted.clarifications,
        repetitions=counted.repetitions,
        confusions=counted.confusions,
        questions=counted.questions,
    )


@routes.post("/api/sessions/{session_id}/analyze-response", access=Access.CLIENT)
def analyze_response(request: Request, session_id: str, body: requests.AnalyzeResponse) -> AnalysisAnswer:
    """Return how sure a text sounds, and count it as an answer of the session."""
    known = known_id(session_id, "session")
    found = confidence_of(body.response)
    with request.unit() as unit:
        claim_open(unit, known, "analysed")
        insights = SessionInsightRepository(unit)
        insights.score(known, found)
        scores = insights.scores(known)
    trend = trend_of(scores_of(scores.result))
    return AnalysisAnswer.of(found, trend, expansion_of(found, trend))


@routes.get("/api/sessions/{session_id}/debug", access=Access.CLIENT)
def debug_session(request: Request, session_id: str) -> DebugAnswer:
    """Return a session from the inside."""
    known = known_id(session_id, "session")
    with request.unit() as unit:
        view = View.queue(unit, known, requests.MOST_TURNS)
        medians = TurnRepository(unit).latencies(known)
        barge_ins = SessionEventRepository(unit).find(known, type_="barge_in")
    session = view.session.result
    tier = tier_of(session.model_context_window)
    context = view.context(most_turns=tier.turns)
    return debug_answer(
        session, view.lesson.result, context, tier, medians.result, view.scores.result, barge_ins.result
    )


@routes.get("/api/sessions/progress", access=Access.CLIENT)
def list_progress(request: Request, query: requests.ProgressQuery) -> Listing:
    """Return how far the caller has come in each topic, the latest first."""
    with request.unit() as unit:
        found = TopicProgressRepository(unit).own(curriculum_id=query.curriculum_id)
    return Listing("progress", [ProgressItem.of(each) for each in found.result])
