"""Speech on order and its cache, over HTTP."""

from typing import Any

import pytest

from core.speech.formats import read_wav, to_wav
from core.speech.stretches import LONGEST_TEXT
from tests.conftest import ALPHA_TENANT
from tests.core.speech.conftest import Counter

HELLO = "Hello".encode("utf-16-le")


async def test_a_text_is_spoken_once(counter: Counter) -> None:
    first, second = await counter.say("Hello"), await counter.say(" Hello ")
    assert (first.status, first.content_type) == (200, "audio/wav")
    assert read_wav(await first.read(), 16_000) == HELLO
    assert (first.headers["X-TTS-Cache-Status"], second.headers["X-TTS-Cache-Status"]) == ("miss", "hit")
    assert (first.headers["X-TTS-Sample-Rate"], first.headers["X-TTS-Duration-Seconds"]) == ("16000", "0.00")
    assert await second.read() == await first.read()
    assert counter.tts.asked == ["Hello"]


async def test_skip_cache_speaks_anew(counter: Counter) -> None:
    await counter.say("Hello")
    again = await counter.say("Hello", skip_cache=True)
    assert again.headers["X-TTS-Cache-Status"] == "bypass"
    assert counter.tts.asked == ["Hello", "Hello"]


async def test_what_a_stand_in_spoke_does_not_stay(counter: Counter) -> None:
    counter.tts.stands_in = True
    for status in ("miss", "bypass", "miss"):
        answer = await counter.say("Hello", skip_cache=status == "bypass")
        assert answer.headers["X-TTS-Cache-Status"] == status


async def test_tenants_pay_for_themselves(counter: Counter) -> None:
    await counter.say("Hello")
    other = await counter.call("POST", "/api/tts", token=counter.beta, json={"text": "Hello"})
    assert other.headers["X-TTS-Cache-Status"] == "miss"


@pytest.mark.parametrize(
    ("form", "media_type", "begins"),
    [("mp3", "audio/mpeg", b"\xff"), ("opus", "audio/ogg", b"OggS"), ("pcm", "audio/l16", b"H\x00e\x00")],
)
async def test_other_formats(counter: Counter, form: str, media_type: str, begins: bytes) -> None:
    answer = await counter.say("Hello", format=form)
    assert answer.content_type == media_type
    assert (await answer.read()).startswith(begins)


@pytest.mark.parametrize("how", [{"json": {"return_url": True}}, {"headers": {"Accept": "application/json"}}])
async def test_an_address_instead_of_sound(counter: Counter, how: dict[str, Any]) -> None:
    answer = await counter.call(
        "POST", "/api/tts", json={"text": "Hello", **how.get("json", {})}, headers=how.get("headers", {})
    )
    body = await answer.json()
    assert (body["duration_ms"], body["cache_hit"]) == (0, False)
    clip = await counter.client.get(body["audio_url"])  # without any credential
    assert (clip.status, clip.content_type) == (200, "audio/wav")
    assert clip.headers["Cache-Control"].startswith("private, max-age=")
    assert read_wav(await clip.read(), 16_000) == HELLO
    forged = await counter.client.get(body["audio_url"][:-1] + ("A" if body["audio_url"][-1] != "A" else "B"))
    assert forged.status == 404


@pytest.mark.usefixtures("staff")
async def test_a_signed_address_ends_with_its_clip(counter: Counter) -> None:
    body = await (await counter.say("Hello", return_url=True)).json()
    assert (await counter.call("DELETE", "/api/tts/cache?confirm=true")).status == 200
    assert (await counter.client.get(body["audio_url"])).status == 404


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "text"),
        ({"text": ""}, "text"),
        ({"text": "  "}, "text"),
        ({"text": 5}, "text"),
        ({"text": "x" * (LONGEST_TEXT + 1)}, "text"),
        ({"text": "Hello", "speed": 9}, "speed"),
        ({"text": "Hello", "format": "midi"}, "format"),
        ({"text": "Hello", "tts_provider": "megaphone"}, "provider"),
        ({"text": "Hello", "voice_id": "../../etc"}, "voice_id"),
    ],
)
async def test_a_bad_order_is_told_what_is_wrong(counter: Counter, body: dict[str, Any], field: str) -> None:
    answer = await counter.call("POST", "/api/tts", json=body)
    told = await answer.json()
    assert (answer.status, told["code"], list(told["details"])) == (400, "invalid_input", [field])
    assert counter.tts.asked == []


async def test_nulls_are_as_good_as_nothing(counter: Counter) -> None:
    nulls = dict.fromkeys(("voice", "provider", "speed", "format", "return_url", "skip_cache"))
    assert (await counter.say("Hello", **nulls)).content_type == "audio/wav"


