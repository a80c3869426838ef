"""The reference servers: Pipecat and LiveKit Agents in environments of their own, installed the first time."""

import hashlib
import os
import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from benchmarks.voice import dialects
from benchmarks.voice.dialects import MakeDialect
from benchmarks.voice.servers import HOST, ROOT, Server, ServerFailed, running
from infra.aws.package import find_uv
from infra.local.ports import free_port

_FOLDER: Final = Path(__file__).parent / "references"
_ENVIRONMENTS: Final = ROOT / ".unamentis" / "benchmarks"


@dataclass(frozen=True, slots=True)
class Reference:
    """How a reference is installed and started.

    Attributes:
        framework: names its requirements and its server file.
        distribution: the package whose version is told.
        end_of_turn: "silence" for 0.5 s of it, "model" for the framework's default.
    """

    framework: str
    distribution: str
    end_of_turn: str
    dialect: MakeDialect


REFERENCES: Final = {
    "pipecat": Reference("pipecat", "pipecat-ai", "silence", dialects.Pipecat),
    "livekit": Reference("livekit", "livekit-agents", "silence", dialects.livekit),
    "pipecat-model": Reference("pipecat", "pipecat-ai", "model", dialects.Pipecat),
    "livekit-model": Reference("livekit", "livekit-agents", "model", dialects.livekit),
}


@contextmanager
def reference_server(subject: str, callers: int) -> Generator[Server]:
    """Start the reference of that name. Raises: ServerFailed: it cannot be installed or started."""
    reference = REFERENCES[subject]
    python = installed(reference.framework)
    port = free_port()
    script = _FOLDER / f"{reference.framework}_server.py"
    command = [str(python), str(script), str(port), "--end-of-turn", reference.end_of_turn]
    with running(command, port, {"OMP_NUM_THREADS": "1"}) as (pid, start_s):
        version = f"{reference.distribution} {pinned(reference)}, end of turn by {reference.end_of_turn}"
        urls = [f"ws://{HOST}:{port}/ws"] * callers
        yield Server(subject, pid, urls, reference.dialect, start_s, version)


def pinned(reference: Reference) -> str:
    """Return the version its requirements name."""
    lines = (_FOLDER / f"{reference.framework}.txt").read_text().splitlines()
    return next(line.partition("==")[2] for line in lines if line.startswith(f"{reference.distribution}=="))


def installed(framework: str) -> Path:
    """Return the Python of the framework's environment, made if there is none for these requirements yet.

    Raises: ServerFailed: there is no uv, or the packages cannot be had.
    """
    requirements = _FOLDER / f"{framework}.txt"
    mark = hashlib.sha256(requirements.read_bytes() + sys.version.encode()).hexdigest()[:12]
    environment = _ENVIRONMENTS / f"{framework}-{mark}"
    python = environment / "bin" / "python"
    complete = environment / "complete"
    if not complete.exists():
        uv = find_uv()
        if uv is None:
            raise ServerFailed("uv is needed to install the reference servers: pip install uv")
        sys.stderr.write(f"Installing {framework} in {environment} …\n")
        _run(uv, "venv", "--quiet", "--clear", "--python", sys.executable, str(environment))
        _run(uv, "pip", "install", "--quiet", "--python", str(python), "--requirement", str(requirements))
        complete.touch()
    return python


def _run(*command: str) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=dict(os.environ))
    if done.returncode:
        raise ServerFailed(f"{' '.join(command)} failed:\n{done.stderr}")
