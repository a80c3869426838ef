"""As much of a Dockerfile as ours uses: its stages' instructions, and the tree its build stage makes."""

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path

from infra.aws.package import find_uv

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True, slots=True)
class Instruction:
    """One instruction, its lines joined: `COPY`, `shared shared`."""

    name: str
    text: str

    def words(self) -> list[str]:
        """Its arguments, written as JSON or for a shell."""
        start = self.text.find("[")
        return json.loads(self.text[start:]) if start >= 0 else shlex.split(self.text)


def stages(path: Path) -> list[list[Instruction]]:
    """Return the instructions of each stage, its FROM first; what comes before the first FROM is left out."""
    text = re.sub(r"^\s*#.*\n", "", path.read_text(encoding="utf-8"), flags=re.MULTILINE).replace("\\\n", " ")
    found: list[list[Instruction]] = []
    for line in filter(None, map(str.strip, text.splitlines())):
        name, _, rest = line.partition(" ")
        if name == "FROM":
            found.append([])
        found[-1].append(Instruction(name, rest.strip()))
    return found


def environment(stage: list[Instruction]) -> dict[str, str]:
    """Return what the ENV instructions of a stage set."""
    pairs = [word.split("=", 1) for instruction in stage if instruction.name == "ENV" for word in instruction.words()]
    return dict(pairs)


def build(target: Path) -> None:
    """Make in `target` what the build stage makes in /app: the files it copies and the packages it installs."""
    stage = stages(ROOT / "Dockerfile")[0]
    for instruction in stage:
        if instruction.name == "COPY":
            *sources, destination = instruction.words()
            for source in sources:
                copy(source, target / destination / (source if destination == "./" else ""))
    (sync,) = [instruction.text for instruction in stage if instruction.text.startswith("uv sync ")]
    uv = find_uv()
    assert uv is not None, "the launcher installs uv"
    settings = os.environ | {"UV_PROJECT_ENVIRONMENT": str(target / ".venv"), "UV_PYTHON_DOWNLOADS": "never"}
    settings.pop("VIRTUAL_ENV", None)
    command = [uv, *shlex.split(sync)[1:], "-q", "--python", sys.executable]
    subprocess.run(command, cwd=target, env=settings, check=True)


def copy(source: str, destination: Path) -> None:
    """Copy one file or folder as far as .dockerignore lets it into the build's context."""
    patterns = [line for line in (ROOT / ".dockerignore").read_text().splitlines() if line and line[0] != "#"]
    assert patterns[0] == "*", "everything is left out that is not named"
    assert f"!{source}" in patterns, f".dockerignore keeps {source} out"
    left_out = [pattern for pattern in patterns[1:] if pattern[0] != "!"]

    def ignored(folder: str, names: list[str]) -> set[str]:
        inside = Path(folder).relative_to(ROOT)
        return {name for name in names if any(_matches((inside / name).as_posix(), pattern) for pattern in left_out)}

    if (ROOT / source).is_dir():
        shutil.copytree(ROOT / source, destination, ignore=ignored)
    else:
        destination.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / source, destination)


def _matches(path: str, pattern: str) -> bool:
    if pattern.startswith("**/"):
        return fnmatch(path.rpartition("/")[2], pattern[3:])
    return path == pattern
