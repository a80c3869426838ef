"""What a server costs, read from /proc: CPU time and memory of a process and all its descendants (Linux)."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Final

_PROC: Final = Path("/proc")
_TICKS_PER_SECOND: Final = os.sysconf("SC_CLK_TCK")
_MB_IN_KB: Final = 1024


class ProcessTree:
    """One server, seen from outside. A process that ends while it is read counts as nothing."""

    def __init__(self, pid: int) -> None:
        self._pid = pid

    def pids(self) -> list[int]:
        """Return the process and its descendants."""
        found: list[int] = []
        waiting = [self._pid]
        while waiting:
            pid = waiting.pop()
            found.append(pid)
            waiting += [int(child) for text in _of_each_thread(pid, "children") for child in text.split()]
        return found

    def cpu_s(self) -> float:
        """Return user and system seconds used so far."""
        return sum(max(_scheduled_s(pid), _ticked_s(pid)) for pid in self.pids())

    def rss_mb(self) -> float:
        """Return resident megabytes; a page shared by two processes of the tree counts twice."""
        return sum(_rss_kb(pid) for pid in self.pids()) / _MB_IN_KB


def _scheduled_s(pid: int) -> float:
    """Return what live threads ran, to the nanosecond."""
    return sum(int(text.split()[0]) for text in _of_each_thread(pid, "schedstat")) / 1e9


def _ticked_s(pid: int) -> float:
    """Return what all threads and awaited children ran, in steps of 10 ms: it knows those that have ended."""
    try:
        fields = (_PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return 0.0
    return sum(int(field) for field in fields[11:15]) / _TICKS_PER_SECOND


def _rss_kb(pid: int) -> int:
    try:
        lines = (_PROC / str(pid) / "status").read_text().splitlines()
    except (FileNotFoundError, ProcessLookupError):
        return 0
    return next((int(line.split()[1]) for line in lines if line.startswith("VmRSS:")), 0)


def _of_each_thread(pid: int, name: str) -> Iterator[str]:
    try:
        threads = os.listdir(_PROC / str(pid) / "task")
    except (FileNotFoundError, ProcessLookupError):
        return
    for thread in threads:
        try:
            yield (_PROC / str(pid) / "task" / thread / name).read_text()
        except (FileNotFoundError, ProcessLookupError):
            continue
