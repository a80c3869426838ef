"""The Realtime socket as OpenAI's own SDK uses it, over a real connection."""

import base64
from typing import Any

import aiohttp
import pytest
from openai import AsyncOpenAI
from websockets.exceptions import ConnectionClosed

from core.realtime.port import Admitted
from core.realtime.settings import RealtimeSettings
from shared.auth.caller import Caller
from shared.errors import Unavailable
from tests.core.realtime.conftest import NEW_SESSIONS, SESSION, TENANT, House

WORDS = "Why is the sky blue?"
ANSWER = "Light scatters. Blue most."


async def test_a_spoken_question_is_answered_aloud(house: House) -> None:
    async with house.client() as client:
        created = await client.until("session.created")
        assert created.session.id == SESSION
        await client.speak()
        done = await client.until("response.done")
    assert client.types == [
        "session.created",
        "input_audio_buffer.speech_started",
        "input_audio_buffer.speech_stopped",
        "input_audio_buffer.committed",
        "conversation.item.added",
        "conversation.item.done",
        "conversation.item.input_audio_transcription.delta",
        "conversation.item.input_audio_transcription.completed",
        "response.created",
        "rate_limits.updated",
        "response.output_item.added",
        "conversation.item.added",
        "response.content_part.added",
        "response.output_audio_transcript.delta",
        "response.output_audio.delta",
        "response.output_audio.done",
        "response.output_audio_transcript.done",
        "response.content_part.done",
        "response.output_item.done",
        "conversation.item.done",
        "response.done",
    ]
    assert len({event.event_id for event in client.received}) == len(client.received)
    assert client.all("conversation.item.input_audio_transcription.completed")[0].transcript == WORDS
    assert "".join(e.delta for e in client.all("response.output_audio_transcript.delta")).strip() == ANSWER
    sound = b"".join(base64.b64decode(event.delta) for event in client.all("response.output_audio.delta"))
    assert len(sound) == pytest.approx(len(house.tts.pieces) * 640 * 24 / 16, abs=96)
    assert (done.response.status, done.response.usage.output_tokens) == ("completed", 4)
    assert done.response.output[0].content[0].transcript == ANSWER
    assert house.texts() == [("user", WORDS), ("assistant", ANSWER)]


async def test_who_names_no_session_gets_a_new_one(house: House) -> None:
    async with house.client(session=None) as client:
        created = await client.until("session.created")
        assert created.session.id == NEW_SESSIONS[0]
        await client.speak()
        await client.until("response.done")
    assert len(house.conversations.sessions[NEW_SESSIONS[0]].turns) == 2


async def test_a_beta_client_is_spoken_to_in_its_own_words(house: House) -> None:
    async with (
        AsyncOpenAI(api_key="token", websocket_base_url=house.url.replace("http", "ws") + "/v1") as sdk,
        sdk.beta.realtime.connect(model="gpt-4o-realtime-preview", extra_query={"session": SESSION}) as connection,
    ):
        names: list[str] = []
        wanted: Any = {"modalities": ["text"], "turn_detection": None, "input_audio_format": "g711_ulaw"}
        await connection.session.update(session=wanted)
        await connection.conversation.item.create(
            item={"type": "message", "role": "user", "content": [{"type": "input_text", "text": "Hello?"}]}
        )
        await connection.response.create()
        async for event in connection:
            names.append(event.type)
            if event.type == "session.updated":
                assert (event.session.modalities, event.session.input_audio_format) == (["text"], "g711_ulaw")
            if event.type == "response.done":
                content: Any = event.response.output
                assert content[0].content[0].text == ANSWER
                break
    assert {"session.created", "conversation.created", "conversation.item.created", "response.text.delta"} < set(names)
    assert not {"conversation.item.added", "response.output_text.delta"} & set(names)


