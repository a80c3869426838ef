"""A module's questions spoken ahead, over HTTP."""

from typing import Any

import pytest

from shared.db import PUBLIC_TENANT, Database, TenantEntry
from shared.ids import new_id
from shared.repositories.content import store_domains, store_pack
from tests.core.speech.conftest import Counter
from tests.support.packs import a_pack, a_question

AUDIO = "/api/kb"
SCIENCE = {"id": "science", "name": "Science", "icon_name": "atom", "weight": 0.2, "subcategories": ["Sky"]}


@pytest.fixture
def module(database: Database) -> None:
    """Give the knowledge-bowl module two questions: six texts that are read aloud."""
    first = a_question("q1", question_text="Why?", answer_text="Because", hints=["Think", "Again"], explanation="")
    second = a_question("q2", question_text="Where?", answer_text="There", hints=[], explanation="")
    with database.unit(TenantEntry(PUBLIC_TENANT)) as unit:
        store_domains(unit, [SCIENCE])
        store_pack(unit, a_pack("system-pack", first, second, type="system"))


async def state_of(counter: Counter, job_id: str) -> dict[str, Any]:
    return await (await counter.call("GET", f"{AUDIO}/prefetch/{job_id}")).json()


@pytest.mark.usefixtures("module")
async def test_a_module_is_spoken_ahead_and_what_is_there_is_told(counter: Counter) -> None:
    assert (await (await counter.call("GET", f"{AUDIO}/manifest/knowledge-bowl")).json())["segments"] == {}
    before = await (await counter.call("GET", f"{AUDIO}/coverage/knowledge-bowl")).json()
    assert (before["total_questions"], before["covered_questions"], before["is_complete"]) == (2, 0, False)
    body = {"module_id": "knowledge-bowl", "voice_id": "nova", "provider": "piper", "force_regenerate": False}
    started = await (await counter.call("POST", f"{AUDIO}/prefetch", json=body)).json()
    assert (started["status"], started["module_id"], started["total_segments"]) == ("started", "knowledge-bowl", 6)
    assert (await state_of(counter, started["job_id"]))["status"] == "running"
    assert await counter.foreman.work_off() == 1
    state = await state_of(counter, started["job_id"])
    assert (state["status"], state["percent_complete"]) == ("completed", 100)
    assert (state["generated"], state["cached"], state["module_id"]) == (6, 0, "knowledge-bowl")
    assert state["completed_at"] >= state["started_at"]
    after = await (await counter.call("GET", f"{AUDIO}/coverage/knowledge-bowl")).json()
    assert (after["covered_segments"], after["missing_segments"], after["coverage_percent"]) == (6, 0, 100)
    assert (after["covered_questions"], after["is_complete"]) == (2, True)
    manifest = await (await counter.call("GET", f"{AUDIO}/manifest/knowledge-bowl")).json()
    assert set(manifest["segments"]["q1"]) == {"question", "answer", "hint", "hint_1"}
    assert manifest["total_size_bytes"] == after["total_size_bytes"] > 0
    heard = await counter.call("GET", f"{AUDIO}/audio/q1/hint?hint_index=1")
    assert heard.headers["X-KB-Cache-Status"] == "hit"


@pytest.mark.usefixtures("module")
async def test_another_voice_is_not_there_yet(counter: Counter) -> None:
    started = await (await counter.call("POST", f"{AUDIO}/prefetch", json={"module_id": "knowledge-bowl"})).json()
    assert (await counter.foreman.work_off(), started["total_segments"]) == (1, 6)
    other = await (await counter.call("GET", f"{AUDIO}/coverage/knowledge-bowl?voice_id=amy")).json()
    assert other["covered_segments"] == 0


async def test_what_is_not_there_is_not_found(counter: Counter) -> None:
    for path in ("manifest/none", "coverage/none", f"prefetch/{new_id()}"):
        assert (await counter.call("GET", f"{AUDIO}/{path}")).status == 404
    assert (await counter.call("POST", f"{AUDIO}/prefetch", json={"module_id": "none"})).status == 404
    wrong = {"module_id": "knowledge-bowl", "provider": "parrot"}
    assert (await counter.call("POST", f"{AUDIO}/prefetch", json=wrong)).status == 400
