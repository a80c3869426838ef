"""What a Realtime client asks for, done in its session."""

import asyncio
from collections.abc import Callable
from typing import Any, Final

import msgspec
from msgspec import structs

from core.pipeline.conversations import Turn, Visit
from core.pipeline.notices import Answer
from core.pipeline.session import VoiceSession
from core.pipeline.talk import LONGEST_HISTORY
from core.pipeline.transcription import Transcription
from core.realtime import messages, settings
from core.realtime.audio import RATES, Microphone
from core.realtime.chores import Chores
from core.realtime.dialect import Dialect
from core.realtime.items import Item, new_item_id
from core.realtime.port import RealtimeStore
from core.realtime.refusals import refusal_of, refused
from core.realtime.responses import Response
from core.realtime.teller import Teller
from core.realtime.tuning import Tuning
from core.voice import dialogue
from core.voice.endpointing import Timing
from shared.errors import AppError
from shared.ids import new_id

_PER_MS: Final = 32  # bytes of PCM16 at 16 kHz
_SHORTEST_COMMIT: Final = 100 * _PER_MS
# A detector that is never sure, or sure of everything, finds no utterances.
_THRESHOLDS: Final = (0.2, 0.95)
_PARTS: Final = {"user": ("input_text",), "system": ("input_text",), "assistant": ("output_text", "text")}


class _ResponseFields(msgspec.Struct, forbid_unknown_fields=True):
    """What a response may have of its own that a session has not."""

    metadata: dict[str, str] | None = None
    conversation: str | None = None
    input: list[msgspec.Raw] | None = None


