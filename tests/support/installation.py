"""`./unamentis up` as a process of its own, and what may be left of it."""

import os
import re
import select
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from infra.local.postgres import lock_folder
from infra.local.state import DataFolder

ROOT: Final = Path(__file__).resolve().parents[2]


def command(*arguments: str | Path, **environment: str) -> tuple[list[str], dict[str, str]]:
    """Return the command line and environment of one of our commands, without the launcher's look at the lock."""
    inherited = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}
    line = [sys.executable, "-P", "-m", "infra.local.cli", *(str(argument) for argument in arguments)]
    return line, inherited | {"PYTHONPATH": str(ROOT)} | environment


def run(*arguments: str | Path, cwd: Path | None = None, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run one of our commands to its end."""
    line, variables = command(*arguments, **environment)
    return subprocess.run(
        line, env=variables, cwd=cwd, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )


class Installation:
    """A running server with its data in a folder.

    Attributes:
        output: what it printed until it was ready. url, token: what it told the newcomer.
    """

    def __init__(self, data_dir: Path, *options: str, environment: Mapping[str, str] | None = None) -> None:
        self.data = DataFolder(data_dir)
        # Every process that came from it carries this in its environment; the database server, whose environment is
        # emptied, holds the lock of its folder instead.
        self.mark = f"UNAMENTIS_TEST_MARK={data_dir}"
        line, variables = command("up", "--port", "0", "--data-dir", data_dir, *options, **(environment or {}))
        variables |= dict([self.mark.split("=", 1)])
        self.process = subprocess.Popen(
            line, env=variables, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        self.output = ""
        for text in self.process.stdout or ():
            self.output += text
            if "Ctrl-C stops it" in text:
                break
        else:
            raise AssertionError(f"it ended with status {self.process.wait()}:\n{self.output}")
        address = re.search(r"page +(http://127\.0\.0\.1:\d+)/#token=(\S+)", self.output)
        assert address, self.output
        self.url, self.token = address.groups()

    def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        """Send a signal unless it has ended, wait for the end and return the exit status."""
        if self.process.returncode is None:
            self.process.send_signal(number)
            self.output += self.process.communicate()[0]
        return self.process.wait()

    def assert_nothing_runs(self) -> None:
        """See that no process of it stays: neither a child of its own, nor the database server.

        Whoever works for a killed owner notices it at the next read, so each is given a moment.
        """
        os.close(lock_folder(self.data.postgres))
        for file in Path("/proc").glob("[0-9]*/environ"):
            if self.mark in environment_of(file):
                assert ends(int(file.parent.name)), f"still there: {file.parent.name}"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop(signal.SIGKILL)


def environment_of(file: Path) -> list[str]:
    """Return a process's environment; nothing of one that has ended meanwhile or is not ours."""
    try:
        return file.read_text(encoding="utf-8", errors="replace").split("\0")
    except OSError:
        return []


def ends(pid: int) -> bool:
    """Wait until a process that is no child of ours has ended, for some seconds at most."""
    try:
        handle = os.pidfd_open(pid)
    except ProcessLookupError:
        return True
    try:
        return bool(select.select([handle], [], [], 10)[0])
    finally:
        os.close(handle)
