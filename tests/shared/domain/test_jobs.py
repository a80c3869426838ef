"""How long failed jobs wait, and how many may be on their way."""

from hypothesis import given
from hypothesis import strategies as st

from shared.domain.jobs import LONGEST_WAIT_S, Window, backoff_s


def test_waits_double_up_to_the_longest() -> None:
    assert [backoff_s(attempt, 1) for attempt in (1, 2, 3, 4)] == [2, 4, 8, 16]
    assert backoff_s(50, 1) == LONGEST_WAIT_S


@given(st.integers(1, 100), st.floats(0, 1))
def test_chance_halves_a_wait_at_most(attempt: int, chance: float) -> None:
    assert backoff_s(attempt, 1) / 2 <= backoff_s(attempt, chance) <= backoff_s(attempt, 1)


def test_the_window_grows_while_the_queue_runs_dry_and_shrinks_while_jobs_wait_in_it() -> None:
    window = Window()
    for _ in range(10):
        window = window.after(in_queue=0, oldest_s=0, waiting=True)
    assert window == Window(Window.MOST_EXTRA)
    assert window.after(in_queue=0, oldest_s=0, waiting=False) == window
    for _ in range(10):
        window = window.after(in_queue=99, oldest_s=1, waiting=True)
    assert window == Window(0)


def test_one_tenant_leaves_room_for_another() -> None:
    assert [Window().most_each(capacity) for capacity in (1, 2, 4, 16)] == [1, 1, 3, 12]
    assert Window(100).most_each(16) == 112
