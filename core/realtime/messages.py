"""What Realtime clients send, one JSON object in a text frame.

Source: "Client events" in OpenAI's Realtime API reference; what of it we take: docs/reference/realtime.md.
"""

from typing import Annotated, Any, Final, Literal

import msgspec
from msgspec import Meta, Struct

from core.realtime.refusals import refusal_of, refused

LARGEST_MESSAGE: Final = 4 << 20  # bytes; a minute of PCM16 at 24 kHz in base64 has as many
LONGEST_TEXT: Final = 16_000  # characters of an item
_Id = Annotated[str, Meta(min_length=1, max_length=128)]
_Text = Annotated[str, Meta(max_length=LONGEST_TEXT)]


class _Event(Struct, tag_field="type", forbid_unknown_fields=True, kw_only=True, frozen=True):
    event_id: Annotated[str, Meta(max_length=512)] | None = None


class SessionUpdate(_Event, tag="session.update", kw_only=True, frozen=True):
    """Change what is given."""

    session: msgspec.Raw


class Append(_Event, tag="input_audio_buffer.append", kw_only=True, frozen=True):
    """Sound of the microphone, base64 on the wire."""

    audio: bytes


class Commit(_Event, tag="input_audio_buffer.commit", kw_only=True, frozen=True):
    """The utterance is over."""


class Clear(_Event, tag="input_audio_buffer.clear", kw_only=True, frozen=True):
    """Forget what was sent since the last commit."""


class ClearOutput(_Event, tag="output_audio_buffer.clear", kw_only=True, frozen=True):
    """Stop speaking; of clients whose player is the server's."""


class Part(Struct, forbid_unknown_fields=True, kw_only=True, frozen=True):
    """A part of a new item's content."""

    type: Literal["input_text", "output_text", "text"]
    text: _Text


class NewItem(Struct, forbid_unknown_fields=True, kw_only=True, frozen=True):
    """A message that a client adds to the conversation."""

    type: Literal["message"]
    role: Literal["user", "assistant", "system"]
    content: Annotated[list[Part], Meta(min_length=1, max_length=20)]
    id: _Id | None = None
    object: str | None = None
    status: str | None = None


class CreateItem(_Event, tag="conversation.item.create", kw_only=True, frozen=True):
    """Add a message, behind another one or at the end."""

    item: NewItem
    previous_item_id: _Id | None = None


class RetrieveItem(_Event, tag="conversation.item.retrieve", kw_only=True, frozen=True):
    """Show an item."""

    item_id: _Id


class DeleteItem(_Event, tag="conversation.item.delete", kw_only=True, frozen=True):
    """Have the model forget an item."""

    item_id: _Id


class TruncateItem(_Event, tag="conversation.item.truncate", kw_only=True, frozen=True):
    """Of an answer, only the first milliseconds were heard."""

    item_id: _Id
    content_index: int
    audio_end_ms: Annotated[int, Meta(ge=0)]


class CreateResponse(_Event, tag="response.create", kw_only=True, frozen=True):
    """Answer now."""

    response: msgspec.Raw = msgspec.Raw(b"null")


class CancelResponse(_Event, tag="response.cancel", kw_only=True, frozen=True):
    """Stop the answer."""

    response_id: _Id | None = None


ClientEvent = (
    SessionUpdate
    | Append
    | Commit
    | Clear
    | ClearOutput
    | CreateItem
    | RetrieveItem
    | DeleteItem
    | TruncateItem
    | CreateResponse
    | CancelResponse
)


class _Envelope(Struct):
    type: Any = None
    event_id: Any = None


_DECODER: Final = msgspec.json.Decoder(ClientEvent)
_ENVELOPES: Final = msgspec.json.Decoder(_Envelope)
_KNOWN: Final = (
    "session.update, input_audio_buffer.append, input_audio_buffer.commit, input_audio_buffer.clear, "
    "conversation.item.create, conversation.item.retrieve, conversation.item.delete, conversation.item.truncate, "
    "response.create, response.cancel"
)


def decode(text: str) -> ClientEvent:
    """Read an event.

    Raises: InvalidInput: not JSON, an unknown type, an unknown field, or a field of the wrong kind; it names the field
        in its detail `param`.
    """
    try:
        return _DECODER.decode(text)
    except msgspec.ValidationError as error:
        reason = str(error)
        if "Invalid value" in reason and "`$.type`" in reason:
            raise refused("invalid_value", f"Invalid value: 'type'. Expected one of {_KNOWN}.", "type") from None
        if "`$.audio`" in reason:
            raise refused("invalid_audio", "Invalid value: 'audio'. Expected base64.", "audio") from None
        raise refusal_of(error) from None
    except (msgspec.DecodeError, UnicodeError):
        raise refused("invalid_json", "An event must be a JSON object.") from None


def event_id_of(text: str) -> str | None:
    """Return what a client calls its event, for the error about it; None where it does not or cannot be read."""
    try:
        found = _ENVELOPES.decode(text).event_id
    except (msgspec.DecodeError, UnicodeError):
        return None
    return found[:512] if isinstance(found, str) else None
