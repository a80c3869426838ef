"""Deeper states let go of more; whoever needs the process wakes it, and that is measured."""

from core.idle.governor import Governor, Levers
from core.idle.setting import Setting
from core.idle.states import Thresholds


class Machine:
    """What was done, in order."""

    def __init__(self) -> None:
        self.done: list[str] = []
        self.used = 0
        self.governor = Governor(
            Levers(
                release={"cool": self.releasing("cool"), "dormant": self.releasing("dormant")},
                wake=self.releasing("wake"),
                used=lambda: self.used,
            ),
            setting=Setting(thresholds=Thresholds(100, 200, 300, 400)),
            tell=lambda type_, data: self.told.append((type_, data.get("from_state"), data.get("current_state"))),
        )
        self.told: list[tuple[str, object, object]] = []

    def releasing(self, what: str):  # noqa: ANN201  a lever
        async def pull() -> None:
            self.done.append(what)

        return pull

    def idle(self, seconds: float) -> None:
        self.governor.touch("test")
        self.governor.active_at -= seconds


async def test_each_state_on_the_way_lets_go_once() -> None:
    machine = Machine()
    for seconds in (150, 250, 260, 450, 460):
        machine.idle(0)
        machine.governor.active_at -= seconds
        machine.governor.rests_since = machine.governor.active_at
        await machine.governor.look()
    assert machine.done == ["cool", "dormant"]
    assert [change.to_state for change in machine.governor.history] == ["warm", "cool", "dormant"]
    assert {change.trigger for change in machine.governor.history} == {"timeout"}


async def test_activity_wakes_and_the_waking_is_measured() -> None:
    machine = Machine()
    machine.idle(450)
    await machine.governor.look()
    machine.governor.touch("request")
    await machine.governor.look()
    assert machine.done == ["cool", "dormant", "wake"]
    last = machine.governor.history[-1]
    assert (last.from_state, last.to_state, last.trigger) == ("dormant", "active", "activity")
    assert last.wake_ms is not None
    assert last.wake_ms >= 0
    assert machine.governor.last_activity == "request"
    changed = "idle_state_changed"
    assert machine.told == [(changed, "active", "dormant"), (changed, "dormant", "active")]


async def test_turns_are_activity() -> None:
    machine = Machine()
    machine.idle(150)
    machine.used = 7
    await machine.governor.look()
    assert (machine.governor.state, machine.governor.last_activity) == ("active", "turn")


async def test_a_forced_state_stays_until_somebody_comes() -> None:
    machine = Machine()
    machine.idle(0)
    change = await machine.governor.change("dormant", "forced")
    assert (change.to_state, change.wake_ms) == ("dormant", None)
    await machine.governor.look()
    assert machine.governor.state == "dormant"
    machine.governor.touch("session")
    await machine.governor.look()
    assert machine.governor.state == "active"


async def test_kept_awake_it_does_not_rest_and_wakes() -> None:
    machine = Machine()
    machine.idle(450)
    await machine.governor.look()
    machine.governor.keep_awake(60)
    await machine.governor.look()
    assert machine.governor.state == "active"
    assert machine.governor.awake_s == 60
    machine.governor.active_at -= 450
    await machine.governor.look()
    assert machine.governor.state == "active"
    machine.governor.keep_awake(0)
    await machine.governor.look()
    assert machine.governor.state == "dormant"


async def test_who_does_not_want_rest_gets_none() -> None:
    machine = Machine()
    machine.idle(450)
    await machine.governor.look()
    machine.governor.setting = Setting(enabled=False)
    await machine.governor.look()
    assert machine.governor.state == "active"
    machine.idle(450)
    await machine.governor.look()
    assert machine.governor.state == "active"


async def test_what_holds_now_is_obeyed_at_once_and_told_only_where_it_is_new() -> None:
    machine = Machine()
    machine.idle(150)
    await machine.governor.take(machine.governor.setting)
    assert (machine.governor.state, machine.told) == ("warm", [("idle_state_changed", "active", "warm")])
    machine.told.clear()
    await machine.governor.take(Setting("custom", thresholds=Thresholds(10, 20, 500, 600)))
    assert machine.governor.state == "cool"
    assert [type_ for type_, *_ in machine.told] == ["idle_state_changed", "idle_config_changed"]
    await machine.governor.take(Setting("custom", thresholds=Thresholds(10, 20, 500, 600)))
    assert len(machine.told) == 2
