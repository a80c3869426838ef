"""What happens in a session, told to a Realtime client in events."""

import asyncio
from collections.abc import Callable
from typing import Any, Final

import msgspec
from msgspec import structs

from core.pipeline.notices import (
    Heard,
    Notice,
    Problem,
    ReplyStarted,
    ReplyToken,
    SpeechEnded,
    SpeechStarted,
    TurnEnded,
)
from core.pipeline.talk import ends_session
from core.realtime.dialect import Dialect, event_name
from core.realtime.items import Item, Items
from core.realtime.refusals import kind_of
from core.realtime.responses import Response, Responses
from core.realtime.settings import RealtimeSettings, described
from core.realtime.tuning import Tuning
from core.ws.closing import closing_of
from core.ws.outbox import Outbox
from core.ws.rate import BURST, PER_SECOND, ControlRate
from shared.errors import AppError
from shared.ids import new_id

# What a problem's code is called where the Realtime API has a name for it.
_CODES: Final = {"NO_SPEECH": "input_audio_buffer_commit_empty"}


class Teller:
    """The Client of a session, on a Realtime socket.

    Args:
        rate: what the client may still send, which it is told.

    Attributes:
        settings: as the client last changed them.
        origin_ms: how much of the microphone was heard before the session's present configuration.
        ended: called with each response that has ended.
    """

    def __init__(
        self,
        outbox: Outbox,
        session_id: str,
        dialect: Dialect,
        settings: RealtimeSettings,
        tuning: Tuning,
        rate: ControlRate,
    ) -> None:
        self._outbox = outbox
        self._session_id = session_id
        self._model = self._stt = self._instructions = ""
        self._dialect = dialect
        self._tuning = tuning
        self._rate = rate
        self._prefix = new_id().replace("-", "")
        self._events = 0
        self._speaking: Item | None = None
        self._unheard: dict[str, Item] = {}
        self._awaited: dict[str, Item] = {}
        self._heard_turns: set[str] = set()
        self._last_heard = ""
        self._quiet = asyncio.Event()
        self._quiet.set()
        self.settings = settings
        self.items = Items()
        self.responses = Responses(self.send, self.frame, self.items, session_id, dialect)
        self.origin_ms = 0
        self.ended: Callable[[Response], None] = lambda _response: None
        self._told: dict[type[Notice], Callable[[Any], None]] = {
            SpeechStarted: self._speech_started,
            SpeechEnded: self._speech_ended,
            Heard: self._heard,
            ReplyStarted: self._reply_started,
            ReplyToken: lambda notice: self.responses.say(notice.text),
            TurnEnded: self._turn_ended,
            Problem: self._problem,
        }

    @property
    def speech_goes_on(self) -> bool:
        """Whether the learner was told to be heard, and has not ended."""
        return self._speaking is not None

    @property
    def awaits_words(self) -> bool:
        """Whether there is an utterance whose words are not known yet."""
        return not self._quiet.is_set()

    async def settled(self) -> None:
        """Wait until the words of every utterance are known and stored, or given up."""
        await self._quiet.wait()

    def await_nothing(self) -> None:
        """Give up whatever is awaited: the session has ended."""
        self._quiet.set()

    def tell(self, notice: Notice) -> None:
        """Send what the client can make something of; the rest has no event."""
        self._outbox.told()
        tell = self._told.get(type(notice))
        if tell is not None:
            tell(notice)

    async def play(self, pcm: bytes) -> None:
        """Send the answer's next sound."""
        frame = self.responses.sound(pcm)
        if frame is not None:
            await self._outbox.play_framed(frame, len(pcm))

    def drop_audio(self) -> int:
        """Forget sound that has not left yet, and return how many bytes of PCM16 it was."""
        return self._outbox.drop_audio()

    def leave(self, error: AppError) -> None:
        """Tell an error that ends the session, then close."""
        if self._outbox.closing is None:
            self.complain(error)
            self._outbox.close(closing_of(error))

    def fail(self, error: AppError, event_id: str | None = None) -> None:
        """Tell an error; it closes the connection when nothing more can be done for this caller."""
        if ends_session(error):
            self.leave(error)
        else:
            self.complain(error, event_id)

    def complain(self, error: AppError, event_id: str | None = None) -> None:
        """Tell an error.

        Args: event_id: what the client calls the event the error is about.
        """
        param = error.details.get("param")
        told = {"type": kind_of(error), "code": error.error_code, "message": error.message, "param": param}
        self.send("error", error={**told, "event_id": event_id})

    def introduce(self, model: str, stt: str, instructions: str) -> None:
        """Say who answers and who transcribes, and what the session was told to be when it was made."""
        self._model, self._stt = model, stt
        if not self.settings.instructions:
            self._instructions = instructions

    def describe(self, name: str) -> None:
        """Send an event that holds the session."""
        shown = self.settings
        if not shown.instructions:
            shown = structs.replace(shown, instructions=self._instructions)
        self.send(name, session=described(shown, self._session_id, self._model, self._stt, self._dialect))

    def send(self, name: str, **fields: object) -> None:
        """Send an event, if the dialect has it."""
        if event_name(name, self._dialect):
            self._outbox.send(self.frame(name, **fields))

    def frame(self, name: str, **fields: object) -> str:
        """Return an event as text."""
        self._events += 1
        event_id = f"event_{self._prefix}{self._events:06d}"
        event = {"type": event_name(name, self._dialect), "event_id": event_id, **fields}
        return msgspec.json.encode(event).decode()

    def commit(self, item: Item, ms: int) -> None:
        """Add what the learner said to the conversation; its words follow.

        Args: ms: how long it lasted.
        """
        item.spoken_ms = ms
        before = self.items.add(item)
        self.send("input_audio_buffer.committed", previous_item_id=before, item_id=item.id)
        self.show(item, before)

    def show(self, item: Item, before: str | None) -> None:
        """Tell of an item that is complete."""
        described = item.described(self._dialect)
        self.send("conversation.item.added", previous_item_id=before, item=described)
        self.send("conversation.item.done", previous_item_id=before, item=described)

    def transcribed(self, item: Item, text: str) -> None:
        """Tell the words of an utterance, where the client wants them."""
        item.text = text
        if not self.settings.transcribes:
            return
        name = "conversation.item.input_audio_transcription"
        if text:
            self.send(f"{name}.delta", item_id=item.id, content_index=0, delta=text)
        usage = {"type": "duration", "seconds": round(item.spoken_ms / 1000, 3)}
        self.send(f"{name}.completed", item_id=item.id, content_index=0, transcript=text, usage=usage)

    def not_transcribed(self, item: Item, code: str, message: str) -> None:
        """Tell that nobody knows the words of an utterance."""
        error = {"type": "server_error", "code": code, "message": message, "param": None}
        name = "conversation.item.input_audio_transcription.failed"
        self.send(name, item_id=item.id, content_index=0, error=error)

    def respond(self, response: Response) -> None:
        """Tell of a response that begins, and what the client may still send."""
        self.responses.create(response)
        left = self._rate.left
        limit = {
            "name": "requests",
            "limit": BURST,
            "remaining": left,
            "reset_seconds": round((BURST - left) / PER_SECOND, 2),
        }
        self.send("rate_limits.updated", rate_limits=[limit])

    def _speech_started(self, notice: SpeechStarted) -> None:
        item = self._speaking = Item(role="user", part="input_audio")
        start = self.origin_ms + notice.at_ms
        self.send("input_audio_buffer.speech_started", audio_start_ms=start, item_id=item.id)

    def _speech_ended(self, notice: SpeechEnded) -> None:
        item, self._speaking = self._speaking or Item(role="user", part="input_audio"), None
        end = self.origin_ms + notice.at_ms
        self.send("input_audio_buffer.speech_stopped", audio_end_ms=end, item_id=item.id)
        if notice.turn_id:
            item.turn_id = notice.turn_id
            self._unheard[notice.turn_id] = self._awaited[notice.turn_id] = item
            self._quiet.clear()
            self.commit(item, notice.duration_ms)

    def _heard(self, notice: Heard) -> None:
        self._last_heard = notice.turn_id
        item = self._unheard.pop(notice.turn_id, None)
        if item is not None:
            self._heard_turns.add(notice.turn_id)
            self.transcribed(item, notice.text)
        if not notice.text:
            self._await_no_more(notice.turn_id)

    def _reply_started(self, _notice: ReplyStarted) -> None:
        if self.responses.active is None:
            self.respond(Response(settings=self.settings, asked=True, turn_id=self._last_heard))

    def _turn_ended(self, notice: TurnEnded) -> None:
        self._await_no_more(notice.turn_id)
        response = self.responses.active
        after_speech = notice.turn_id in self._heard_turns
        self._heard_turns.discard(notice.turn_id)
        if response is None or not response.asked or after_speech != (response.turn_id == notice.turn_id):
            return
        response.turn_id = notice.turn_id
        if notice.answer.interrupted and response.cancelled is None:
            response.cancelled = "turn_detected"
        model = self._tuning.model
        self.responses.end(notice.answer, model.usage if model else None, cut_short=model.cut_short if model else False)
        if response.item is not None:
            response.item.turn_id = notice.turn_id
        self._tuning.apply(self.settings, self.told_to_the_model())
        self.ended(response)

    def told_to_the_model(self) -> list[str]:
        """Return what the conversation's system messages say."""
        return [item.text for item in self.items if item.role == "system" and item.text]

    def _problem(self, notice: Problem) -> None:
        """Tell what went wrong: as the outcome of a response, of an utterance, or by itself."""
        response = self.responses.active
        if response is not None and response.asked and notice.code != "TURN_NOT_STORED":
            response.problem = notice
            return
        code = _CODES.get(notice.code, notice.code.lower())
        for turn_id, item in list(self._unheard.items()):
            self.not_transcribed(item, code, notice.message)
            del self._unheard[turn_id]
            self._await_no_more(turn_id)
        kind = "invalid_request_error" if notice.code in _CODES else "server_error"
        if notice.code == "BUDGET_EXHAUSTED":
            kind = "insufficient_quota"
        error = {"type": kind, "code": code, "message": notice.message, "param": None, "event_id": None}
        self.send("error", error=error)

    def _await_no_more(self, turn_id: str) -> None:
        self._awaited.pop(turn_id, None)
        if not self._awaited:
            self._quiet.set()
