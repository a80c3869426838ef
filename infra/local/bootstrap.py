"""Make the project's private environments from its lock file: `python bootstrap.py run|dev|sam|checkov|benchmarks`.

Runs on a bare Python, before anything is installed, so it uses the standard library only. The installer (uv, pinned)
goes to `.unamentis/boot`; the environments to `.venv` and `.unamentis/<group>`. Two at once wait for each other.
"""

import contextlib
import fcntl
import importlib.util
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Generator, Mapping
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[2]
STATE: Final = ROOT / ".unamentis"
UV_VERSION: Final = "0.13.8"

# What each environment holds besides the run-time dependencies.
GROUPS: Final[dict[str, list[str]]] = {
    # Inexact: what `dev` has added stays.
    "run": ["--inexact"],
    "dev": ["--group", "dev"],
    "sam": ["--only-group", "sam"],
    "checkov": ["--only-group", "checkov"],
    "benchmarks": ["--group", "benchmarks"],
}
# `dev` is `run` with more in it, in the same place.
CONTAINS: Final[dict[str, list[str]]] = {"dev": ["run", "dev"]}

PYTHON: Final = f"Python {sys.version_info.major}.{sys.version_info.minor}"


class SetupError(Exception):
    """One line: why the environment could not be made, and what to do about it."""


# What installers print, and what it means. The first that fits is told.
EXPLANATIONS: Final = (
    (
        r"No space left on device|os error 28|Errno 28",
        "the disk is full: the environment needs about 1 GB in the checkout and the package cache",
    ),
    (
        r"Failed to build [`']?(?P<package>[\w.-]+)|Building wheel for (?P<other>[\w.-]+).*error",
        "there is no ready-made {package} for " + PYTHON + " on this machine, and building it failed: install a C "
        "compiler (Debian, Ubuntu: apt-get install build-essential python3-dev; macOS: xcode-select --install) or run "
        "with another Python, for example PYTHON=python3.13 ./unamentis up",
    ),
    (
        r"certificate|UnknownIssuer|SSLError",
        "the package index's certificate is not trusted here: set SSL_CERT_FILE to the file with your network's CA",
    ),
    (
        (
            r"dns error|name resolution|tcp connect|connection (?:refused|reset)|timed out|network is unreachable"
            r"|ProxyError|NewConnectionError|failed to fetch|error sending request|No matching distribution found"
        ),
        "the package index (pypi.org) does not answer: check the network, or HTTPS_PROXY if you need one",
    ),
    (r"Permission denied|Read-only file system", f"cannot write to {ROOT} or to the package cache"),
)


def explain(output: str) -> str:
    """Return one line for what an installer printed before it gave up."""
    for pattern, line in EXPLANATIONS:
        if found := re.search(pattern, output, re.IGNORECASE):
            names = [name for name in found.groups() if name]
            return line.replace("{package}", names[0] if names else "")
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    complaints = [line for line in lines if line.lower().startswith("error")]
    last = (complaints or lines or ["the installer said nothing"])[-1]
    return f"{last} (all of it in {STATE / 'install.log'})"


def interpreter(group: str) -> Path:
    """Return the Python of a group's environment, which `ensure` makes."""
    return folder_of(group) / "bin" / "python"


def folder_of(group: str) -> Path:
    """Return where a group's environment lives."""
    return ROOT / ".venv" if group in ("run", "dev") else STATE / group


def is_current(group: str) -> bool:
    """Tell whether the environment exists and was made from the present lock, by the Python that was asked for."""
    stamp = folder_of(group) / f"made-from-{group}.lock"
    if not interpreter(group).exists() or not stamp.exists():
        return False
    if "PYTHON" in os.environ and not made_by_this_python(folder_of(group)):
        return False
    return stamp.read_bytes() == lock_file().read_bytes()


def made_by_this_python(environment: Path) -> bool:
    """Tell whether an environment's Python is of the version that is running."""
    notes = (environment / "pyvenv.cfg").read_text(encoding="utf-8")
    found = re.search(r"^version(?:_info)? *= *(\d+\.\d+)", notes, re.MULTILINE)
    return found is not None and f"Python {found[1]}" == PYTHON


def lock_file() -> Path:
    """Return the committed lock."""
    return ROOT / "uv.lock"


def ensure(group: str) -> Path:
    """Make a group's environment unless it is current; return its interpreter.

    Raises: SetupError: with the one line to show.
    """
    try:
        STATE.mkdir(mode=0o700, exist_ok=True)
        with only_one():
            if not is_current(group):
                install(group)
    except OSError as error:
        raise SetupError(explain(f"{error} {error.filename}")) from error
    return interpreter(group)


