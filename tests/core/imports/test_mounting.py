"""Imports as a deployment has them: ordered over HTTP, done by its own jobs, watched on its socket."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from shared.db import Database, TenantEntry
from tests.conftest import ALPHA, ALPHA_TENANT, BETA_TENANT
from tests.core.ws.conftest import Phone
from tests.support.core_app import serving_core
from tests.support.identity import add_beta_token
from tests.support.people import add_person

ORDER = {"sourceId": "samples", "courseId": "light-and-colour", "outputName": "Ours", "generateObjectives": True}
STATUSES = ["downloading", "validating", "extracting", "enriching", "storing", "completed"]


@dataclass
class Deployment:
    """The whole voice service in this process."""

    url: str
    http: aiohttp.ClientSession
    database: Database

    def token(self, entry: TenantEntry) -> str:
        return add_beta_token(self.database, entry)

    async def ask(self, method: str, path: str, token: str, body: object = None) -> dict[str, Any]:
        headers = {"Authorization": f"Bearer {token}"}
        async with self.http.request(method, f"{self.url}{path}", json=body, headers=headers) as answer:
            assert answer.status == 200, await answer.text()
            return await answer.json()

    async def watch(self, token: str) -> Phone:
        phone = Phone(await self.http.ws_connect(f"{self.url}/ws?token={token}"))
        await phone.until("connected")
        return phone


@pytest.fixture
async def deployment(database_url: str, database: Database, tmp_path: Path) -> AsyncIterator[Deployment]:
    async with serving_core(database_url, tmp_path, llm="mock") as url, aiohttp.ClientSession() as http:
        yield Deployment(url, http, database)


def told(phone: Phone, type_: str) -> list[dict[str, Any]]:
    """Return what was said of a type."""
    return [message["data"] for message in phone.received if isinstance(message, dict) and message["type"] == type_]


def progress(phone: Phone) -> list[dict[str, Any]]:
    return told(phone, "import_progress")


async def test_an_import_is_watched_by_who_ordered_it_and_who_teaches(deployment: Deployment) -> None:
    teacher, other = (deployment.token(add_person(deployment.database, ALPHA_TENANT, "teacher")) for _ in range(2))
    learner, stranger = deployment.token(ALPHA), deployment.token(add_person(deployment.database, BETA_TENANT, "owner"))
    phones = [await deployment.watch(token) for token in (teacher, other, learner, stranger)]
    job_id = (await deployment.ask("POST", "/api/import/jobs", teacher, ORDER))["jobId"]
    for phone in phones[:2]:
        while not progress(phone) or progress(phone)[-1]["status"] not in {"completed", "failed"}:
            await phone.until("import_progress")
        steps = progress(phone)
        assert {(each["job_id"], each["jobId"]) for each in steps} == {(job_id, job_id)}
        assert [status for status in STATUSES if status in {each["status"] for each in steps}] == STATUSES
        shares = [each["progress"] for each in steps]
        assert shares == sorted(shares)
        assert (shares[-1], steps[-1]["overallProgress"]) == (1, 100)
        assert any(each["current_topic"] for each in steps)
        # The same, as any job is watched.
        assert {each["kind"] for each in told(phone, "job_update")} == {"course_import"}
        assert told(phone, "job_message")[0]["message"].startswith("the model is to be asked")
    for phone in phones[2:]:
        await phone.say({"type": "ping"})
        await phone.until("pong")
        assert not {"import_progress", "job_update", "job_message"} & set(phone.types)
    state = (await deployment.ask("GET", f"/api/import/jobs/{job_id}", teacher))["progress"]
    assert (state["status"], state["result"]["title"]) == ("completed", "Ours")
    # The tutor that comes with the program costs nothing, and says so.
    assert (state["costMicroUsd"], state["estimatedCostMicroUsd"]) == (0, 0)
    await asyncio.gather(*(phone.socket.close() for phone in phones))
