import subprocess
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest

from benchmarks.voice.quota import PERIOD_S, Allowance, held, stopped_and_continued


def test_a_period_allows_its_share_at_once() -> None:
    allowance = Allowance(0.25, used_s=5.0, now=0.0)
    assert allowance.may_run(used_s=5.02, now=0.01)
    assert not allowance.may_run(used_s=5.025, now=0.03)
    assert not allowance.may_run(used_s=5.025, now=0.09)


def test_the_next_period_allows_it_again() -> None:
    allowance = Allowance(0.25, used_s=0.0, now=0.0)
    assert not allowance.may_run(used_s=0.026, now=0.03)
    assert allowance.may_run(used_s=0.026, now=PERIOD_S)
    assert not allowance.may_run(used_s=0.051, now=PERIOD_S * 1.5)


def test_what_was_overdrawn_is_owed() -> None:
    allowance = Allowance(0.25, used_s=0.0, now=0.0)
    assert not allowance.may_run(used_s=0.08, now=PERIOD_S)
    assert not allowance.may_run(used_s=0.08, now=PERIOD_S * 2)
    assert allowance.may_run(used_s=0.08, now=PERIOD_S * 3)


def test_idle_periods_save_nothing_up() -> None:
    allowance = Allowance(0.25, used_s=0.0, now=0.0)
    assert allowance.may_run(used_s=0.0, now=PERIOD_S * 50)
    assert not allowance.may_run(used_s=0.03, now=PERIOD_S * 50.5)


@pytest.mark.parametrize("hold", [held, stopped_and_continued])
def test_a_held_process_gets_its_share_and_runs_again_afterwards(
    hold: Callable[[int, float], AbstractContextManager[object]],
) -> None:
    program = "print(sum(range(3_000_000)), flush=True); input(); print('done')"
    with subprocess.Popen(
        [sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        with hold(process.pid, 0.5):
            assert process.stdout
            assert process.stdout.readline() == "4499998500000\n"
        assert process.communicate("\n")[0] == "done\n"
