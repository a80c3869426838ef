"""A server held to a share of one CPU, as a small container is.

By the kernel where this user may make a control group; else by stopping and continuing the process, which needs no
privilege and works the same way: what a period allows may be used at once, then nothing runs until the next period.

    python -m benchmarks.voice.quota PID SHARE
"""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from benchmarks.voice.process_tree import ProcessTree

PERIOD_S: Final = 0.1
_PERIOD_US: Final = round(PERIOD_S * 1_000_000)
_LOOK_S: Final = 0.001
# The kind of clock that counts all threads of a process (CPUCLOCK_SCHED of the Linux kernel).
_CPU_CLOCK: Final = 2
# Where control groups are mounted and what sets the quota there, by version.
_GROUPS: Final = (
    (Path("/sys/fs/cgroup"), "cpu.max", "{quota} {period}"),
    (Path("/sys/fs/cgroup/cpu"), "cpu.cfs_quota_us", "{quota}"),
)


class Allowance:
    """Who may run now: pure accounting of CPU seconds used. What one period overdraws, the next ones lack."""

    def __init__(self, share: float, used_s: float, now: float) -> None:
        self._each = share * PERIOD_S
        self._spent_before = used_s
        self._overdrawn = 0.0
        self._ends = now + PERIOD_S

    def may_run(self, used_s: float, now: float) -> bool:
        """Tell whether the process may run, having used `used_s` of CPU since it began."""
        periods = int((now - self._ends) / PERIOD_S) + 1 if now >= self._ends else 0
        spent = self._overdrawn + used_s - self._spent_before
        if periods:
            self._ends += periods * PERIOD_S
            spent = self._overdrawn = max(0.0, spent - periods * self._each)
            self._spent_before = used_s
        return spent < self._each


@contextmanager
def held(pid: int, share: float) -> Generator[str]:
    """Hold a process tree to `share` of one CPU and yield by which means."""
    for root, setting, form in _GROUPS:
        group = root / f"unamentis-benchmark-{pid}"
        if _joined(group, setting, form.format(quota=round(share * _PERIOD_US), period=_PERIOD_US), pid):
            try:
                yield f"control group ({setting})"
            finally:
                _dissolve(group, root)
            return
    with stopped_and_continued(pid, share):
        yield "stop and continue"


def _joined(group: Path, setting: str, quota: str, pid: int) -> bool:
    """Make a group and put the process into it; False: the kernel has none here or this user may not."""
    try:
        group.mkdir()
    except OSError:
        return False
    try:
        # The kernel fills a new group with its settings; a folder without them is only a folder.
        with (group / setting).open("r+") as file:
            file.write(quota)
        (group / "cgroup.procs").write_text(str(pid))
    except OSError:
        group.rmdir()
        return False
    return True


def _dissolve(group: Path, root: Path) -> None:
    for member in (group / "cgroup.procs").read_text().split():
        try:
            (root / "cgroup.procs").write_text(member)
        except ProcessLookupError:
            continue
    group.rmdir()


@contextmanager
def stopped_and_continued(pid: int, share: float) -> Generator[None]:
    """Hold a process tree to `share` of one CPU without the kernel's help."""
    keeper = subprocess.Popen([sys.executable, "-m", __name__, str(pid), str(share)])
    try:
        yield
    finally:
        keeper.terminate()
        keeper.wait()


def keep(pid: int, share: float) -> None:
    """Stop and continue a process tree until it ends or this one is told to."""
    pids = ProcessTree(pid).pids()
    allowance = Allowance(share, _used_s(pids), time.monotonic())
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    runs = True
    try:
        while Path(f"/proc/{pid}").exists():
            may = allowance.may_run(_used_s(pids), time.monotonic())
            if may != runs:
                _send(pids, signal.SIGCONT if may else signal.SIGSTOP)
                runs = may
            time.sleep(_LOOK_S)
    except KeyboardInterrupt:
        pass
    finally:
        _send(pids, signal.SIGCONT)


def _used_s(pids: list[int]) -> float:
    """Return CPU seconds by each process's own clock: one cheap call, made a thousand times a second."""
    used = 0.0
    for pid in pids:
        try:
            used += time.clock_gettime(~pid << 3 | _CPU_CLOCK)
        except OSError:
            continue
    return used


def _send(pids: list[int], number: signal.Signals) -> None:
    for pid in pids:
        try:
            os.kill(pid, number)
        except ProcessLookupError:
            continue


if __name__ == "__main__":
    keep(int(sys.argv[1]), float(sys.argv[2]))
