"""The idle endpoints on a real listener, as the console and the Android app call them."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from msgspec import UNSET, Struct, UnsetType, json

from core.idle.following import Follower
from core.idle.governor import Governor, Levers
from core.idle.mounting import Resting
from core.idle.setting import Setting
from core.idle.states import Thresholds
from shared.api import Context
from shared.db import Database, TenantEntry
from shared.ids import new_id
from shared.repositories.accounts import AccountRepository
from tests.conftest import ALPHA_TENANT
from tests.contract.decoding import Int, Number, nulls
from tests.support.identity import add_beta_token
from tests.support.people import add_person


class Status(Struct):
    """What both clients need."""

    enabled: bool
    current_state: str
    current_mode: str
    seconds_idle: Int
    last_activity_type: str
    last_activity_time: Number
    thresholds: dict[str, Int]
    keep_awake_remaining: Int
    is_idle: bool
    timeout_seconds: Int
    models_loaded: Int
    status: str
    next_state_in: dict[str, Any] | UnsetType = UNSET
    wake_ms: Int | UnsetType = UNSET


@dataclass
class House:
    url: str
    http: aiohttp.ClientSession
    owner: str
    learner: str
    released: list[str]
    governor: Governor
    woken: asyncio.Event

    async def call(self, method: str, path: str, body: object = None, *, token: str | None = None) -> tuple[int, Any]:
        headers = {"Authorization": f"Bearer {token or self.owner}"}
        async with self.http.request(method, f"{self.url}/api/system/{path}", json=body, headers=headers) as answer:
            raw = await answer.read()
            assert nulls(json.decode(raw)) == []
            return answer.status, raw

    async def status(self, method: str = "GET", path: str = "idle/status", body: object = None) -> Status:
        code, raw = await self.call(method, path, body)
        assert code == 200, raw
        return json.decode(raw, type=Status)


@pytest.fixture
async def house(context: Context, database: Database) -> AsyncIterator[House]:
    released: list[str] = []

    def lever(name: str) -> Any:
        async def pull() -> None:
            released.append(name)

        return pull

    woken = asyncio.Event()

    async def wake() -> None:
        woken.set()

    names = ("cool", "cold", "dormant")
    levers = Levers(release={name: lever(name) for name in names}, wake=wake, loaded=lambda: 2)
    governor = Governor(levers)
    app = web.Application()
    Resting(governor, context).mount(app)

    async def speak(_request: web.Request) -> web.Response:
        return web.Response()

    app.router.add_get("/api/tts/cache/stats", speak)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    owner = add_beta_token(database, add_person(database, ALPHA_TENANT, "owner"))
    learner = add_beta_token(database, add_person(database, ALPHA_TENANT))
    async with aiohttp.ClientSession() as http:
        yield House(f"http://127.0.0.1:{runner.addresses[0][1]}", http, owner, learner, released, governor, woken)
    await runner.cleanup()


async def test_the_status_is_the_process_own(house: House) -> None:
    status = await house.status()
    assert (status.current_state, status.current_mode, status.is_idle, status.enabled) == (
        *("active", "balanced", False, True),
    )
    assert status.thresholds == {"warm": 60, "cool": 300, "cold": 900, "dormant": 1800}
    assert (status.timeout_seconds, status.models_loaded) == (300, 2)
    assert isinstance(status.next_state_in, dict)
    assert status.next_state_in["state"] == "warm"


async def test_what_was_chosen_holds_in_a_process_that_starts_later(house: House, database: Database) -> None:
    code, raw = await house.call("POST", "profiles", {"name": "Night", "thresholds": FOUR})
    night = json.decode(raw)["profile"]["id"]
    assert (code, (await house.status("POST", "idle/config", {"mode": night})).current_mode) == (200, night)
    later = Governor(Levers(release={}, wake=house.governor.levers.wake))
    follower = Follower(database, later)
    told = asyncio.Event()
    later.tell = lambda _type, _data: told.set()
    async with asyncio.timeout(10):
        running = follower.run(web.Application())
        await anext(running)
        await told.wait()
    assert (later.setting.mode, later.setting.thresholds.as_dict()) == (night, FOUR)
    told.clear()
    await house.status("POST", "idle/config", {"enabled": False})
    follower.changed()
    async with asyncio.timeout(10):
        await told.wait()
    assert (later.setting.mode, later.setting.enabled) == (night, False)
    assert [item async for item in running] == []


async def test_modes(house: House) -> None:
    code, raw = await house.call("GET", "idle/modes")
    modes = json.decode(raw)
    assert (code, modes["current"]) == (200, "balanced")
    assert set(modes["modes"]) == {"performance", "balanced", "power_saver"}
    assert modes["modes"]["balanced"]["is_builtin"] is True


async def test_a_mode_or_thresholds_are_chosen(house: House) -> None:
    assert (await house.status("POST", "idle/config", {"mode": "power_saver"})).thresholds["warm"] == 10
    custom = await house.status("POST", "idle/config", {"enabled": True, "thresholds": {"warm": 5, "cool": 6}})
    assert (custom.current_mode, custom.thresholds) == ("custom", {"warm": 5, "cool": 6, "cold": 120, "dormant": 300})
    phone = await house.status("POST", "idle/config", {"timeout_seconds": 120, "unload_models_on_idle": False})
    assert (phone.timeout_seconds, phone.enabled) == (120, False)
    mixed = await house.status("POST", "idle/config", {"mode": "power_saver", "thresholds": {"dormant": 999}})
    assert (mixed.current_mode, mixed.thresholds["cool"], mixed.thresholds["dormant"]) == ("custom", 30, 999)
    assert (await house.status("POST", "idle/config", {})).thresholds == mixed.thresholds
    back = await house.status("POST", "idle/config", {"mode": "balanced", "enabled": False})
    assert (back.current_mode, back.enabled) == ("balanced", False)
    assert (await house.status("POST", "idle/config", {"mode": "balanced"})).enabled is True


@pytest.mark.parametrize(
    ("path", "body", "field"),
    [
        ("idle/config", {"mode": "lazy"}, "mode"),
        ("idle/config", {"thresholds": {"warm": 100, "cool": 50}}, "thresholds"),
        ("idle/config", {"timeout_seconds": 0}, "timeout_seconds"),
        ("idle/keep-awake", {"duration_seconds": "long"}, "duration_seconds"),
        ("idle/force-state", {"state": "asleep"}, "state"),
        ("idle/force-state", {}, "state"),
    ],
)
async def test_bad_wishes_name_their_field(house: House, path: str, body: object, field: str) -> None:
    code, raw = await house.call("POST", path, body)
    answer = json.decode(raw)
    assert (code, answer["code"]) == (400, "invalid_input")
    assert field in answer["details"]


async def test_a_forced_state_is_taken_and_waking_measured(house: House) -> None:
    forced = await house.status("POST", "idle/force-state", {"state": "dormant"})
    assert (forced.current_state, forced.is_idle) == ("dormant", True)
    assert house.released == ["cool", "cold", "dormant"]
    woken = await house.status("POST", "idle/force-state", {"state": "active"})
    assert woken.current_state == "active"
    assert isinstance(woken.wake_ms, int)
    code, raw = await house.call("GET", "idle/history")
    history = json.decode(raw)
    assert (code, history["count"]) == (200, 2)
    assert [(each["from_state"], each["to_state"]) for each in history["history"]] == [
        ("dormant", "active"),
        ("active", "dormant"),
    ]
    assert history["history"][0]["wake_ms"] == woken.wake_ms


async def test_models_are_unloaded(house: House) -> None:
    told: list[tuple[str, object]] = []
    house.governor.tell = lambda type_, data: told.append((type_, data))
    assert (await house.status("POST", "unload-models")).current_state == "dormant"
    assert told[-1] == ("models_unloaded", {"models_loaded": 2})


async def test_kept_awake_and_no_longer(house: House) -> None:
    told: list[tuple[str, object]] = []
    house.governor.tell = lambda type_, data: told.append((type_, data))
    assert (await house.status("POST", "idle/keep-awake", {"duration_seconds": 100})).keep_awake_remaining == 100
    assert (await house.status("POST", "idle/cancel-keep-awake")).keep_awake_remaining == 0
    assert told == [("idle_keep_awake", {"duration": 100}), ("idle_keep_awake_cancelled", {})]
    await house.status("POST", "idle/config", {"mode": "performance"})
    assert [type_ for type_, _ in told][-1] == "idle_config_changed"


async def test_who_needs_speech_wakes_it_and_who_only_looks_does_not(house: House) -> None:
    house.governor.setting = Setting(thresholds=Thresholds(50, 60, 70, 80))
    await house.governor.change("dormant", "forced")
    await house.status()
    await house.governor.look()
    assert house.governor.state == "dormant"
    async with house.http.get(f"{house.url}/api/tts/cache/stats") as answer:
        assert answer.status == 200
    async with asyncio.timeout(10):
        await house.woken.wait()
    await house.governor.look()
    assert house.governor.state == "active"


async def test_learners_look_and_do_not_touch(house: House) -> None:
    assert (await house.call("GET", "idle/status", token=house.learner))[0] == 200
    for path in ("idle/keep-awake", "idle/cancel-keep-awake", "unload-models"):
        code, raw = await house.call("POST", path, {}, token=house.learner)
        assert (code, json.decode(raw)["code"]) == (403, "forbidden")
    assert (await house.call("GET", "idle/status", token="uma_beta_2026_bad"))[0] == 401


async def test_who_registered_and_owns_nothing_but_their_own_account_does_not_touch_either(
    house: House, database: Database
) -> None:
    tenant = new_id()
    with database.unit(TenantEntry(tenant)) as unit:
        AccountRepository(unit).found_individual("Somebody")
    alone = add_beta_token(database, add_person(database, tenant, "owner"))
    assert (await house.call("GET", "idle/status", token=alone))[0] == 200
    for method, path, body in (
        ("POST", "idle/config", {"mode": "performance"}),
        ("POST", "idle/force-state", {"state": "dormant"}),
        ("POST", "idle/keep-awake", {}),
        ("POST", "profiles", {"name": "Mine", "thresholds": FOUR}),
        ("PUT", "profiles/balanced", {}),
        ("DELETE", "profiles/balanced", None),
        ("POST", "profiles/balanced/duplicate", {}),
    ):
        assert (await house.call(method, path, body, token=alone))[0] == 403, path
    assert (await house.status()).current_mode == "balanced"


FOUR = {"warm": 1, "cool": 2, "cold": 3, "dormant": 4}


async def test_a_profile_is_made_chosen_changed_copied_and_removed(house: House) -> None:
    code, raw = await house.call("POST", "profiles", {"name": "Night", "thresholds": FOUR})
    profile = json.decode(raw)["profile"]
    assert (code, profile["name"], profile["thresholds"], profile["enabled"]) == (200, "Night", FOUR, True)
    path = f"profiles/{profile['id']}"
    assert (await house.status("POST", "idle/config", {"mode": profile["id"]})).thresholds == FOUR
    assert json.decode((await house.call("GET", "idle/modes"))[1])["modes"][profile["id"]]["is_custom"] is True
    code, raw = await house.call("PUT", path, {"enabled": False, "thresholds": {**FOUR, "dormant": 9}})
    assert (code, json.decode(raw)["profile"]["name"]) == (200, "Night")
    status = await house.status()
    assert (status.enabled, status.thresholds["dormant"]) == (False, 9)
    assert json.decode((await house.call("DELETE", path))[1])["code"] == "profile_in_use"
    code, raw = await house.call("POST", f"{path}/duplicate", {})
    assert (code, json.decode(raw)["profile"]["name"]) == (200, "Night copy")
    await house.status("POST", "idle/config", {"mode": "balanced"})
    assert (await house.call("DELETE", path))[0] == 200
    assert (await house.call("GET", path))[0] == 404


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("POST", "profiles", {"name": "", "thresholds": FOUR}, 400),
        ("POST", "profiles", {"name": "x", "thresholds": {**FOUR, "cool": 9}}, 400),
        ("POST", "profiles", {"name": "x"}, 400),
        ("PUT", "profiles/balanced", {"enabled": False}, 409),
        ("DELETE", "profiles/balanced", None, 409),
        ("GET", "profiles/balanced", None, 200),
        ("PUT", "profiles/none", {}, 404),
        ("DELETE", "profiles/none", None, 404),
        ("POST", "profiles/none/duplicate", {}, 404),
    ],
)
async def test_profiles_that_cannot_be(house: House, method: str, path: str, body: object, status: int) -> None:
    assert (await house.call(method, path, body))[0] == status
    code, _ = await house.call("POST", "profiles", {"name": "x", "thresholds": FOUR}, token=house.learner)
    assert code == 403
