"""Voice profiles, and which of them modules speak with, over HTTP."""

from typing import Any

import pytest

from core.speech.formats import read_wav
from shared.ids import new_id
from tests.core.speech.conftest import Counter

NEW = {"name": "Marie", "provider": "piper", "voice_id": "amy", "settings": {"speed": 1.5, "language": "en-GB"}}
PROFILES = "/api/tts/profiles"


async def made(counter: Counter, **fields: Any) -> dict[str, Any]:
    answer = await counter.call("POST", PROFILES, json={**NEW, **fields})
    assert answer.status == 200, await answer.text()
    return await answer.json()


@pytest.mark.usefixtures("staff")
async def test_a_profile_is_made_changed_and_removed(counter: Counter) -> None:
    profile = await made(counter, tags=["warm"], sample_text="Hello")
    assert profile["success"] is True
    assert profile["profile"]["id"] == profile["id"]
    assert profile["settings"] == {"speed": 1.5, "language": "en-GB"}
    path = f"{PROFILES}/{profile['id']}"
    changed = await counter.call("PUT", path, json={"name": "Anna", "settings": {"speed": 0.8}, "description": None})
    assert (await changed.json())["profile"]["settings"] == {"speed": 0.8, "language": "en-GB"}
    found = await (await counter.call("GET", f"{PROFILES}?provider=piper&tag=warm&is_active=true")).json()
    assert [each["name"] for each in found["profiles"]] == ["Anna"]
    assert (found["total"], found["limit"], found["offset"]) == (1, 50, 0)
    android = await counter.call("GET", PROFILES, headers={"X-Client-Platform": "Android"})
    assert [each["name"] for each in await android.json()] == ["Anna"]
    rests = await (await counter.call("DELETE", path)).json()
    assert (rests["deleted"], rests["permanent"]) == (profile["id"], False)
    assert (await (await counter.call("GET", path)).json())["is_active"] is False
    gone = await (await counter.call("DELETE", f"{path}?hard=true")).json()
    assert gone["permanent"] is True
    assert (await counter.call("GET", path)).status == 404


@pytest.mark.usefixtures("staff")
async def test_there_is_one_default_at_most_and_it_is_active(counter: Counter) -> None:
    first = await made(counter, is_default=True)
    second = await made(counter, name="Anna")
    answer = await (await counter.call("POST", f"{PROFILES}/{second['id']}/set-default")).json()
    assert (answer["default_profile_id"], answer["is_default"]) == (second["id"], True)
    listed = (await (await counter.call("GET", PROFILES)).json())["profiles"]
    assert [(each["name"], each["is_default"]) for each in listed] == [("Anna", True), ("Marie", False)]
    await counter.call("DELETE", f"{PROFILES}/{second['id']}")
    assert (await (await counter.call("GET", f"{PROFILES}/{second['id']}")).json())["is_default"] is False
    assert (await counter.call("POST", f"{PROFILES}/{new_id()}/set-default")).status == 404
    assert (await (await counter.call("GET", f"{PROFILES}/{first['id']}")).json())["is_default"] is False


@pytest.mark.usefixtures("staff")
async def test_a_profile_is_heard(counter: Counter) -> None:
    profile = await made(counter, voice_id="nova", sample_text="Hello")
    for _ in range(2):
        sample = await counter.call("GET", profile["sample_audio_path"])
        assert read_wav(await sample.read(), 16_000) == "Hello".encode("utf-16-le")
    preview = await (await counter.call("POST", f"{PROFILES}/{profile['id']}/preview", json={"text": "Hi"})).json()
    assert preview["duration_ms"] == 0
    heard = await counter.client.get(preview["sample_audio_path"])
    assert read_wav(await heard.read(), 16_000) == "Hi".encode("utf-16-le")
    assert counter.tts.asked == ["Hello", "Hi"]
    silent = await made(counter, name="Silent")
    assert (await counter.call("GET", f"{PROFILES}/{silent['id']}/audio")).status == 404


@pytest.mark.usefixtures("staff")
async def test_a_profile_is_copied_and_carried_elsewhere(counter: Counter) -> None:
    profile = await made(counter, tags=["warm"], generate_sample=True)
    copied = await counter.call("POST", f"{PROFILES}/{profile['id']}/duplicate", json={"name": "Copy"})
    copy = await copied.json()
    assert (copy["name"], copy["tags"], copy["id"] != profile["id"]) == ("Copy", ["warm"], True)
    export = (await (await counter.call("GET", f"{PROFILES}/{profile['id']}/export")).json())["export"]
    again = await counter.call("POST", f"{PROFILES}/import", json={**export, "name": "Carried"})
    assert (await again.json())["settings"] == profile["settings"]
    taken = await counter.call("POST", PROFILES, json=NEW)
    assert taken.status == 409


@pytest.mark.usefixtures("staff")
async def test_a_module_speaks_with_its_best_active_profile_or_the_default(counter: Counter) -> None:
    module = "/api/tts/modules/knowledge-bowl"
    assert (await counter.call("GET", f"{module}/best-profile")).status == 404
    good, better = await made(counter), await made(counter, name="Anna")
    default = await made(counter, name="Usual", is_default=True)
    assert (await (await counter.call("GET", f"{module}/best-profile")).json())["profile"]["id"] == default["id"]
    for profile, priority in ((good, 1), (better, 1), (better, 5)):
        body = {"profile_id": profile["id"], "context": "questions", "priority": priority}
        given = await (await counter.call("POST", f"{module}/profiles", json=body)).json()
        assert given["association"]["priority"] == priority
    listed = (await (await counter.call("GET", f"{module}/profiles")).json())["profiles"]
    assert [each["profile"]["name"] for each in listed] == ["Anna", "Marie"]
    await counter.call("DELETE", f"{PROFILES}/{better['id']}")
    assert (await (await counter.call("GET", f"{module}/best-profile")).json())["profile"]["name"] == "Marie"
    assert (await counter.call("DELETE", f"{module}/profiles/{good['id']}")).status == 200
    assert (await counter.call("DELETE", f"{module}/profiles/{good['id']}")).status == 404
    assert (await counter.call("POST", f"{module}/profiles", json={"profile_id": new_id()})).status == 404


async def test_learners_only_look(counter: Counter) -> None:
    assert (await counter.call("GET", PROFILES)).status == 200
    assert (await counter.call("POST", PROFILES, json=NEW)).status == 403
    assert (await counter.call("POST", f"{PROFILES}/import", json=NEW)).status == 403


@pytest.mark.usefixtures("staff")
@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"provider": "parrot"}, "provider"),
        ({"name": ""}, "name"),
        ({"voice_id": "../etc"}, "voice_id"),
        ({"settings": {"speed": 9}}, "speed"),
    ],
)
async def test_what_cannot_be_is_named(counter: Counter, changes: dict[str, object], field: str) -> None:
    answer = await counter.call("POST", PROFILES, json={**NEW, **changes})
    assert answer.status == 400
    assert field in str(await answer.json())
