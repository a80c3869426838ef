"""How this process rests, as the operations console reads and sets it."""

import asyncio
from collections.abc import Coroutine
from dataclasses import dataclass
from typing import Annotated, Any, TypeVar

from msgspec import UNSET, Meta, Struct, UnsetType

from core.idle.access import for_staff
from core.idle.governor import Governor
from core.idle.profiles import ProfileRoutes
from core.idle.states import LONGEST_S, MODES, State, Thresholds
from shared.api import Access, Request, Routes
from shared.errors import InvalidInput

Result = TypeVar("Result")
_Seconds = Annotated[int, Meta(ge=1, le=LONGEST_S)]


class GivenThresholds(Struct, frozen=True):
    """Seconds; what is left out stays as it is."""

    warm: _Seconds | None = None
    cool: _Seconds | None = None
    cold: _Seconds | None = None
    dormant: _Seconds | None = None


class Configure(Struct, frozen=True):
    """A mode, or thresholds; timeout_seconds is when models are unloaded, as Android says it."""

    mode: str | None = None
    enabled: bool | None = None
    thresholds: GivenThresholds | None = None
    timeout_seconds: _Seconds | None = None
    unload_models_on_idle: bool | None = None


class KeepAwake(Struct, frozen=True):
    """For how long."""

    duration_seconds: _Seconds = 3_600


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
        routes.include(ProfileRoutes(self.governor).routes())
        return routes

    def status(self, request: Request) -> IdleStatus:
        """Return how this process rests."""
        request.admit()
        return self._run(self._status())

    def modes(self, request: Request) -> dict[str, Any]:
        """Return the modes there are."""
        request.admit()
        modes = {
            name: {
                "name": mode.name,
                "description": mode.description,
                "thresholds": mode.thresholds.as_dict(),
                "enabled": mode.enabled,
                "is_builtin": name in MODES,
                "is_custom": name not in MODES,
            }
            for name, mode in self.governor.modes.items()
        }
        return {"modes": modes, "current": self.governor.mode}

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
        """Choose a mode or thresholds, until the process ends."""
        for_staff(request)
        if body.mode is not None and body.mode not in self.governor.modes:
            expected = f"one of {', '.join(self.governor.modes)}"
            raise InvalidInput(f"mode: {expected}", details={"mode": expected})
        return self._run(self._configure(body))

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
        return self._run(self._change("dormant"))

    def _run(self, work: Coroutine[Any, Any, Result]) -> Result:
        if self._loop is None:
            work.close()
            raise RuntimeError("the governor has no event loop yet")
        return asyncio.run_coroutine_threadsafe(work, self._loop).result()

    async def _status(self) -> IdleStatus:
        return IdleStatus(**self._facts())

    async def _configure(self, body: Configure) -> IdleStatus:
        governor = self.governor
        if body.mode is not None:
            mode = governor.modes[body.mode]
            governor.mode, governor.thresholds, governor.enabled = body.mode, mode.thresholds, mode.enabled
        if body.thresholds is not None or body.timeout_seconds is not None:
            governor.mode, governor.thresholds = "custom", _thresholds(governor.thresholds, body)
        enabled = body.enabled if body.enabled is not None else body.unload_models_on_idle
        if enabled is not None:
            governor.enabled = enabled
        await governor.look()
        chosen = {"current_mode": governor.mode, "enabled": governor.enabled}
        governor.tell("idle_config_changed", {**chosen, "thresholds": governor.thresholds.as_dict()})
        return await self._status()

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

    def _facts(self) -> dict[str, Any]:
        governor = self.governor
        idle = governor.idle_s
        coming = governor.thresholds.next(governor.state, idle) if governor.enabled else None
        wakes = [each.wake_ms for each in governor.history if each.wake_ms is not None]
        return {
            "enabled": governor.enabled,
            "current_state": governor.state,
            "current_mode": governor.mode,
            "seconds_idle": int(idle),
            "last_activity_type": governor.last_activity,
            "last_activity_time": governor.last_activity_at,
            "thresholds": governor.thresholds.as_dict(),
            "keep_awake_remaining": governor.awake_s,
            "next_state_in": UNSET if coming is None else NextState(*coming),
            "is_idle": governor.state != "active",
            "timeout_seconds": governor.thresholds.cool,
            "models_loaded": governor.levers.loaded(),
            "sessions": dict(governor.levers.sessions(governor.thresholds)),
            "last_wake_ms": wakes[-1] if wakes else UNSET,
        }


def _thresholds(present: Thresholds, body: Configure) -> Thresholds:
    """Return the thresholds with what was given, each at least the one before.

    Raises: InvalidInput: they are not in order.
    """
    given = body.thresholds or GivenThresholds()
    cool = given.cool or body.timeout_seconds or present.cool or 1
    warm = given.warm or min(present.warm or cool, cool)
    cold = given.cold or max(present.cold, cool)
    wanted = Thresholds(warm, cool, cold, given.dormant or max(present.dormant, cold))
    if not wanted.warm <= wanted.cool <= wanted.cold <= wanted.dormant:
        expected = "warm, cool, cold and dormant in seconds, each at least the one before"
        raise InvalidInput(f"thresholds: {expected}", details={"thresholds": expected})
    return wanted