async def test_a_clip_is_had_by_text_or_hash_and_never_made(counter: Counter) -> None:
    assert (await counter.call("GET", "/api/tts/cache", params={"text": "Hello"})).status == 404
    name = (await counter.say("Hello")).headers["X-TTS-Hash"]
    for query in ({"text": "Hello"}, {"hash": name}):
        found = await counter.call("GET", "/api/tts/cache", params=query)
        assert read_wav(await found.read(), 16_000) == HELLO
        assert (await counter.call("GET", "/api/tts/cache", params=query, token=counter.beta)).status == 404
    assert (await counter.call("GET", "/api/tts/cache")).status == 400
    assert counter.tts.asked == ["Hello"]


@pytest.mark.usefixtures("staff")
async def test_teachers_may_put_in_their_own_voice(counter: Counter) -> None:
    own = to_wav(b"\x01\x02" * 1600, 16_000)
    put = await counter.call("PUT", "/api/tts/cache", params={"text": "Hello"}, data=own)
    assert (put.status, (await put.json())["duration_ms"]) == (200, 100)
    assert await (await counter.say("Hello")).read() == own
    assert (await counter.call("PUT", "/api/tts/cache", params={"text": "Hello"}, data=b"noise")).status == 400
    assert await (await counter.say("Hello")).read() == own


@pytest.mark.parametrize(
    ("method", "path", "options"),
    [
        ("PUT", "/api/tts/cache?text=Hello", {"data": to_wav(b"\x01\x02" * 1600, 16_000)}),
        ("DELETE", "/api/tts/cache?confirm=true", {}),
        ("DELETE", "/api/tts/cache?text=Hello", {}),
        ("POST", "/api/tts/cache/evict", {"json": {"target_size_mb": 0}}),
    ],
)
async def test_learners_change_nothing_for_others(
    counter: Counter, method: str, path: str, options: dict[str, Any]
) -> None:
    await counter.say("Hello")
    assert (await counter.call(method, path, **options)).status == 403
    assert (await counter.say("Hello")).headers["X-TTS-Cache-Status"] == "hit"


async def test_figures_are_the_tenants_own(counter: Counter) -> None:
    await counter.say("Hello")
    await counter.say("Hello")
    stats = await (await counter.call("GET", "/api/tts/cache/stats")).json()
    assert (stats["entry_count"], stats["size_bytes"], stats["hit_rate"]) == (1, len(HELLO), 0.5)
    assert stats["cache"]["total_entries"] == 1
    other = await (await counter.call("GET", "/api/tts/cache/stats", token=counter.beta)).json()
    assert (other["entry_count"], other["size_bytes"], other["hit_rate"]) == (0, 0, 0)


@pytest.mark.usefixtures("staff")
@pytest.mark.parametrize("order", [{"target_size_mb": 0}, {"bytes_to_free": 1}])
async def test_eviction_stays_within_the_tenant(counter: Counter, order: dict[str, int]) -> None:
    await counter.say("Hello")
    await counter.call("POST", "/api/tts", token=counter.beta, json={"text": "Hello"})
    gone = await (await counter.call("POST", "/api/tts/cache/evict", json=order)).json()
    assert gone == {"status": "ok", "entries_removed": 1, "bytes_freed": len(HELLO)}
    assert (await counter.call("GET", "/api/tts/cache?text=Hello")).status == 404
    assert (await counter.call("GET", "/api/tts/cache?text=Hello", token=counter.beta)).status == 200


@pytest.mark.parametrize("order", [{}, {"target_size_mb": 1, "bytes_to_free": 1}, {"target_size_mb": -1}])
async def test_an_eviction_says_how_much(counter: Counter, order: dict[str, int]) -> None:
    assert (await counter.call("POST", "/api/tts/cache/evict", json=order)).status == 400


async def test_nothing_young_expires(counter: Counter) -> None:
    await counter.say("Hello")
    gone = await (await counter.call("DELETE", "/api/tts/cache/expired")).json()
    assert gone["entries_removed"] == 0


@pytest.mark.usefixtures("staff")
async def test_one_clip_goes(counter: Counter) -> None:
    name = (await counter.say("Hello")).headers["X-TTS-Hash"]
    await counter.say("World")
    assert (await (await counter.call("DELETE", f"/api/tts/cache?hash={name}")).json())["entries_removed"] == 1
    assert (await counter.call("DELETE", "/api/tts/cache")).status == 400
    assert [clip.key for clip in await counter.kept(ALPHA_TENANT)] != []
