"""What cannot be taken is named, and the session goes on: by OpenAI's own SDK."""

from typing import Any

import pytest

from tests.core.realtime.conftest import House, message


@pytest.mark.parametrize(
    ("event", "code", "param"),
    [
        ({"type": "session.dream"}, "invalid_value", "type"),
        ({"type": "session.update", "session": {"speed": 1}}, "unknown_parameter", "session.speed"),
        (
            {"type": "session.update", "session": {"audio": {"input": {"turn_detection": {"eager": 1}}}}},
            "unknown_parameter",
            "session.audio.input.turn_detection.eager",
        ),
        (
            {"type": "session.update", "session": {"audio": {"input": {"turn_detection": {"threshold": 2}}}}},
            "invalid_value",
            "session.audio.input.turn_detection.threshold",
        ),
        (
            {"type": "session.update", "session": {"audio": {"output": {"format": {"type": "audio/opus"}}}}},
            "invalid_value",
            "session.audio.output.format.type",
        ),
        (
            {"type": "session.update", "session": {"tools": [{"type": "function"}]}},
            "unsupported_value",
            "session.tools",
        ),
        ({"type": "session.update", "session": {"type": "transcription"}}, "invalid_value", "session.type"),
        ({"type": "session.update"}, "missing_required_parameter", "session"),
        ({"type": "input_audio_buffer.append", "audio": "§"}, "invalid_audio", "audio"),
        ({"type": "input_audio_buffer.append", "audio": "AAA="}, None, None),
        ({"type": "input_audio_buffer.append", "audio": "AA=="}, "invalid_audio", "audio"),
        ({"type": "conversation.item.create", "item": {"type": "function_call"}}, "invalid_value", "item.type"),
        (
            {"type": "conversation.item.create", "item": message("x", "user", "output_text")},
            "invalid_value",
            "item.content",
        ),
        ({"type": "conversation.item.create", "item": message("  ")}, "invalid_value", "item.content"),
        (
            {"type": "conversation.item.create", "item": message("x"), "previous_item_id": "none"},
            "item_not_found",
            "previous_item_id",
        ),
        ({"type": "conversation.item.retrieve", "item_id": "none"}, "item_not_found", "item_id"),
        ({"type": "conversation.item.delete", "item_id": "none"}, "item_not_found", "item_id"),
        (
            {"type": "conversation.item.truncate", "item_id": "none", "content_index": 0, "audio_end_ms": -1},
            "invalid_value",
            "audio_end_ms",
        ),
        (
            {"type": "response.create", "response": {"conversation": "none"}},
            "unsupported_value",
            "response.conversation",
        ),
        ({"type": "response.create", "response": {"input": []}}, "unsupported_value", "response.input"),
        ({"type": "response.create", "response": {"voices": 1}}, "unknown_parameter", "response.voices"),
        ({"type": "response.create", "response": []}, "invalid_value", "response"),
        ({"type": "response.cancel"}, "response_cancel_not_active", None),
        ({"type": "output_audio_buffer.clear"}, "response_cancel_not_active", None),
    ],
)
async def test_what_cannot_be_taken_is_named_and_the_session_goes_on(
    house: House, event: dict[str, Any], code: str | None, param: str | None
) -> None:
    async with house.client() as client:
        await client.until("session.created")
        await client.connection.send({**event, "event_id": "mine"})  # pyright: ignore[reportArgumentType]  no event at all
        if code:
            error = (await client.until("error")).error
            assert (error.type, error.code, error.param, error.event_id) == (
                "invalid_request_error",
                code,
                param,
                "mine",
            )
        await client.speak()
        assert (await client.until("response.done")).response.status == "completed"