@pytest.mark.parametrize(
    ("token", "session", "code", "told"),
    [
        ("wrong", SESSION, 1008, "invalid_token"),
        ("token", "nonsense", 4001, "not_found"),
        ("token", "0190aaaa-0000-7000-8000-000000000099", 4001, "not_found"),
        ("ek_unknown", SESSION, 1008, "invalid_token"),
    ],
)
async def test_a_guest_who_may_not_come_in_is_told_why(
    house: House, token: str, session: str, code: int, told: str
) -> None:
    async with house.client(token, session) as client:
        error = (await client.until("error")).error
        with pytest.raises(ConnectionClosed) as closed:
            await client.until("session.created")
    assert (error.code, error.type) == (told, "invalid_request_error")
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == code


async def test_another_tenants_session_is_one_that_does_not_exist(house: House) -> None:
    house.session.tenant_id = "0190aaaa-0000-7000-8000-00000000000b"
    found: list[str] = []
    for session in (SESSION, "0190aaaa-0000-7000-8000-000000000099"):
        async with house.client(session=session) as client:
            found.append((await client.until("error")).error.message.replace(session, "SESSION"))
    assert found[0] == found[1]


async def test_a_store_that_does_not_answer_is_told(house: House) -> None:
    house.conversations.failures["open"] = [Unavailable("the database does not answer")]
    async with house.client() as client:
        assert (await client.until("error")).error.type == "server_error"


async def test_a_browser_proves_itself_by_subprotocol_and_a_ticket_by_the_address(house: House) -> None:
    async with aiohttp.ClientSession() as http:
        address = f"{house.url}/v1/realtime?session={SESSION}"
        protocols = ("realtime", "openai-insecure-api-key.token", "openai-beta.realtime-v1")
        async with http.ws_connect(address, protocols=protocols) as socket:
            assert socket.protocol == "realtime"
            assert "modalities" in (await socket.receive_json())["session"]
        async with http.ws_connect(f"{address}&ticket=ticket-for-token") as socket:
            assert (await socket.receive_json())["type"] == "session.created"


async def test_a_client_secret_brings_its_session_and_its_settings(house: House) -> None:
    caller = Caller("session", TENANT, "token", "user")
    house.store.secrets["ek_secret"] = Admitted(caller, RealtimeSettings(modality="text"), SESSION)
    async with house.client("ek_secret", session=NEW_SESSIONS[0]) as client:
        created = (await client.until("session.created")).session
    assert (created.id, created.output_modalities) == (SESSION, ["text"])


async def test_a_second_connection_replaces_the_first_and_knows_what_it_said(house: House) -> None:
    async with house.client() as first:
        await first.speak()
        await first.until("response.done")
        async with house.client() as second:
            for _ in range(2):
                await second.until("conversation.item.done")
            with pytest.raises(ConnectionClosed) as closed:
                await first.until("never")
            items = [event.item for event in second.all("conversation.item.added")]
            assert [(item.role, item.content[0].text) for item in items] == [("user", WORDS), ("assistant", ANSWER)]
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 1000


async def test_a_credential_revoked_in_mid_session_ends_it(house: House) -> None:
    async with house.client() as client:
        await client.until("session.created")
        house.conversations.revoked.add("token")
        await client.speak()
        assert (await client.until("error")).error.code == "invalid_token"
        with pytest.raises(ConnectionClosed) as closed:
            await client.until("never")
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 1008


async def test_a_server_that_ends_finishes_and_says_come_back(house: House) -> None:
    async with house.client() as client:
        await client.speak()
        await client.until("response.output_audio.delta")
        await house.lifecycle.live.drain(5)
        with pytest.raises(ConnectionClosed) as closed:
            await client.until("never")
        assert client.all("response.done")
        async with house.client() as late:
            with pytest.raises(ConnectionClosed):
                await late.until("session.created")
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 1012


async def test_a_learner_who_has_gone_away_is_told_and_may_come_back() -> None:
    house = House(idle_learner_s=1)
    await house.start()
    async with house.client() as client:
        assert (await client.until("error")).error.code == "idle_timeout"
        with pytest.raises(ConnectionClosed) as closed:
            await client.until("session.updated")
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 1000
    async with house.client() as client:
        assert (await client.until("session.created")).session.id == SESSION
    await house.stop()
