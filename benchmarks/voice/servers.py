"""Starting a server for a measurement, and stopping it."""

import os
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from benchmarks.voice.dialects import MakeDialect

HOST: Final = "127.0.0.1"
ROOT: Final = Path(__file__).resolve().parents[2]
_START_S: Final = 120.0
_STOP_S: Final = 5.0
_LAST_WORDS: Final = 1500


class ServerFailed(Exception):
    """A server could not be installed or did not start; the text ends with what it said."""


@dataclass(frozen=True, slots=True)
class Server:
    """A running server.

    Attributes:
        urls: one for each caller.
        start_s: seconds from exec to an open port.
        version: what is measured, for the table.
    """

    subject: str
    pid: int
    urls: list[str]
    dialect: MakeDialect
    start_s: float
    version: str


@contextmanager
def running(command: list[str], port: int, environment: Mapping[str, str]) -> Generator[tuple[int, float]]:
    """Start a server, yield its process id and the seconds its start took, and stop it.

    Raises: ServerFailed: it ended or its port stayed closed for two minutes.
    """
    with tempfile.TemporaryFile("w+", errors="replace") as said:
        began = time.monotonic()
        process = subprocess.Popen(
            command,
            cwd=ROOT,
            env={**os.environ, **environment},
            stdout=said,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            if not _opens(process, port, began + _START_S):
                said.seek(0)
                raise ServerFailed(f"{' '.join(command)} did not start:\n{said.read()[-_LAST_WORDS:]}")
            yield process.pid, time.monotonic() - began
        finally:
            _stop(process)


def _opens(process: subprocess.Popen[bytes], port: int, until: float) -> bool:
    while process.poll() is None and time.monotonic() < until:
        try:
            socket.create_connection((HOST, port), 0.2).close()
        except OSError:
            time.sleep(0.02)
        else:
            return True
    return False


def _stop(process: subprocess.Popen[bytes]) -> None:
    for request in (signal.SIGTERM, signal.SIGKILL):
        try:
            os.killpg(process.pid, request)
        except ProcessLookupError:
            break
        try:
            process.wait(_STOP_S)
        except subprocess.TimeoutExpired:
            continue
        break
    process.wait()
