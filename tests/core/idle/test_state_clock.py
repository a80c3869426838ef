from core.idle.state_clock import StateClock
from core.idle.states import State


def test_each_state_is_counted_for_as_long_as_it_lasted() -> None:
    now = [100.0]
    clock = StateClock(lambda: now[0])
    stays: list[tuple[float, State]] = [(60.0, "warm"), (5.0, "active"), (1.5, "cool")]
    for seconds, state in stays:
        now[0] += seconds
        clock.enter(state)
    now[0] += 30
    assert clock.spent() == {"active": 61.5, "warm": 5.0, "cool": 30.0}
