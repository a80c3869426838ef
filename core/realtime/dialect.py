"""The two vocabularies of the Realtime API: of its general availability, and of its beta before that."""

from enum import Enum
from typing import Final


class Dialect(Enum):
    """Which one a client speaks: beta clients say so with the header `OpenAI-Beta: realtime=v1`."""

    GA = "ga"
    BETA = "beta"


# What the beta calls an event; empty: it has no such event.
_BETA_NAMES: Final = {
    "response.output_audio.delta": "response.audio.delta",
    "response.output_audio.done": "response.audio.done",
    "response.output_audio_transcript.delta": "response.audio_transcript.delta",
    "response.output_audio_transcript.done": "response.audio_transcript.done",
    "response.output_text.delta": "response.text.delta",
    "response.output_text.done": "response.text.done",
    "conversation.item.added": "conversation.item.created",
    "conversation.item.done": "",
}
_BETA_PARTS: Final = {"output_text": "text", "output_audio": "audio"}


def event_name(name: str, dialect: Dialect) -> str:
    """Return what a dialect calls one of our events; empty when it has none."""
    return name if dialect is Dialect.GA else _BETA_NAMES.get(name, name)


def part_name(kind: str, dialect: Dialect) -> str:
    """Return what a dialect calls a part of an item's content."""
    return kind if dialect is Dialect.GA else _BETA_PARTS.get(kind, kind)
