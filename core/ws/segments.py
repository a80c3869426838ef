"""Prepared segments for a client that plays them itself: dialect B of the voice socket.

Source: docs/reference/websocket.md.
"""

import asyncio
import base64
from collections.abc import Coroutine
from typing import Final

from core.pipeline.conversations import Conversation, Visit
from core.pipeline.equipment import Equipment
from core.pipeline.notices import Notice, Problem, TurnEnded
from core.pipeline.session import VoiceSession
from core.providers.tts.port import Voice
from core.speech.answers import check_provider, voice_name
from core.speech.desk import Clip
from core.speech.formats import to_wav
from core.voice.endpointing import RATE
from core.voice.speakable import speakable
from core.voice.turns import State
from core.ws import wire
from core.ws.outbox import Outbox
from shared.clock import iso, utc_now
from shared.domain.lesson import Stop
from shared.errors import AppError, InvalidInput

# Segments one client may wait for at once, what is made ahead among them.
_MOST_WAITING: Final = 4
# Between two notes of how far a segment was played.
_NOTE_S: Final = 10.0


class Segments:
    """One connection's segments. It stands between the session and the outbox as the session's Client.

    A client that asks for segments and has sent no `config` takes no binary frames: the tutor's answers go to it as
    `answer_audio`.
    """

    def __init__(self, equipment: Equipment, visit: Visit, outbox: Outbox) -> None:
        self._equipment = equipment
        self._visit = visit
        self._outbox = outbox
        self._voice = Voice(language=equipment.settings.language)
        self._tasks: set[asyncio.Task[None]] = set()
        self._left_at: tuple[int, int] | None = None
        self._noted = (-1, 0.0)
        self._interruptions = 0
        self._asked_for_segments = False
        self.takes_frames = False

    # The session's Client.

    def tell(self, notice: Notice) -> None:
        """Queue a notice; after the answer to an interruption, say where the client's own playing goes on."""
        self._outbox.tell(notice)
        if isinstance(notice, TurnEnded) and self._left_at is not None:
            index, offset_ms = self._left_at
            self._left_at = None
            self._outbox.send(wire.message("resume_playback", segment_index=index, offset_ms=offset_ms))

    async def play(self, pcm: bytes) -> None:
        """Queue sound, in the form the client takes."""
        if self.takes_frames or not self._asked_for_segments:
            await self._outbox.play(pcm)
        else:
            sound = base64.b64encode(to_wav(pcm, RATE)).decode()
            told = wire.message("answer_audio", audio_base64=sound, duration_seconds=len(pcm) / 2 / RATE)
            await self._outbox.play_framed(told, len(pcm))

    def drop_audio(self) -> int:
        """Forget sound that has not left."""
        return self._outbox.drop_audio()

    def leave(self, error: AppError) -> None:
        """Tell an error that ends the session, then close."""
        self._outbox.leave(error)

    # What the client asks for.

    async def request(self, session: VoiceSession, wanted: wire.RequestAudio) -> None:
        """Have a segment sent when it is there; the next one is made meanwhile.

        Raises: InvalidInput: no such segment, or too many at once. NotFound: no such topic.
        """
        self._asked_for_segments = True
        conversation = session.talk.conversation
        if wanted.topic_id and wanted.topic_id != conversation.topic_id:
            conversation = await session.choose_topic(wanted.topic_id)
        self._check(conversation, wanted.segment_index)
        if len(self._tasks) >= _MOST_WAITING:
            raise InvalidInput("too many segments are asked for at once", code="too_many_requests")
        self._start(self._answer(conversation, wanted.segment_index), "making")

    def sync(self, session: VoiceSession, told: wire.Sync) -> None:
        """Note how far the client has played."""
        conversation = session.talk.conversation
        total = len(conversation.lesson.passages) if conversation.lesson else 0
        index, offset_ms = min(told.segment_index, total), int(told.offset_ms)
        session.talk.tutoring.stand_at(index)
        noted_index, noted_at = self._noted
        now = asyncio.get_running_loop().time()
        if index != noted_index or not told.is_playing or now - noted_at >= _NOTE_S:
            self._noted = index, now
            self._start(self._note(index, offset_ms))
        self._outbox.send(wire.message("sync_ack", segment_index=told.segment_index, server_time=iso(utc_now())))

    def barge_in(self, session: VoiceSession, told: wire.BargeIn) -> None:
        """Count the interruption, stop the tutor if it is the one who speaks, and answer what was said."""
        index, offset_ms = told.segment_index, int(told.offset_ms)
        answering = session.state in {State.THINKING, State.TUTOR}
        session.cancel()
        if self._asked_for_segments:
            session.talk.tutoring.stand_at(index)
            self._left_at = index, offset_ms
            self._start(self._note(index, offset_ms))
            if not answering:
                self._interruptions += 1
                self._start(self._count(f"segment-{index}-{offset_ms}-{self._interruptions}", offset_ms))
        self._outbox.send(wire.message("barge_in_ack", segment_index=index, offset_ms=told.offset_ms))
        if told.utterance and told.utterance.strip():
            session.ask(told.utterance.strip())

    def configure(self, session: VoiceSession, wanted: wire.VoiceConfig) -> None:
        """Speak otherwise from now on, segments and answers.

        Raises: InvalidInput: an unknown provider.
        """
        self._asked_for_segments = True
        check_provider(wanted.tts_provider, self._equipment.providers.tts.name)
        voice = Voice(
            voice_name(wanted.voice_id), wanted.speed or 1.0, wanted.language or self._equipment.settings.language
        )
        self._voice = session.talk.voice = voice
        told = {"voice_id": voice.name, "speed": voice.speed, "language": voice.language}
        told["tts_provider"] = self._equipment.providers.tts.name
        self._outbox.send(wire.message("voice_config_ack", voice_config=told))

    async def close(self) -> None:
        """Stop what is made; notes under way are kept."""
        for task in self._tasks:
            if task.get_name() == "making":
                task.cancel()
        while self._tasks:
            await asyncio.wait(self._tasks)

    def _start(self, work: Coroutine[object, object, None], name: str = "noting") -> None:
        task = asyncio.create_task(work, name=name)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _check(self, conversation: Conversation, index: int) -> None:
        total = len(conversation.lesson.passages) if conversation.lesson else 0
        if not total:
            raise InvalidInput("the session has no lesson to play: choose a topic first", code="no_lesson")
        if index >= total:
            expected = f"from 0 to {total - 1}"
            raise InvalidInput(
                f"segment_index: {expected}", code="segment_not_found", details={"segment_index": expected}
            )

    async def _answer(self, conversation: Conversation, index: int) -> None:
        """Send a segment, then make the next one."""
        lesson = conversation.lesson
        passages = lesson.passages if lesson else ()
        try:
            clip = await self._narrated(conversation, passages[index])
        except AppError as error:
            problem = Problem(error.error_code.upper(), error.message)
            self._outbox.send(wire.error(problem, segment_index=index))
            return
        stops = [stop for stop in (lesson.stops if lesson else ()) if stop.position == index]
        await self._outbox.deliver(
            wire.message(
                "audio",
                segment_index=index,
                audio_base64=base64.b64encode(to_wav(clip.pcm, clip.rate)).decode(),
                duration_seconds=round(clip.seconds, 3),
                cache_hit=clip.status == "hit",
                total_segments=len(passages),
                **_pauses(stops),
            )
        )
        if index + 1 < len(passages):
            await self._make(conversation, index + 1)

    async def _make(self, conversation: Conversation, index: int) -> None:
        passages = conversation.lesson.passages if conversation.lesson else ()
        try:
            clip = await self._narrated(conversation, passages[index])
        except AppError as error:
            told = {"status": "failed", "error": error.message}
        else:
            told = {"status": "ready", "cache_hit": clip.status == "hit"}
        self._outbox.send(wire.message("prefetch_status", segment_index=index, **told))

    async def _narrated(self, conversation: Conversation, passage: str) -> Clip:
        caller = self._visit.caller
        owner = conversation.owner_id or caller.tenant_id or ""
        return await self._equipment.narrate(caller, owner, speakable(passage), self._voice)

    async def _note(self, index: int, offset_ms: int) -> None:
        try:
            await self._equipment.conversations.stand_at(self._visit, index, offset_ms)
        except AppError as error:
            self._outbox.tell(Problem("PROGRESS_NOT_STORED", error.message))

    async def _count(self, key: str, offset_ms: int) -> None:
        try:
            await self._equipment.conversations.barge_in(self._visit, key, offset_ms)
        except AppError as error:
            self._outbox.tell(Problem("TURN_NOT_STORED", error.message))


def _pauses(stops: list[Stop]) -> dict[str, object]:
    """Return where the client is to wait after a segment: a question to ask, a place to offer a stop."""
    told: dict[str, object] = {}
    for stop in stops:
        if stop.kind == "checkpoint":
            told["checkpoint"] = {"prompt": stop.prompt}
        else:
            told["stopping_point"] = {"type": stop.kind, "prompt": stop.prompt}
    return told