@contextlib.contextmanager
def only_one() -> Generator[None]:
    """Hold the checkout's installation lock; it falls with the process that holds it."""
    with (STATE / "install.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("another ./unamentis is installing: waiting for it")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def install(group: str) -> None:
    """Bring a group's environment to the lock's state."""
    environment = dict(os.environ)
    for name in ("VIRTUAL_ENV", "PYTHONPATH", "PYTHONHOME"):
        environment.pop(name, None)
    command = [str(installer(environment)), "sync", "--frozen", "--no-progress", *GROUPS[group]]
    settings = uv_settings(environment) | {"UV_PROJECT_ENVIRONMENT": str(folder_of(group))}
    say(f"Installing what the {group} environment needs with {PYTHON}; the first time takes a minute or two")
    for name in ("run", "dev"):
        # From here until the end the environment is neither.
        if group in ("run", "dev"):
            (folder_of(group) / f"made-from-{name}.lock").unlink(missing_ok=True)
    status, output = run(command, environment | settings)
    if status != 0 and re.search("UnknownIssuer|certificate", output):
        # uv brings its own list of authorities; a network with one of its own has it in the system's.
        status, output = run(command, environment | settings | {"UV_NATIVE_TLS": "true", "UV_SYSTEM_CERTS": "true"})
    if status != 0:
        raise SetupError(explain(output))
    for name in CONTAINS.get(group, [group]):
        shutil.copyfile(lock_file(), folder_of(group) / f"made-from-{name}.lock")


def uv_settings(environment: Mapping[str, str]) -> dict[str, str]:
    """Return uv's settings: this Python, no other, and the certificates pip was told to trust."""
    settings = {"UV_PYTHON": sys.executable, "UV_PYTHON_DOWNLOADS": "never"}
    certificates = environment.get("SSL_CERT_FILE") or environment.get("PIP_CERT")
    if certificates:
        settings["SSL_CERT_FILE"] = certificates
    if "UV_CACHE_DIR" not in environment and not can_write_cache(environment):
        settings["UV_CACHE_DIR"] = str(STATE / "package-cache")
    return settings


def can_write_cache(environment: Mapping[str, str]) -> bool:
    """Tell whether this user has a home to keep downloaded packages in."""
    home = environment.get("XDG_CACHE_HOME") or environment.get("HOME")
    return home is not None and os.access(home, os.W_OK)


def installer(environment: Mapping[str, str]) -> Path:
    """Return a uv of the pinned version, fetched by pip into a folder of its own.

    Raises: SetupError: it could not be fetched, or this Python has no pip.
    """
    folder = STATE / "boot"
    marker, program = folder / f"uv-{UV_VERSION}", folder / "bin" / "uv"
    if marker.exists() and program.exists():
        return program
    shutil.rmtree(folder, ignore_errors=True)
    say(f"Fetching the installer, uv {UV_VERSION}")
    wanted = ["install", "--quiet", "--disable-pip-version-check", "--no-input", f"uv=={UV_VERSION}"]
    if importlib.util.find_spec("pip"):
        status, output = run([sys.executable, "-m", "pip", *wanted, "--target", str(folder)], environment)
    elif importlib.util.find_spec("ensurepip") and importlib.util.find_spec("venv"):
        status, output = run([sys.executable, "-m", "venv", str(folder)], environment)
        if status == 0:
            status, output = run([str(folder / "bin" / "python"), "-m", "pip", *wanted], environment)
    elif found := shutil.which("uv"):
        return Path(found)
    else:
        raise SetupError(
            f"this {PYTHON} has neither pip nor venv: install them (Debian, Ubuntu: apt-get install python3-venv)"
        )
    if status != 0:
        raise SetupError(explain(output))
    marker.touch()
    return program


def run(command: list[str], environment: Mapping[str, str]) -> tuple[int, str]:
    """Run an installer, show its lines as they come and return its status and all it printed."""
    lines: list[str] = []
    with subprocess.Popen(  # noqa: S603 - our own arguments; no shell is involved
        command,
        cwd=ROOT,
        env=dict(environment),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
    ) as process:
        for line in process.stdout or ():
            lines.append(line)
            if re.match(r"\s*(Downloading|Building|Built|Prepared|Installed|Using|Creating) ", line):
                say(f"  {line.strip()}")
    (STATE / "install.log").write_text("".join(lines), encoding="utf-8", errors="replace")
    return process.returncode, "".join(lines)


def say(line: str) -> None:
    """Tell the person at the terminal; standard output belongs to the command that follows."""
    print(line, file=sys.stderr, flush=True)


def main(arguments: list[str]) -> int:
    """Make the environment of the group named in the arguments."""
    try:
        for group in arguments:
            ensure(group)
    except SetupError as error:
        say(f"unamentis: {error}")
        return 1
    except KeyboardInterrupt:
        say("unamentis: interrupted; run the same command again to go on")
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
