import pytest

from core.idle.states import MODES, STATES, State, Thresholds

FOUR = Thresholds(10, 20, 30, 40)


@pytest.mark.parametrize(
    ("idle_s", "state"),
    [(0, "active"), (9.9, "active"), (10, "warm"), (20, "cool"), (39, "cold"), (40, "dormant"), (9_999, "dormant")],
)
def test_the_state_follows_from_the_idle_time(idle_s: float, state: State) -> None:
    assert FOUR.state(idle_s) == state


def test_what_comes_next_and_when() -> None:
    assert FOUR.next("active", 4) == ("warm", 6)
    assert FOUR.next("cool", 25) == ("cold", 5)
    assert FOUR.next("cool", 99) == ("cold", 0)
    assert FOUR.next("dormant", 99) is None


def test_the_modes_are_in_order() -> None:
    for mode in MODES.values():
        begins = [mode.thresholds.begins(state) for state in STATES]
        assert begins == sorted(begins)
        assert list(mode.thresholds.as_dict()) == list(STATES[1:])
