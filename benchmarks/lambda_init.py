"""Cold start of every function beside a FastAPI, Mangum and SQLAlchemy twin, in one run.

Each start is a fresh process of the packaged artifact under AWS's runtime client: CPU time and memory from exec to
the first answered request, the database connection included.

    uv run --group dev --group benchmarks python -m benchmarks.lambda_init
"""

import argparse
import base64
import platform
import statistics
import subprocess
import sys
import sysconfig
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from benchmarks.demo_database import Demo, demo_database
from infra.aws.package import compile_all, find_uv, install, package_function, package_layer
from infra.aws.runtime_api import BuiltFunction

_PROCESS_CLOCK = 2  # CPUCLOCK_SCHED of the kernel's clock ids, as clock_getcpuclockid(3) makes them
ROOT = Path(__file__).resolve().parents[1]
# One ordinary authenticated read of each service.
FIRST_REQUEST = {
    "auth": "/api/auth/me",
    "kb": "/api/kb/packs",
    "curriculum": "/api/curricula",
    "sessions": "/api/sessions",
    "metrics": "/api/metrics",
}


@dataclass(frozen=True, slots=True)
class Start:
    """One cold start: CPU milliseconds and resident megabytes at the first answer."""

    cpu_ms: float
    rss_mb: float


@dataclass(frozen=True, slots=True)
class Subject:
    """A packaged function and the request it is started with."""

    name: str
    handler: str
    folders: list[Path]
    environment: Mapping[str, str]
    path: str
    token: str


def main() -> int:
    """Run and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=5, help="counted starts of each function, after one warm-up")
    runs = parser.parse_args().runs
    with tempfile.TemporaryDirectory(prefix="artifacts-") as folder, demo_database() as demo:
        subjects = [*package_ours(Path(folder), demo), package_twin(Path(folder), demo)]
        # In turn, so that a change of the machine's speed meets all of them.
        starts: dict[str, list[Start]] = {subject.name: [] for subject in subjects}
        for run in range(runs + 1):
            for subject in subjects:
                start = measure(subject)
                if run:
                    starts[subject.name].append(start)
    print_table(starts)
    return 0


def package_ours(folder: Path, demo: Demo) -> list[Subject]:
    """Package the layer and every function for this machine."""
    python = sysconfig.get_python_version()
    package_layer(folder / "layer", python, "host")
    compile_all(folder / "layer", python, mounted="/opt")
    environment = {"DATABASE_URL": demo.database_url, "UNAMENTIS_SECRET": base64.b64encode(demo.secret).decode()}
    subjects: list[Subject] = []
    for name, path in FIRST_REQUEST.items():
        package_function(ROOT / "lambda" / name, folder / name)
        compile_all(folder / name, python, mounted="/var/task")
        folders = [folder / name, folder / "layer" / "python"]
        subjects.append(Subject(name, f"{name}_api.handler.handler", folders, environment, path, demo.token))
    return subjects


def package_twin(folder: Path, demo: Demo) -> Subject:
    """Package the twin with the same care: pinned wheels, compiled."""
    python = sysconfig.get_python_version()
    target = folder / "twin"
    package_function(ROOT / "benchmarks" / "twin", target)
    requirements = folder / "twin.txt"
    export = [find_uv() or "uv", "export", "-q", "--frozen", "--only-group", "benchmarks", "--no-annotate"]
    requirements.write_bytes(subprocess.run(export, cwd=ROOT, capture_output=True, check=True).stdout)
    install(requirements, target, python, "host")
    compile_all(target, python, mounted="/var/task")
    key = Ed25519PrivateKey.generate()
    environment = {
        "DATABASE_URL": demo.database_url,
        "TWIN_PUBLIC_KEY": key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode(),
    }
    token = jwt.encode({"tid": demo.claims.tenant_id, "aud": "twin"}, key, "EdDSA")
    return Subject("FastAPI twin", "twin_api.handler.handler", [target], environment, "/api/kb/packs", token)


def measure(subject: Subject) -> Start:
    """Start a function, send its first request and read what that took."""
    with BuiltFunction(subject.handler, subject.folders, subject.environment) as function:
        answer = function.invoke(event_for(subject))
        if answer["statusCode"] != 200:
            raise RuntimeError(f"{subject.name} answered {answer['statusCode']}: {answer['body']}")
        return Start(cpu_ms(function.pid), rss_mb(function.pid))


def event_for(subject: Subject) -> dict[str, object]:
    """Return the API Gateway event of the subject's first request."""
    http = {"method": "GET", "path": subject.path, "sourceIp": "203.0.113.1", "protocol": "HTTP/1.1", "userAgent": "b"}
    return {
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": subject.path,
        "rawQueryString": "",
        "headers": {"authorization": f"Bearer {subject.token}", "host": "benchmark"},
        "requestContext": {"http": http, "requestId": "benchmark", "stage": "$default", "timeEpoch": 0},
        "isBase64Encoded": False,
    }


def cpu_ms(pid: int) -> float:
    """Return the CPU time of a process, of threads that have ended too (Linux: its CPU-time clock, nanoseconds)."""
    return time.clock_gettime_ns((~pid << 3) | _PROCESS_CLOCK) / 1e6


def rss_mb(pid: int) -> float:
    """Return a process's peak resident memory in megabytes, its shared libraries included."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) / 1024
    raise RuntimeError(f"process {pid} is gone")


def print_table(starts: Mapping[str, list[Start]]) -> None:
    """Print medians and the ratio to the twin, with the machine and versions."""
    print(f"{platform.machine()}, {platform.system()} {platform.release()}, Python {platform.python_version()}")
    twin = statistics.median(start.cpu_ms for start in starts["FastAPI twin"])
    print("\n| function | init CPU ms (median, min-max) | peak RSS MB | CPU / twin |\n|---|---|---|---|")
    for name, measured in starts.items():
        cpu = sorted(start.cpu_ms for start in measured)
        rss = statistics.median(start.rss_mb for start in measured)
        median = statistics.median(cpu)
        print(f"| {name} | {median:.0f} ({cpu[0]:.0f}-{cpu[-1]:.0f}) | {rss:.1f} | {median / twin:.2f} |")


if __name__ == "__main__":
    sys.exit(main())