class Commands:
    """Carries out events, one after the other.

    Args:
        usual: the deployment's silences.
    """

    def __init__(
        self,
        session: VoiceSession,
        teller: Teller,
        tuning: Tuning,
        visit: Visit,
        dialect: Dialect,
        store: RealtimeStore,
        usual: Timing,
    ) -> None:
        self._session = session
        self._teller = teller
        self._tuning = tuning
        self._visit = visit
        self._dialect = dialect
        self._store = store
        self._usual = usual
        self._chores = Chores()
        self._utterance: Transcription | None = None
        self._utterance_bytes = 0
        self._heard_bytes = 0
        self._closing = False
        self._microphone = Microphone(teller.settings.heard)
        self._response_over = asyncio.Event()
        self._orders: dict[type[messages.ClientEvent], Callable[[Any], None]] = {
            messages.SessionUpdate: lambda event: self._update(bytes(event.session)),
            messages.Commit: lambda _: self._commit(),
            messages.Clear: lambda _: self._clear(),
            messages.ClearOutput: lambda _: self._clear_output(),
            messages.CreateItem: self._create_item,
            messages.RetrieveItem: lambda event: self._retrieve_item(event.item_id),
            messages.DeleteItem: lambda event: self._delete_item(event.item_id),
            messages.TruncateItem: self._truncate_item,
            messages.CreateResponse: self._create_response,
            messages.CancelResponse: lambda event: self._cancel(event.response_id),
        }
        teller.ended = self._ended
        self.configure()

    async def obey(self, event: messages.ClientEvent) -> float:
        """Do what an event asks for, and return how many seconds of sound it brought.

        Raises: InvalidInput: it cannot be done; the session is as it was before.
        """
        if isinstance(event, messages.Append):
            return await self._append(event.audio) / _PER_MS / 1000
        if self._chores.are_many:
            raise refused("rate_limit_exceeded", "Too much waits to be stored or answered: send less.")
        self._orders[type(event)](event)
        return 0.0

    def configure(self) -> None:
        """Have the session listen and speak as the settings say; what is under way stops."""
        chosen, found = self._teller.settings, self._teller.settings.detection
        self._forget_utterance()
        self._teller.origin_ms = self._heard_bytes // _PER_MS
        rate = RATES[chosen.played]
        if found is None:
            self._session.configure(dialogue.Microphone(detect=False), output_rate=rate)
            return
        least, most = _THRESHOLDS
        microphone = dialogue.Microphone(
            hands_free=True,
            threshold=min(max(found.threshold, least), most),
            before_ms=found.prefix_padding_ms,
            answered=found.create_response,
            interrupts=found.interrupt_response,
        )
        self._session.configure(microphone, output_rate=rate, timing=found.timing(self._usual))

    async def close(self) -> None:
        """Store what was said; what only begins now is left."""
        self._closing = True
        self._forget_utterance()
        self._teller.await_nothing()
        self._response_over.set()
        await self._chores.finish()

    async def _append(self, audio: bytes) -> int:
        """Take sound and return how many bytes of PCM16 at 16 kHz it is."""
        pcm = self._microphone.feed(audio)
        self._heard_bytes += len(pcm)
        if self._teller.settings.detection is not None:
            self._session.hear(pcm)
            await self._session.room()
            return len(pcm)
        if self._utterance_bytes + len(pcm) > self._usual.longest_ms * _PER_MS:
            longest = self._usual.longest_ms // 1000
            raise refused("input_audio_buffer_full", f"The buffer holds at most {longest} s: commit or clear it.")
        if self._utterance is None:
            self._utterance = self._session.transcribe()
        self._utterance_bytes += len(pcm)
        self._utterance.offer(pcm)
        return len(pcm)

    def _commit(self) -> None:
        empty = refused("input_audio_buffer_commit_empty", "The buffer holds less than 100 ms of audio.")
        if self._teller.settings.detection is not None:
            if not self._heard_bytes:
                raise empty
            self._session.end_utterance()
            return
        if self._utterance is None or self._utterance_bytes < _SHORTEST_COMMIT:
            raise empty
        utterance, ms = self._utterance, self._utterance_bytes // _PER_MS
        utterance.offer(self._microphone.flush())
        self._utterance, self._utterance_bytes = None, 0
        utterance.close()
        item = Item(role="user", part="input_audio", turn_id=new_id())
        self._teller.commit(item, ms)
        self._chores.add(lambda: self._hear(item, utterance))

    def _clear(self) -> None:
        if self._teller.settings.detection is None:
            self._forget_utterance()
        elif self._teller.speech_goes_on:
            self.configure()  # what follows may be another utterance without a silence between
        self._teller.send("input_audio_buffer.cleared")

    def _clear_output(self) -> None:
        self._cancel(None)
        self._teller.send("output_audio_buffer.cleared")

    def _forget_utterance(self) -> None:
        if self._utterance is not None:
            self._utterance.cancel()
        self._utterance, self._utterance_bytes = None, 0

    async def _hear(self, item: Item, utterance: Transcription) -> None:
        try:
            heard = await utterance.result()
        except AppError as error:
            self._teller.not_transcribed(item, error.error_code, error.message)
            self._teller.fail(error)
            return
        self._teller.transcribed(item, heard.text)
        if heard.text:
            await self._keep(item, heard.text)

    async def _keep(self, item: Item, text: str, event_id: str | None = None) -> None:
        turn = Turn(turn_id=item.turn_id, role="assistant" if item.role == "assistant" else "user", text=text)
        try:
            await self._session.keep(turn)
        except AppError as error:
            self._teller.fail(error, event_id)
            return
        self._remember(item, turn)

    def _remember(self, item: Item, turn: Turn) -> None:
        """Have the model reminded of a turn where its item stands."""
        history = self._session.history
        known = {(each.turn_id, each.role): at for at, each in enumerate(history)}
        at = 0
        for before in self._teller.items:
            if before is item:
                break
            at = max(at, known.get((before.turn_id, before.role), -1) + 1)
        history.insert(at, turn)
        del history[:-LONGEST_HISTORY]

    def _update(self, wanted: bytes) -> None:
        before = self._teller.settings
        after = self._teller.settings = settings.updated(before, wanted, self._dialect)
        if self._teller.responses.active is None:
            self._tuning.apply(after, self._teller.told_to_the_model())
        if after.heard != before.heard:
            self._microphone = Microphone(after.heard)
        if (after.heard, after.played, after.detection) != (before.heard, before.played, before.detection):
            self.configure()
        self._teller.describe("session.updated")

    def _create_item(self, event: messages.CreateItem) -> None:
        wanted = event.item
        expected = _PARTS[wanted.role]
        if any(part.type not in expected for part in wanted.content):
            message = f"Invalid value: 'item.content'. Of a message by the {wanted.role} expected {expected[0]}."
            raise refused("invalid_value", message, "item.content")
        text = "\n".join(part.text for part in wanted.content)
        if not text.strip() or len(text) > messages.LONGEST_TEXT:
            expected_words = f"Expected words, at most {messages.LONGEST_TEXT} characters."
            raise refused("invalid_value", f"Invalid value: 'item.content'. {expected_words}", "item.content")
        if wanted.role == "system":
            self._check_instructions(text)
        item = Item(id=wanted.id or new_item_id(), role=wanted.role, part=expected[0], text=text)
        self._teller.show(item, self._teller.items.add(item, event.previous_item_id))
        if item.role == "system":
            self._tuning.apply(self._teller.settings, self._teller.told_to_the_model())
            return
        item.turn_id = new_id()
        self._chores.add(lambda: self._keep(item, text, event.event_id))

    def _check_instructions(self, text: str) -> None:
        """Raise InvalidInput where the model would be told too much: every answer is paid for with all of it."""
        if sum(map(len, (*self._teller.told_to_the_model(), text))) > settings.LONGEST_INSTRUCTIONS:
            message = f"System messages hold at most {settings.LONGEST_INSTRUCTIONS} characters together: delete some."
            raise refused("invalid_value", f"Invalid value: 'item.content'. {message}", "item.content")

    def _retrieve_item(self, item_id: str) -> None:
        item = self._teller.items.find(item_id)
        self._teller.send("conversation.item.retrieved", item=item.described(self._dialect))

    def _delete_item(self, item_id: str) -> None:
        item = self._teller.items.find(item_id)
        if item.status == "in_progress":
            raise refused("item_delete_invalid_item_id", "The item is still being said.", "item_id")
        self._teller.items.remove(item)
        self._tuning.apply(self._teller.settings, self._teller.told_to_the_model())

        async def forget() -> None:
            history = self._session.history
            history[:] = [turn for turn in history if (turn.turn_id, turn.role) != (item.turn_id, item.role)]

        self._chores.add(forget)
        self._teller.send("conversation.item.deleted", item_id=item_id)

    def _truncate_item(self, event: messages.TruncateItem) -> None:
        item = self._teller.items.find(event.item_id)
        if item.part != "output_audio":
            raise refused("invalid_value", "Only a spoken answer can be truncated.", "item_id")
        if event.content_index:
            raise refused("invalid_value", "Invalid value: 'content_index'. Expected 0.", "content_index")
        if item.status == "in_progress":
            self._cancel(None)
        self._chores.add(lambda: self._truncate(item, event))

    async def _truncate(self, item: Item, event: messages.TruncateItem) -> None:
        while item.status == "in_progress" and not self._closing:
            self._response_over.clear()
            await self._response_over.wait()
        end_ms = event.audio_end_ms
        if end_ms > item.audio_ms:
            message = f"The audio of {item.audio_ms} ms is shorter than {end_ms} ms already."
            self._teller.complain(refused("invalid_value", message, "audio_end_ms"), event.event_id)
            return
        await self._shorten(item, item.heard(end_ms))
        self._teller.send(
            "conversation.item.truncated", item_id=item.id, content_index=event.content_index, audio_end_ms=end_ms
        )

    async def _shorten(self, item: Item, text: str) -> None:
        """Have an answer end earlier than was known: for the client, the model, and in what is stored."""
        item.text, item.status = text, "incomplete"
        history = self._session.history
        for at, turn in enumerate(history):
            if (turn.turn_id, turn.role) == (item.turn_id, "assistant"):
                history[at] = structs.replace(turn, text=text, interrupted=True)
                break
        else:
            self._remember(item, Turn(turn_id=item.turn_id, role="assistant", text=text, interrupted=True))
        try:
            await self._store.correct(self._visit, item.turn_id, text)
        except AppError as error:
            self._teller.fail(error)

    def _create_response(self, event: messages.CreateResponse) -> None:
        teller = self._teller
        answered = teller.settings.detection is not None and teller.settings.detection.create_response
        if teller.responses.active is not None or (answered and teller.awaits_words):
            message = "This conversation has an answer under way: wait for response.done, or cancel it."
            raise refused("conversation_already_has_active_response", message)
        response = self._wanted(event.response)
        since = asyncio.get_running_loop().time()
        teller.respond(response)
        self._chores.add(lambda: self._answer(response, since))

    def _wanted(self, wanted: msgspec.Raw) -> Response:
        """Return the response asked for: the session's settings, under what is given for this one."""
        fields = msgspec.json.decode(bytes(wanted))
        if fields is None:
            return Response(settings=self._teller.settings)
        if not isinstance(fields, dict):
            raise refused("invalid_value", "Invalid value: 'response'. Expected an object.", "response")
        given: dict[str, object] = msgspec.convert(fields, dict[str, object])
        own = {name: given.pop(name) for name in ("metadata", "conversation", "input") if name in given}
        try:
            beside = msgspec.convert(own, _ResponseFields)
        except msgspec.ValidationError as error:
            raise refusal_of(error, "response") from None
        if beside.conversation not in {None, "auto"}:
            message = "Every answer belongs to the conversation here: expected 'auto'."
            raise refused("unsupported_value", message, "response.conversation")
        if beside.input is not None:
            raise refused("unsupported_value", "An answer is to the conversation: expected null.", "response.input")
        if self._dialect is Dialect.BETA and "max_output_tokens" in given:
            given["max_response_output_tokens"] = given.pop("max_output_tokens")
        before = self._teller.settings
        chosen = settings.updated(before, msgspec.json.encode(given), self._dialect, "response")
        if (chosen.heard, chosen.played, chosen.detection) != (before.heard, before.played, before.detection):
            message = "Formats and turn detection are the session's: change them with session.update."
            raise refused("unsupported_value", message, "response.audio")
        return Response(settings=chosen, metadata=beside.metadata)

    async def _answer(self, response: Response, since: float) -> None:
        await self._teller.settled()
        if self._teller.responses.active is not response:
            return
        if self._closing:
            self._teller.responses.end(Answer(interrupted=True), None, cut_short=False)
            return
        self._tuning.apply(response.settings, self._teller.told_to_the_model())
        response.asked = True
        self._session.answer(since)

    def _cancel(self, response_id: str | None) -> None:
        response = self._teller.responses.active
        if response is None and self._teller.awaits_words and response_id is None:
            self._session.cancel()
            return
        if response is None or response_id not in {None, response.id}:
            raise refused("response_cancel_not_active", "There is no such answer under way.")
        response.cancelled = "client_cancelled"
        if response.asked:
            self._session.cancel()
        else:
            self._teller.responses.end(Answer(interrupted=True), None, cut_short=False)

    def _ended(self, response: Response) -> None:
        """Store what was read of a text that was stopped: without sound, the session takes it for unheard."""
        self._response_over.set()
        item = response.item
        if item is not None and not response.aloud and response.cancelled and item.text:
            text = item.text
            self._chores.add(lambda: self._shorten(item, text))
