"""Speech of lessons and questions over HTTP: one by one, or a topic from end to end."""

from collections.abc import AsyncIterator
from typing import Final
from urllib.parse import quote

import msgspec

from core.http.streaming import offer
from core.providers.tts.port import Voice
from core.speech import answers
from core.speech.formats import to_wav
from core.speech.models import (
    KbAudioQuery,
    KbBatch,
    KbBatchAnswer,
    KbSegment,
    Segment,
    StreamPlan,
    StreamQuery,
    StreamSegment,
)
from core.speech.question_audio import availability, text_of_segment
from core.speech.routes import Desktop
from core.voice.speakable import speakable
from shared.api import Access, Reply, Request, Routes
from shared.auth.caller import Caller
from shared.db import PUBLIC_TENANT
from shared.domain.json_values import text_of
from shared.errors import AppError, BudgetExhausted, InvalidInput, NotFound, Unavailable
from shared.repositories.spoken_texts import QuestionTexts, SpokenTextRepository, TopicTexts

_SEGMENTS: Final[tuple[Segment, ...]] = ("question", "answer", "hint", "explanation")
_FEEDBACK: Final = {"correct": "Correct!", "incorrect": "Incorrect."}


class LessonRoutes:
    """`/api/kb/audio`, `/api/kb/feedback` and `stream-audio`."""

    def __init__(self, desktop: Desktop) -> None:
        self._at = desktop
        self._desk = desktop.desk

    def routes(self) -> Routes:
        """Return the operations."""
        routes = Routes("speech", success_flag=True)
        routes.get("/api/kb/feedback/{word}", access=Access.CLIENT)(self.feedback)
        routes.get("/api/kb/audio/{question_id}/{segment}", access=Access.CLIENT)(self.question_audio)
        routes.post("/api/kb/audio/batch", access=Access.CLIENT, replayable=False)(self.question_batch)
        routes.get("/api/curricula/{curriculum_id}/topics/{topic_id}/stream-audio", access=Access.CLIENT)(self.stream)
        return routes

    def question_audio(self, request: Request, question_id: str, segment: str, query: KbAudioQuery) -> Reply:
        """Return a text of a question as WAV; NotFound tells the app to speak by itself."""
        if segment not in _SEGMENTS:
            expected = f"one of {', '.join(_SEGMENTS)}"
            raise InvalidInput(f"segment: {expected}", details={"segment": expected})
        with request.unit() as unit:
            found = SpokenTextRepository(unit).question(question_id)
        question = found.result
        return self._spoken(request.caller, question.owner_id, text_of_segment(question, segment, query.hint_index))

    def feedback(self, request: Request, word: str) -> Reply:
        """Return "correct" or "incorrect" as WAV."""
        text = _FEEDBACK.get(word)
        if text is None:
            expected = f"one of {', '.join(_FEEDBACK)}"
            raise InvalidInput(f"feedback: {expected}", details={"feedback": expected})
        request.admit()
        return self._spoken(request.caller, PUBLIC_TENANT, text)

    def question_batch(self, request: Request, body: KbBatch) -> KbBatchAnswer:
        """Return which texts of questions are spoken already; nothing is made."""
        with request.unit() as unit:
            found = SpokenTextRepository(unit).questions(body.question_ids)
        known = {question.id: question for question in found.result}
        sizes = {
            clip.key: clip.size
            for owner in {question.owner_id for question in found.result}
            for clip in self._desk.shelf.clips(owner)
        }
        wanted = body.segments or list(_SEGMENTS)
        listed = {
            each: {segment: self._available(known.get(each), segment, sizes) for segment in wanted}
            for each in body.question_ids
        }
        there = [item for segments in listed.values() for item in segments.values() if item.available]
        count = sum(len(segments) for segments in listed.values())
        return KbBatchAnswer(
            segments=listed,
            total_size_bytes=sum(item.size for item in there),
            available_count=len(there),
            missing_count=count - len(there),
        )

    def stream(self, request: Request, curriculum_id: str, topic_id: str, query: StreamQuery) -> Reply:
        """Stream a topic: each stretch of its transcript and how it sounds."""
        answers.check_provider(query.tts_server, self._at.provider)
        with request.unit() as unit:
            found = SpokenTextRepository(unit).topics(curriculum_id, [topic_id])
        if not found.result:
            raise no_topic(curriculum_id, topic_id)
        topic = found.result[0]
        plan = StreamPlan(title=topic.title, segments=_segments(topic))
        voice = self._desk.voice(answers.voice_name(query.voice))
        offer(lambda: self._frames(request.caller, topic.owner_id, plan, voice))
        headers = {
            "Content-Type": "application/octet-stream",
            "X-Topic-Title": quote(topic.title, safe=" !'()*,:;?&+=@$/"),
            "X-Segment-Count": str(len(plan.segments)),
        }
        return Reply(msgspec.json.encode(plan), headers=headers)

    async def _frames(self, caller: Caller, owner_id: str, plan: StreamPlan, voice: Voice) -> AsyncIterator[bytes]:
        """Yield a topic's frames: SEG and its text, then AUD and a WAV file or ERR and why not; END at the end."""
        for segment in plan.segments:
            text = segment.text.encode()
            yield b"SEG:%d:%s:%d\n%s" % (segment.index, segment.type.encode(), len(text), text)
            try:
                clip = await self._desk.read(caller, owner_id, speakable(segment.text), voice)
            except AppError as error:
                yield f"ERR:{error.error_code}\n".encode()
            else:
                wav = to_wav(clip.pcm, clip.rate)
                yield b"AUD:%d\n%s" % (len(wav), wav)
        yield b"END\n"

    def _spoken(self, caller: Caller, owner_id: str, text: str) -> Reply:
        """Return a text as the phones play it, made now when it is not there and there is money for it."""
        if not text:
            raise NotFound("no audio for this")
        try:
            clip = self._at.run(self._desk.read(caller, owner_id, text, self._desk.voice()))
        except (BudgetExhausted, Unavailable) as error:
            raise NotFound("this audio is not there and cannot be made now", code=error.error_code) from error
        return answers.kb_audio(self._at.encoder, clip)

    def _available(self, question: QuestionTexts | None, segment: Segment, sizes: dict[str, int]) -> KbSegment:
        if question is None:
            return KbSegment(available=False)
        text = text_of_segment(question, segment)
        return availability(self._desk.cache, question.owner_id, text, sizes, self._desk.voice())


def _segments(topic: TopicTexts) -> list[StreamSegment]:
    """Return the stretches of a transcript that have text; a type is one word, for the frame's sake."""
    texts = [(text_of(segment.get("type")), text_of(segment.get("content"))) for segment in topic.segments]
    spoken = [(kind, text) for kind, text in texts if text]
    return [
        StreamSegment(index=i, type="".join(c for c in kind if c.isalnum() or c in "-_") or "narration", text=text)
        for i, (kind, text) in enumerate(spoken)
    ]


def no_topic(curriculum_id: str, topic_id: str) -> NotFound:
    """Return that there is no such topic."""
    return NotFound(f"topic {topic_id} of curriculum {curriculum_id} not found")
