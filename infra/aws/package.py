"""Packages the Lambda layer and functions: what `sam build` calls through the makefiles.

Wheels are fetched for the target platform, so neither Docker nor the target's machine is needed. Everything is
compiled when an interpreter of the target's version is at hand; `unchecked-hash` bytecode stays valid whatever dates
the zip carries.
"""

import argparse
import importlib.util
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
REQUIREMENTS = Path(__file__).parent / "layer" / "requirements.txt"
LAMBDA_PYTHON = "3.13"
LAMBDA_MACHINE = "aarch64"
# Parts of wheels that no request ever touches.
UNUSED = ("**/tests", "**/*.pyi", "bin")


def main() -> int:
    """Package one artifact; see --help."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("kind", choices=["layer", "function"])
    parser.add_argument("source", type=Path, help="the function's code root; ignored for the layer")
    parser.add_argument("artifacts", type=Path, help="the folder to fill")
    parser.add_argument("--python", default=LAMBDA_PYTHON, help="the target's Python version, such as 3.13")
    parser.add_argument("--machine", default=LAMBDA_MACHINE, choices=["aarch64", "x86_64", "host"])
    options = parser.parse_args()
    if options.kind == "layer":
        package_layer(options.artifacts, options.python, options.machine)
        compile_all(options.artifacts, options.python, mounted="/opt")
    else:
        package_function(options.source, options.artifacts)
        compile_all(options.artifacts, options.python, mounted="/var/task")
    return 0


def package_layer(artifacts: Path, python: str, machine: str) -> None:
    """Fill `artifacts/python` with the locked wheels and our shared package."""
    target = artifacts / "python"
    target.mkdir(parents=True, exist_ok=True)
    install(REQUIREMENTS, target, python, machine)
    shutil.copytree(ROOT / "shared", target / "shared", ignore=shutil.ignore_patterns("__pycache__"))
    for pattern in UNUSED:
        for path in list(target.glob(pattern)):
            shutil.rmtree(path) if path.is_dir() else path.unlink()


def install(requirements: Path, target: Path, python: str, machine: str) -> None:
    """Install pinned wheels into a folder, with pip where this interpreter has it and with uv otherwise."""
    arguments = ["--quiet", "--no-deps", "--requirement", str(requirements), "--target", str(target)]
    if importlib.util.find_spec("pip"):
        command = [sys.executable, "-m", "pip", "install", "--disable-pip-version-check", *arguments]
        if machine != "host":
            # Amazon Linux 2023 has glibc 2.34; the older tag is what some wheels still carry.
            command += ["--platform", f"manylinux_2_28_{machine}", "--platform", f"manylinux2014_{machine}"]
            command += ["--python-version", python, "--only-binary", ":all:"]
    else:
        command = [find_uv() or "uv", "pip", "install", "--python", sys.executable, *arguments]
        if machine != "host":
            command += ["--python-platform", f"{machine}-manylinux_2_28", "--python-version", python]
            command += ["--only-binary", ":all:"]
    subprocess.run(command, check=True)  # noqa: S603  our own arguments


def package_function(source: Path, artifacts: Path) -> None:
    """Copy a service's one package."""
    artifacts.mkdir(parents=True, exist_ok=True)
    for package in source.glob("*_api"):
        shutil.copytree(package, artifacts / package.name, ignore=shutil.ignore_patterns("__pycache__"))


def compile_all(artifacts: Path, python: str, *, mounted: str) -> None:
    """Compile every module for the target's Python, or say that the cold start will be slower.

    Args:
        mounted: where Lambda puts the artifact, so that tracebacks name paths that exist there.
    """
    interpreter = find_interpreter(python)
    if interpreter is None:
        sys.stderr.write(
            f"No Python {python} found: this artifact holds no bytecode and starts about twice as slowly. "
            f"Install it (for example: uv python install {python}) and build again.\n"
        )
        return
    command = [interpreter, "-m", "compileall", "-q", "-j", "0", "--invalidation-mode", "unchecked-hash"]
    subprocess.run([*command, "-s", str(artifacts), "-p", mounted, str(artifacts)], check=True)  # noqa: S603  ours


def find_interpreter(python: str) -> str | None:
    """Return an interpreter of exactly this minor version, or None."""
    candidates = [sys.executable, shutil.which(f"python{python}")]
    candidates += [str(p) for p in sorted(Path.home().glob(f".pyenv/versions/{python}.*/bin/python3"))]
    if uv := find_uv():
        candidates.append(_run([uv, "python", "find", "--no-python-downloads", python]))
    for candidate in candidates:
        probe = "import sys; print('%d.%d' % sys.version_info[:2])"
        if candidate and _run([candidate, "-c", probe]) == python:
            return candidate
    return None


def find_uv() -> str | None:
    """Return the uv on the path or the one the launcher installed, or None."""
    return shutil.which("uv") or shutil.which("uv", path=str(ROOT / ".unamentis" / "boot" / "bin"))


def _run(command: list[str]) -> str | None:
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=True)  # noqa: S603  fixed commands
    except (OSError, subprocess.CalledProcessError):
        return None
    return done.stdout.strip()


if __name__ == "__main__":
    sys.exit(main())
