"""One answer after the other, told to a Realtime client event by event."""

import base64
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final, Literal

from core.pipeline.notices import Answer, Problem
from core.providers.llm.port import ModelUsage
from core.realtime.audio import RATES, encode
from core.realtime.dialect import Dialect
from core.realtime.items import Item, Items
from core.realtime.settings import RealtimeSettings, format_of
from shared.ids import new_id

Send = Callable[..., None]
Frame = Callable[..., str]
Reason = Literal["turn_detected", "client_cancelled"]

_CHARACTERS_PER_TOKEN: Final = 4


@dataclass(slots=True, kw_only=True)
class Response:
    """An answer under way.

    Attributes:
        settings: as they were when it was asked for.
        turn_id: under which its answer is stored; empty while that is not known.
        asked: the session works on it; until then it waits for what was said before.
        words: what was told of its text.
        cancelled: why it was stopped. problem: what went wrong.
    """

    settings: RealtimeSettings
    metadata: Mapping[str, str] | None = None
    turn_id: str = ""
    asked: bool = False
    id: str = field(default_factory=lambda: f"resp_{new_id().replace('-', '')}")
    item: Item | None = None
    words: list[str] = field(default_factory=list[str])
    cancelled: Reason | None = None
    problem: Problem | None = None

    @property
    def aloud(self) -> bool:
        """Whether it is spoken."""
        return self.settings.modality == "audio"

    @property
    def status(self) -> str:
        """How it ended, as far as the events alone tell."""
        if self.cancelled:
            return "cancelled"
        return "failed" if self.problem else "completed"


class Responses:
    """Tells of responses; at most one is active.

    Args:
        send: sends an event, its fields given by name. frame: returns one as text.
    """

    def __init__(self, send: Send, frame: Frame, items: Items, session_id: str, dialect: Dialect) -> None:
        self._send = send
        self._frame = frame
        self._items = items
        self._conversation_id = f"conv_{session_id.replace('-', '')}"
        self._dialect = dialect
        self.active: Response | None = None

    def create(self, response: Response) -> None:
        """Begin a response."""
        self.active = response
        self._send("response.created", response=self._described(response, "in_progress"))

    def begin(self, response: Response) -> None:
        """Begin its item, once there is something to say."""
        part = "output_audio" if response.aloud else "output_text"
        item = response.item = Item(role="assistant", part=part, text="", status="in_progress")
        item.rate = RATES[response.settings.played]
        before = self._items.add(item)
        begun = item.described(self._dialect, empty=True)
        self._send("response.output_item.added", response_id=response.id, output_index=0, item=begun)
        self._send("conversation.item.added", previous_item_id=before, item=begun)
        self._send("response.content_part.added", **self._place(response, item), part=self._part(response, ""))

    def say(self, text: str) -> None:
        """Tell the next piece of the active response's text."""
        response = self.active
        if response is None:
            return
        if response.item is None:
            self.begin(response)
        if response.item is not None:
            response.words.append(text)
            name = "response.output_audio_transcript.delta" if response.aloud else "response.output_text.delta"
            self._send(name, **self._place(response, response.item), delta=text)

    def sound(self, pcm: bytes) -> str | None:
        """Return the event that carries the active response's next sound."""
        response = self.active
        if response is None or response.item is None:
            return None
        delta = base64.b64encode(encode(pcm, response.settings.played)).decode("ascii")
        return self._frame("response.output_audio.delta", **self._place(response, response.item), delta=delta)

    def end(self, answer: Answer, usage: ModelUsage | None, *, cut_short: bool) -> Response | None:
        """End the active response as it was stored and return it."""
        response, self.active = self.active, None
        if response is None:
            return None
        status = "incomplete" if response.status == "completed" and cut_short else response.status
        if response.item is not None:
            self._end_item(response, response.item, answer, status)
        usage = usage or ModelUsage(0, -(-sum(map(len, response.words)) // _CHARACTERS_PER_TOKEN))
        self._send("response.done", response=self._described(response, status, usage))
        return response

    def _end_item(self, response: Response, item: Item, answer: Answer, status: str) -> None:
        item.text = answer.text if response.aloud else "".join(response.words).strip()
        item.pieces = answer.pieces
        item.status = "completed" if status == "completed" else "incomplete"
        place = self._place(response, item)
        if response.aloud:
            self._send("response.output_audio.done", **place)
            self._send("response.output_audio_transcript.done", **place, transcript=item.text)
        else:
            self._send("response.output_text.done", **place, text=item.text)
        self._send("response.content_part.done", **place, part=self._part(response, item.text))
        done = item.described(self._dialect)
        self._send("response.output_item.done", response_id=response.id, output_index=0, item=done)
        self._send("conversation.item.done", item=done)

    @staticmethod
    def _place(response: Response, item: Item) -> dict[str, object]:
        return {"response_id": response.id, "item_id": item.id, "output_index": 0, "content_index": 0}

    @staticmethod
    def _part(response: Response, text: str) -> dict[str, object]:
        return {"type": "audio", "transcript": text} if response.aloud else {"type": "text", "text": text}

    def _described(self, response: Response, status: str, usage: ModelUsage | None = None) -> dict[str, object]:
        settings = response.settings
        shared: dict[str, object] = {
            "object": "realtime.response",
            "id": response.id,
            "status": status,
            "status_details": _details(response, status),
            "output": [response.item.described(self._dialect)] if response.item and usage else [],
            "conversation_id": self._conversation_id,
            "metadata": response.metadata,
            "usage": _used(usage) if usage else None,
        }
        most = settings.max_tokens or "inf"
        if self._dialect is Dialect.BETA:
            modalities = ["audio", "text"] if response.aloud else ["text"]
            return {**shared, "modalities": modalities, "max_output_tokens": most}
        output = {"format": format_of(settings.played), "voice": settings.voice or "default"}
        return {
            **shared,
            "output_modalities": [settings.modality],
            "max_output_tokens": most,
            "audio": {"output": output},
        }


def _details(response: Response, status: str) -> dict[str, object] | None:
    if status == "cancelled":
        return {"type": status, "reason": response.cancelled}
    if status == "incomplete":
        return {"type": status, "reason": "max_output_tokens"}
    if status == "failed" and response.problem is not None:
        code = response.problem.code.lower()
        kind = "insufficient_quota" if code == "budget_exhausted" else "server_error"
        return {"type": status, "error": {"type": kind, "code": code, "message": response.problem.message}}
    return {"type": status} if status == "completed" else None


def _used(usage: ModelUsage) -> dict[str, object]:
    """Return the model's tokens; what was heard and spoken is not counted in tokens here."""
    reading = {"text_tokens": usage.input_tokens, "audio_tokens": 0, "cached_tokens": 0}
    return {
        "total_tokens": usage.input_tokens + usage.output_tokens,
        "input_tokens": usage.input_tokens,
        "output_tokens": usage.output_tokens,
        "input_token_details": reading,
        "output_token_details": {"text_tokens": usage.output_tokens, "audio_tokens": 0},
    }
