"""`./unamentis smoke`: what a learner does, once, at a deployed address; what failed, and how long each step took."""

import asyncio
import contextlib
import io
import time
from collections.abc import AsyncGenerator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, cast

import aiohttp

from infra.local import ask
from infra.local.ask import Question
from infra.local.errors import LocalError
from shared.ids import new_id

PATIENCE_SECONDS: Final = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """What is tried, and as whom: with a token, or by signing in.

    Attributes:
        url: without a slash at the end. token: a beta or access token.
        email, password: of an account, where there is no token.
    """

    url: str
    token: str | None = None
    email: str | None = None
    password: str | None = field(default=None, repr=False)


def smoke(target: Target) -> int:
    """Try everything, print a line for each step, and return 1 where one failed."""
    trial = Trial(target)
    asyncio.run(trial.run())
    if trial.failed:
        print(f"Failed: {', '.join(trial.failed)}", flush=True)
    else:
        print("Everything works.", flush=True)
    return 1 if trial.failed else 0


class StepFailed(Exception):
    """A step did not do what it must; what depends on it is not tried."""


class Trial:
    """One run; `failed` names the steps that failed."""

    def __init__(self, target: Target) -> None:
        self._target = target
        self._headers = {"X-Client-Name": "unamentis smoke"}
        self.failed: list[str] = []

    async def run(self) -> None:
        """Take one step after the other; a step that needs an earlier one is left out when that failed."""
        timeout = aiohttp.ClientTimeout(total=PATIENCE_SECONDS)
        async with aiohttp.ClientSession(timeout=timeout) as http:
            async with self._step("health"):
                await self._health(http)
            async with self._step("credential"):
                await self._sign_in(http)
            if not self.failed:
                await self._lesson(http)
                async with self._step("cached sentence"):
                    await self._sentence(http)

    @contextlib.asynccontextmanager
    async def _step(self, name: str) -> AsyncGenerator[list[str]]:
        """Time a step; what it appends to the list is printed beside its name."""
        facts: list[str] = []
        begin = time.monotonic()
        try:
            yield facts
        except (StepFailed, LocalError) as error:
            self._report(name, begin, "failed", [str(error)])
        except (aiohttp.ClientError, aiohttp.InvalidURL, TimeoutError, OSError) as error:
            self._report(name, begin, "failed", [f"{self._target.url} does not answer ({type(error).__name__})"])
        else:
            self._report(name, begin, "ok", facts)

    def _report(self, name: str, begin: float, state: str, facts: list[str]) -> None:
        if state == "failed":
            self.failed.append(name)
        milliseconds = (time.monotonic() - begin) * 1000
        print(f"{state:8}{name:18}{milliseconds:>8.0f} ms  {' '.join(facts)}".rstrip(), flush=True)

    async def _call(self, http: aiohttp.ClientSession, method: str, path: str, body: object = None) -> dict[str, Any]:
        async with http.request(method, self._target.url + path, json=body, headers=self._headers) as answer:
            try:
                content: Any = await answer.json()
            except (aiohttp.ContentTypeError, ValueError):
                raise StepFailed(f"{path} answers {answer.status} and no JSON") from None
            if answer.status >= 400:
                told = cast("dict[str, Any]", content) if isinstance(content, dict) else {}
                raise StepFailed(f"{path} answers {answer.status}: {told.get('message')} ({told.get('code')})")
            return cast("dict[str, Any]", content)

    async def _health(self, http: aiohttp.ClientSession) -> None:
        health = await self._call(http, "GET", "/api/health")
        if health.get("database") != "ok":
            raise StepFailed("the database does not answer")
        if not health.get("version"):
            raise StepFailed("/api/health names no version")
        print(f"{self._target.url} runs version {health['version']}", flush=True)

    async def _sign_in(self, http: aiohttp.ClientSession) -> None:
        token = self._target.token
        if token is None:
            body = {"email": self._target.email, "password": self._target.password}
            token = str((await self._call(http, "POST", "/api/auth/login", body)).get("access_token", ""))
        self._headers["Authorization"] = f"Bearer {token}"
        if not (await self._call(http, "GET", "/api/auth/me")).get("id"):
            raise StepFailed("/api/auth/me names nobody")

    async def _lesson(self, http: aiohttp.ClientSession) -> None:
        lesson: list[str] = []
        async with self._step("curriculum") as facts:
            lesson += await self._find_lesson(http)
            facts.append(", ".join(lesson))
        if not lesson:
            return
        session = ""
        async with self._step("session"):
            body = {"curriculum_id": lesson[0], "topic_id": lesson[1]}
            session += str((await self._call(http, "POST", "/api/sessions", body))["id"])
            await self._call(http, "POST", f"/api/sessions/{session}/start")
        if not session:
            return
        async with self._step("voice turn") as facts:
            facts.append(await self._turn(lesson, session))
        async with self._step("end of session"):
            await self._call(http, "POST", f"/api/sessions/{session}/end")

    async def _find_lesson(self, http: aiohttp.ClientSession) -> tuple[str, str]:
        listed = (await self._call(http, "GET", "/api/curricula")).get("curricula", [])
        for curriculum in listed:
            found = await self._call(http, "GET", f"/api/curricula/{curriculum['id']}")
            topics: list[dict[str, Any]] = found.get("topics") or []
            if topics:
                return str(curriculum["id"]), str(topics[0]["id"])
        raise StepFailed("there is no curriculum with a topic in it")

    async def _turn(self, lesson: list[str], session: str) -> str:
        """Ask over the voice socket and hear the answer."""
        question = Question(
            asked="What is this lesson about?",
            url=self._target.url,
            token="",
            curriculum=lesson[0],
            topic=lesson[1],
            answer=Path("unsaved"),
        )
        async with aiohttp.ClientSession(headers=self._headers) as http:
            # The answer's words are of no interest here.
            with contextlib.redirect_stdout(io.StringIO()):
                heard = await ask.one_turn(http, question, session, b"")
        if not heard.speech:
            raise StepFailed("the answer came without sound")
        first = (heard.answered_at - heard.asked_at) * 1000
        return f"first sound after {first:.0f} ms, {len(heard.speech) / 2 / heard.rate:.1f} s of speech"

    async def _sentence(self, http: aiohttp.ClientSession) -> None:
        """Have a sentence spoken that nobody has heard, and hear it again from the cache."""
        body = {"text": f"This is attempt {new_id()[-6:]}.", "return_url": True}
        await self._call(http, "POST", "/api/tts", body)
        again = await self._call(http, "POST", "/api/tts", body)
        if not again.get("cache_hit"):
            raise StepFailed("the same sentence was synthesised again: the cache does not keep it")
        async with http.get(self._target.url + str(again["audio_url"]), headers={}) as clip:
            if clip.status != 200 or not await clip.read():
                raise StepFailed(f"its address answers {clip.status}")
