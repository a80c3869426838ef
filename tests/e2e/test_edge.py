"""Everything through the edge, in front of the whole server as `./unamentis up` starts it, which takes nothing else."""

import base64
import json
import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import aiohttp
import pytest
from openai import AsyncOpenAI
from playwright.async_api import expect

from shared.auth.totp import STEP_S, code_at
from tests.e2e.browser import chromium, listen, microphone_file, visit
from tests.support.edge import Edge
from tests.support.hearing import word_error
from tests.support.installation import ROOT, Installation, run

SECRET = "of-the-edge-only"
QUESTION = ROOT / "samples" / "question.wav"
SPOKEN = (ROOT / "samples" / "question.txt").read_text(encoding="utf-8")
PATIENCE_MS = 30_000


@pytest.fixture(scope="module")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    locked = {"UNAMENTIS_ORIGIN_SECRETS": f"the-next-one,{SECRET}"}
    with Installation(tmp_path_factory.mktemp("edge") / "data", environment=locked) as made:
        yield made


@pytest.fixture(scope="module")
def edge(installation: Installation) -> Iterator[Edge]:
    with Edge(installation.url, settings={"ORIGIN_SECRET": SECRET}) as made:
        yield made


async def test_the_way_round_the_edge_is_closed(installation: Installation) -> None:
    known = {"Authorization": f"Bearer {installation.token}"}
    async with aiohttp.ClientSession(installation.url, headers=known) as http:
        for forged in ({}, {"X-Origin-Secret": "guessed", "X-Client-Address": "198.51.100.9"}):
            for path in ("/api/curricula", "/api/tts/profiles"):
                async with http.get(path, headers=forged) as answer:
                    assert (answer.status, (await answer.json())["code"]) == (403, "origin_locked")
            for path in ("/ws", "/ws/audio", "/v1/realtime"):
                with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
                    await http.ws_connect(f"{path}?token={installation.token}", headers=forged)
                assert refused.value.status == 403


async def test_the_api_answers_through_the_edge_under_one_id(installation: Installation, edge: Edge) -> None:
    known = {"Authorization": f"Bearer {installation.token}", "X-Request-Id": "forged-forged-forged"}
    async with aiohttp.ClientSession(edge.url, headers=known) as http:
        ids: set[str] = set()
        for path in ("/api/curricula", "/api/tts/profiles", "/health", "/.well-known/jwks.json"):
            async with http.get(path) as answer:
                assert answer.status == 200, await answer.text()
                assert answer.headers["X-Frame-Options"] == "DENY"
                ids.add(answer.headers["X-Request-Id"])
        async with http.get("/api/curricula", headers={"Authorization": "Bearer wrong"}) as answer:
            told: dict[str, Any] = await answer.json()
            assert (answer.status, told["request_id"]) == (401, answer.headers["X-Request-Id"])
            ids.add(told["request_id"])
        async with http.get("/api/no/such/path") as answer:
            assert (answer.status, (await answer.json())["code"]) == (404, "not_found")
    assert len(ids) == 5
    assert "forged-forged-forged" not in ids
    log = (installation.data.path / "server.log").read_text(encoding="utf-8")
    assert [one for one in ids if one not in log] == []


async def test_a_session_knows_the_edges_address(installation: Installation, edge: Edge) -> None:
    known = {"Authorization": f"Bearer {installation.token}", "X-Forwarded-Host": "forged.example"}
    asked = {"curriculum_id": "light-and-colour", "topic_id": "why-the-sky-is-blue"}
    async with aiohttp.ClientSession(edge.url, headers=known) as http:
        async with http.post("/api/sessions", json=asked) as answer:
            session = await answer.json()
        async with http.post(f"/api/sessions/{session['id']}/start") as answer:
            told = await answer.text()
    assert edge.url.replace("http:", "ws:") in told
    assert "forged.example" not in told


def test_a_spoken_question_is_answered_aloud(installation: Installation, edge: Edge, tmp_path: Path) -> None:
    answer = tmp_path / "answer.wav"
    where = ("--url", edge.url, "--token", installation.token, "--out", answer)
    done = run("ask", QUESTION, *where)
    assert done.returncode == 0, done.stderr
    assert "scatter" in done.stdout
    assert answer.stat().st_size > 100_000


