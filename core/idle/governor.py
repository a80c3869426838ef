"""Watches how long a process was not needed, and lets go of more the longer that is."""

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Final

import msgspec
from aiohttp import web

from core.idle.setting import Setting
from core.idle.state_clock import StateClock
from core.idle.states import STATES, State, Thresholds
from shared.clock import iso, utc_now
from shared.logging import get_logger

_LOOK_S: Final = 1.0
_REMEMBERED: Final = 200
_log: Final = get_logger("core")


class Levers(msgspec.Struct, frozen=True):
    """What a state lets go of, by the state from which on it does, and what brings everything back.

    Attributes:
        release: called once when a deeper state is reached; tells what it let go of.
        wake: brings back what the first word needs.
        used: counts what was done for somebody; it grows while somebody is served.
        loaded: models that are in memory now.
        resting: how many sessions are in each state.
    """

    release: Mapping[State, Callable[[], Awaitable[None]]]
    wake: Callable[[], Awaitable[None]]
    used: Callable[[], int] = lambda: 0
    loaded: Callable[[], int] = lambda: 0
    sessions: Callable[[Thresholds], Mapping[str, int]] = lambda _thresholds: {}


class Transition(msgspec.Struct, frozen=True):
    """A change of state; `wake_ms` is how long it took until everything was back."""

    timestamp: str
    from_state: State
    to_state: State
    idle_seconds: int
    trigger: str
    wake_ms: int | None = None


@dataclass(slots=True)
class Governor:
    """One process's rest. Everything happens on the event loop's thread.

    Attributes:
        setting: how it rests, as the deployment's staff want it.
        tell: called with the name and the facts of each change, for those who watch.
        clock: counts how long it was in each state.
    """

    levers: Levers
    tell: Callable[[str, Mapping[str, object]], None] = lambda _type, _data: None
    setting: Setting = field(default_factory=Setting)
    state: State = "active"
    clock: StateClock = field(default_factory=StateClock)
    history: deque[Transition] = field(default_factory=lambda: deque[Transition](maxlen=_REMEMBERED))
    last_activity: str = "start"
    last_activity_at: float = 0.0
    _used: int = 0
    active_at: float = 0.0
    rests_since: float = 0.0
    _awake_until: float = 0.0
    _needed: asyncio.Event = field(default_factory=asyncio.Event)
    _changing: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def run(self, _app: web.Application) -> AsyncGenerator[None]:
        """Watch for as long as the application runs."""
        self.active_at = _now()
        self.last_activity_at = utc_now().timestamp()
        task = asyncio.create_task(self._watch())
        yield
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task

    @property
    def idle_s(self) -> float:
        """Seconds since somebody needed this process."""
        return max(0.0, _now() - self.active_at)

    @property
    def awake_s(self) -> int:
        """Seconds for which it is kept awake."""
        return max(0, round(self._awake_until - _now()))

    def touch(self, what: str) -> None:
        """Somebody needs the process: it wakes in the background, and whoever needs a part of it gets it anyway."""
        self.active_at = _now()
        self.last_activity, self.last_activity_at = what, utc_now().timestamp()
        if self.state != "active":
            self._needed.set()

    async def look(self) -> None:
        """Take the state that the idle time asks for."""
        used = self.levers.used()
        if used != self._used:
            self._used = used
            self.touch("turn")
        setting = self.setting
        wanted = setting.thresholds.state(self.idle_s) if setting.enabled and not self.awake_s else "active"
        # A state, forced ones too, stays until somebody needs the process.
        if STATES.index(wanted) > STATES.index(self.state):
            await self.change(wanted, "timeout")
        elif self.state != "active" and (self.active_at > self.rests_since or self.awake_s or not setting.enabled):
            await self.change("active", "keep_awake" if self.awake_s else "activity")

    async def take(self, setting: Setting) -> None:
        """Rest like this from now on, and tell those who watch where that is not as before."""
        before, self.setting = self.setting, setting
        await self.look()
        if (before.mode, before.enabled, before.thresholds) != (setting.mode, setting.enabled, setting.thresholds):
            chosen = {"current_mode": setting.mode, "enabled": setting.enabled}
            self.tell("idle_config_changed", {**chosen, "thresholds": setting.thresholds.as_dict()})

    async def change(self, state: State, trigger: str) -> Transition:
        """Go to a state at once: let go of all that lies between, or bring everything back."""
        async with self._changing:
            before, idle = self.state, int(self.idle_s)
            wake_ms = None
            if STATES.index(state) > STATES.index(before):
                self.rests_since = self.active_at
                for step in STATES[STATES.index(before) + 1 : STATES.index(state) + 1]:
                    if step in self.levers.release:
                        await self.levers.release[step]()
            elif state != before:
                begin = _now()
                await self.levers.wake()
                wake_ms = round((_now() - begin) * 1000)
            self.state = state
            self.clock.enter(state)
            change = Transition(iso(utc_now()), before, state, idle, trigger, wake_ms)
            if state != before:
                self.history.append(change)
                facts = {"from_state": before, "to_state": state, "idle_seconds": idle, "trigger": trigger}
                self.tell("idle_state_changed", {**facts, "current_state": state})
                _log.info("idle_state_changed", before=before, after=state, trigger=trigger, wake_ms=wake_ms)
            return change

    def keep_awake(self, seconds: int) -> None:
        """Do not rest for so long, whatever happens; 0 takes an earlier wish back."""
        self._awake_until = _now() + seconds
        if seconds:
            self.touch("keep_awake")

    async def _watch(self) -> None:
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(_LOOK_S):
                    await self._needed.wait()
            self._needed.clear()
            await self.look()


def _now() -> float:
    return asyncio.get_running_loop().time()
