"""What it costs to take in a UMCF document of 5 MB: time, and memory beyond what the function holds anyway.

Each upload runs in a process of its own, as in a fresh Lambda container, so that its peak is its own. Beside it stands
what Python needs only to parse the same text. The export is compared with what was uploaded, value by value.

    PYTHONPATH=.:lambda/curriculum .venv/bin/python -m benchmarks.umcf_import
"""

import argparse
import base64
import io
import json
import platform
import subprocess
import sys
import tempfile
import time
import zipfile
from pathlib import Path
from typing import Any

import psycopg

from benchmarks.demo_database import Demo, demo_database
from benchmarks.learning.holdings import Words

MEGABYTE = 1_000_000
ROOT = Path(__file__).resolve().parents[1]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--megabytes", type=float, default=5)
    parser.add_argument("--child", nargs=5, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child:
        print(json.dumps(run(*options.child)))
        return 0
    document = json.dumps(a_document(int(options.megabytes * MEGABYTE))).encode()
    print(f"{platform.machine()}, Python {platform.python_version()}, {len(document) / MEGABYTE:.1f} MB\n")
    print("| what | status | seconds | MB before | peak MB | lossless |\n|---|---|---|---|---|---|")
    with demo_database() as demo, tempfile.TemporaryDirectory() as folder:
        teach(demo)
        for name, body in uploads(document).items():
            path = Path(folder) / "upload"
            path.write_bytes(body)
            found = child(demo, name, path)
            lossless = {True: "yes", False: "NO", None: "-"}[found["lossless"]]
            print(
                f"| {name} | {found['status']} | {found['seconds']:.2f} | {found['before']:.0f} | {found['peak']:.0f} "
                f"| {lossless} |",
                flush=True,
            )
    return 0


def uploads(document: bytes) -> dict[str, bytes]:
    """Return what is uploaded: the document, packed, and what somebody might send to break us."""
    return {
        "only parsed by json": document,
        "JSON": document,
        "archive": packed(document),
        "100 000 nodes": json.dumps(many_nodes()).encode(),
        "10 MB of empty objects": b"[" + b"{}," * 3_400_000 + b"{}]",
        "10 MB of brackets": b"[" * 10_000_000,
        "bomb of 1 GB": packed(b" " * MEGABYTE, times=1_000),
    }


def child(demo: Demo, name: str, path: Path) -> dict[str, Any]:
    secret = base64.b64encode(demo.secret).decode()
    command = [sys.executable, "-m", "benchmarks.umcf_import", "--child", demo.database_url, secret, demo.token, name]
    done = subprocess.run([*command, str(path)], cwd=ROOT, capture_output=True, text=True, check=True)
    return json.loads(done.stdout.splitlines()[-1])


def run(url: str, secret: str, token: str, name: str, path: str) -> dict[str, Any]:
    """Upload a file once and say what it took; in a process of its own."""
    from curriculum_api.routes import routes

    from shared.api import Context, Service
    from shared.config import Settings
    from tests.support.api import ApiClient

    body = Path(path).read_bytes()
    service = Service(routes, Context.of(Settings(database_url=url, secret=base64.b64decode(secret))))
    client = ApiClient(service, token)
    client.get("/api/curricula", query={"limit": "1"})
    before, begin = peak(), time.perf_counter()
    if name.startswith("only"):
        json.loads(body)
        return {
            "status": "-",
            "seconds": time.perf_counter() - begin,
            "before": before,
            "peak": peak(),
            "lossless": None,
        }
    answer = client.call("POST", "/api/curricula", body=body, headers={"content-type": "application/octet-stream"})
    seconds, most = time.perf_counter() - begin, peak()
    lossless = None
    if answer.status == 200:
        sent = json.loads(zipfile.ZipFile(io.BytesIO(body)).read("c.umcf") if name == "archive" else body)
        lossless = client.get(f"/api/curricula/{answer.body['id']}/export").body == sent
    return {"status": answer.status, "seconds": seconds, "before": before, "peak": most, "lossless": lossless}


def peak() -> float:
    """Return the most memory this process has held, in megabytes; getrusage would tell its parent's, too."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(status.partition("VmHWM:")[2].split()[0]) * 1024 / MEGABYTE


def packed(piece: bytes, *, times: int = 1) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive, archive.open("c.umcf", "w") as entry:
        for _ in range(times):
            entry.write(piece)
    return out.getvalue()


def teach(demo: Demo) -> None:
    """Let the demo's learner write curricula."""
    with psycopg.connect(demo.database_url) as connection:
        connection.execute("SELECT app_enter(%s, NULL)", (demo.claims.tenant_id,))
        connection.execute("UPDATE memberships SET role = 'teacher' WHERE tenant_id = %s", (demo.claims.tenant_id,))


def a_document(size: int) -> dict[str, Any]:
    """Return a document that takes about this many bytes as JSON."""
    words = Words()
    topics: list[dict[str, Any]] = []
    length = 0
    while length < size:
        segments = [
            {"id": f"s{at}", "type": "lecture", "content": words.text(60), "speakingNotes": {"pace": "slow"}}
            for at in range(20)
        ]
        topics.append(
            {
                "id": {"value": f"t{len(topics)}"},
                "title": words.text(3),
                "type": "topic",
                "transcript": {"segments": segments},
            }
        )
        length += len(json.dumps(topics[-1])) + 2
    return document_of({"id": {"value": "all"}, "title": "All", "type": "unit", "children": topics})


def many_nodes() -> dict[str, Any]:
    return document_of(*({"id": f"n{at}", "title": "-", "type": "topic"} for at in range(100_000)))


def document_of(*nodes: dict[str, Any]) -> dict[str, Any]:
    return {
        "umcf": "1.0.0",
        "id": {"value": "large"},
        "title": "Large",
        "version": {"number": "1.0.0"},
        "content": list(nodes),
    }


if __name__ == "__main__":
    sys.exit(main())
