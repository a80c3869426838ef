"""How this process rests, as consoles read it, and how all processes of a deployment are to, as they set it."""

import asyncio
from collections.abc import Coroutine
from dataclasses import dataclass
from typing import Any, TypeVar

from msgspec import UNSET, Struct, UnsetType

from core.idle.access import for_staff, require_staff
from core.idle.choosing import Configure, Seconds, chosen
from core.idle.governor import Governor
from core.idle.profiles import ProfileRoutes
from core.idle.setting import Reading, Setting
from core.idle.states import MODES, State
from shared.api import Access, Request, Routes
from shared.repositories.idle_settings import IdleSettingsRepository

Result = TypeVar("Result")


class KeepAwake(Struct, frozen=True):
    """For how long."""

    duration_seconds: Seconds = 3_600


class ForceState(Struct, frozen=True):
    """Which state to take now."""

    state: State


class NextState(Struct, frozen=True):
    """What follows, and when."""

    state: str
    seconds_remaining: int


class IdleStatus(Struct, frozen=True, kw_only=True):
    """The state of this process, for the console and for Android."""

    status: str = "ok"
    enabled: bool
    current_state: str
    current_mode: str
    seconds_idle: int
    last_activity_type: str
    last_activity_time: float
    thresholds: dict[str, int]
    keep_awake_remaining: int
    next_state_in: NextState | UnsetType = UNSET
    is_idle: bool
    timeout_seconds: int
    models_loaded: int
    sessions: dict[str, int]
    last_wake_ms: int | UnsetType = UNSET


class IdleChange(IdleStatus, frozen=True, kw_only=True):
    """The state after a change, and how long waking took where it did."""

    wake_ms: int | UnsetType = UNSET


@dataclass(slots=True)
class IdleRoutes:
    """`/api/system/idle` and `/api/system/unload-models`. Handlers run in threads; the governor does not."""

    governor: Governor
    _loop: asyncio.AbstractEventLoop | None = None

    def attach(self, loop: asyncio.AbstractEventLoop) -> None:
        """Say where the governor is."""
        self._loop = loop

    def routes(self) -> Routes:
        """Return the operations."""
        routes = Routes("idle")
        routes.get("/api/system/idle/status", access=Access.CLIENT)(self.status)
        routes.get("/api/system/idle/modes", access=Access.CLIENT)(self.modes)
        routes.get("/api/system/idle/history", access=Access.CLIENT)(self.history)
        for path, handler in (
            ("config", self.configure),
            ("keep-awake", self.keep_awake),
            ("cancel-keep-awake", self.cancel_keep_awake),
            ("force-state", self.force_state),
        ):
            routes.post(f"/api/system/idle/{path}", access=Access.CLIENT, replayable=False)(handler)
        routes.post("/api/system/unload-models", access=Access.CLIENT, replayable=False)(self.unload_models)
        routes.include(ProfileRoutes(self._take).routes())
        return routes

    def status(self, request: Request) -> IdleStatus:
        """Return how this process rests."""
        request.admit()
        return self._run(self._status())

    def modes(self, request: Request) -> dict[str, Any]:
        """Return the modes there are."""
        with request.unit() as unit:
            reading = Reading(unit)
        setting = reading.setting
        modes = {
            name: {
                "name": mode.name,
                "description": mode.description,
                "thresholds": mode.thresholds.as_dict(),
                "enabled": mode.enabled,
                "is_builtin": name in MODES,
                "is_custom": name not in MODES,
            }
            for name, mode in setting.modes.items()
        }
        return {"modes": modes, "current": setting.mode}

    def history(self, request: Request) -> dict[str, Any]:
        """Return the last changes of state, the newest first; `wake_ms` where one was a waking."""
        request.admit()
        changes = [
            {
                "timestamp": each.timestamp,
                "from_state": each.from_state,
                "to_state": each.to_state,
                "idle_seconds": each.idle_seconds,
                "trigger": each.trigger,
                **({} if each.wake_ms is None else {"wake_ms": each.wake_ms}),
            }
            for each in reversed(list(self.governor.history))
        ]
        return {"history": changes, "count": len(changes)}

    def configure(self, request: Request, body: Configure) -> IdleStatus:
        """Choose a mode or thresholds for every process of the deployment, until somebody chooses again."""
        with request.unit() as unit:
            require_staff(request, unit)
            before = Reading(unit)
        choice = chosen(before.setting, body)
        with request.unit() as unit:
            IdleSettingsRepository(unit).choose(choice)
            now = Reading(unit)
        self._take(now.setting)
        return self._run(self._status())

    def keep_awake(self, request: Request, body: KeepAwake) -> IdleStatus:
        """Do not rest for a while."""
        for_staff(request)
        return self._run(self._keep_awake(body.duration_seconds))

    def cancel_keep_awake(self, request: Request) -> IdleStatus:
        """Rest as configured again."""
        for_staff(request)
        return self._run(self._keep_awake(0))

    def force_state(self, request: Request, body: ForceState) -> IdleChange:
        """Take a state now; the next who needs the process wakes it."""
        for_staff(request)
        return self._run(self._change(body.state))

    def unload_models(self, request: Request) -> IdleChange:
        """Let go of everything that can be brought back."""
        for_staff(request)
        return self._run(self._unload())

    def _take(self, setting: Setting) -> None:
        """Have this process rest like this at once; the others hear of it."""
        self._run(self.governor.take(setting))

    def _run(self, work: Coroutine[Any, Any, Result]) -> Result:
        if self._loop is None:
            work.close()
            raise RuntimeError("the governor has no event loop yet")
        return asyncio.run_coroutine_threadsafe(work, self._loop).result()

    async def _status(self) -> IdleStatus:
        return IdleStatus(**self._facts())

    async def _keep_awake(self, seconds: int) -> IdleStatus:
        self.governor.keep_awake(seconds)
        if seconds:
            self.governor.tell("idle_keep_awake", {"duration": seconds})
        else:
            self.governor.tell("idle_keep_awake_cancelled", {})
        await self.governor.look()
        return await self._status()

    async def _change(self, state: State) -> IdleChange:
        if state == "active":
            self.governor.touch("forced")
        change = await self.governor.change(state, "forced")
        return IdleChange(**self._facts(), wake_ms=UNSET if change.wake_ms is None else change.wake_ms)

    async def _unload(self) -> IdleChange:
        change = await self._change("dormant")
        self.governor.tell("models_unloaded", {"models_loaded": change.models_loaded})
        return change

    def _facts(self) -> dict[str, Any]:
        governor, setting = self.governor, self.governor.setting
        idle = governor.idle_s
        coming = setting.thresholds.next(governor.state, idle) if setting.enabled else None
        wakes = [each.wake_ms for each in governor.history if each.wake_ms is not None]
        return {
            "enabled": setting.enabled,
            "current_state": governor.state,
            "current_mode": setting.mode,
            "seconds_idle": int(idle),
            "last_activity_type": governor.last_activity,
            "last_activity_time": governor.last_activity_at,
            "thresholds": setting.thresholds.as_dict(),
            "keep_awake_remaining": governor.awake_s,
            "next_state_in": UNSET if coming is None else NextState(*coming),
            "is_idle": governor.state != "active",
            "timeout_seconds": setting.thresholds.cool,
            "models_loaded": governor.levers.loaded(),
            "sessions": dict(governor.levers.sessions(setting.thresholds)),
            "last_wake_ms": wakes[-1] if wakes else UNSET,
        }