async def test_openais_client_holds_a_conversation(installation: Installation, edge: Edge) -> None:
    async with (
        AsyncOpenAI(api_key=installation.token, base_url=f"{edge.url}/v1") as sdk,
        sdk.realtime.connect(model="gpt-realtime") as connection,
    ):
        await connection.conversation.item.create(
            item={"type": "message", "role": "user", "content": [{"type": "input_text", "text": "Why is it blue?"}]}
        )
        await connection.response.create()
        async for event in connection:
            assert event.type != "error", event
            if event.type == "response.done":
                assert event.response.status == "completed"
                break


async def test_who_watches_hears_through_the_edge(installation: Installation, edge: Edge) -> None:
    async with aiohttp.ClientSession() as http, http.ws_connect(f"{edge.url}/ws?token={installation.token}") as socket:
        assert json.loads((await socket.receive(timeout=30)).data)["type"]
        await socket.close()


async def test_a_learner_speaks_with_the_tutor_on_the_page(
    installation: Installation, edge: Edge, tmp_path: Path
) -> None:
    """The page's policy is the edge's, and the browser complains of whatever that forbids."""
    microphone = microphone_file(tmp_path / "microphone.wav", [1.5, QUESTION, 3.0])
    lesson = f"{edge.url}/lessons/sky?curriculum=light-and-colour&topic=why-the-sky-is-blue#token={installation.token}"
    async with chromium(microphone) as browser, visit(browser, lesson) as page:
        picture = page.get_by_role("region", name="Pictures").get_by_role("img")
        await expect(picture).to_have_js_property("complete", value=True)
        assert await picture.evaluate("image => image.naturalWidth > 0")
        playback = await listen(page)
        await page.get_by_role("button", name="Start talking").click()
        learner = page.locator('.turn[data-role="learner"]:not(.is-pending) .turn-text').first
        await expect(learner).not_to_be_empty(timeout=PATIENCE_MS)
        assert word_error(SPOKEN, await learner.inner_text()) <= 0.15
        tutor = page.locator('.turn[data-role="tutor"]:not(.is-pending) .turn-text').first
        await expect(tutor).to_contain_text("scatter", timeout=PATIENCE_MS)
        await playback.until(lambda status: status.played > 12_000 and status.loudest > 0.02)


async def test_an_administrator_made_on_the_command_line_signs_in_on_the_console(
    installation: Installation, edge: Edge
) -> None:
    made = run("admin", "add", "head@school.example", "--data-dir", installation.data.path).stdout
    password, link = re.search(r"password +(\S+)", made), re.search(r"otpauth://\S+", made)
    assert password, made
    assert link
    key = base64.b32decode(parse_qs(urlsplit(link[0]).query)["secret"][0])
    refused = ("401",)
    async with chromium() as browser, visit(browser, f"{edge.url}/console/", tolerated=refused) as page:
        await page.get_by_role("textbox", name="E-mail").fill("head@school.example")
        await page.get_by_role("textbox", name="Password").fill(password[1])
        await page.get_by_role("textbox", name="Code").fill(code_at(key, int(time.time()) // STEP_S))
        await page.keyboard.press("Enter")
        await expect(page.get_by_text("head@school.example (superadmin)")).to_be_visible()
        await page.get_by_role("link", name="Demo School").click()
        await page.get_by_role("navigation", name="Demo School").get_by_role("link", name="Beta tokens").click()
        await expect(page.get_by_role("row").filter(has_text="valid").first).to_be_visible()


async def test_other_pages_show_too_and_one_that_says_when_the_tutor_is_gone(
    installation: Installation, edge: Edge
) -> None:
    gone = ("503",)
    with Edge("http://127.0.0.1:1") as lonely:
        async with chromium() as browser:
            async with visit(browser, f"{edge.url}/api/reference", microphone=False) as page:
                await expect(page.get_by_role("heading", level=1)).to_be_visible()
            async with visit(browser, f"{lonely.url}/api/reference", microphone=False, tolerated=gone) as page:
                await expect(page.get_by_role("heading", level=1)).to_have_text("Your tutor cannot be reached")
                assert await page.evaluate("getComputedStyle(document.body).maxWidth") != "none"
            address = f"{lonely.url}/#token={installation.token}"
            async with visit(browser, address, microphone=False, tolerated=gone) as page:
                await expect(page.get_by_role("status").first).to_contain_text("does not answer")
