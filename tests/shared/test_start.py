"""What a fresh process imports until its first answer: nothing that only other requests need."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
# What is big, or needed by few requests.
SELDOM = (
    "PIL",
    "argon2",
    "cryptography",
    "defusedxml",
    "jwt",
    "obstore",
    "rapidfuzz",
    "shared.api.administration",
    "shared.storage.objects",
    "urllib.request",
    "xml",
    "ziamath",
)
# A first request of each service, and the service's own modules that it is answered without.
REQUESTS = {
    "auth": ("/api/auth/me", ("sign_in_routes", "identity_routes", "recovery_routes", "tenant_export_routes")),
    "kb": ("/api/kb/packs", ("bundle_routes", "transfer_routes", "question_routes", "answer_routes", "module_routes")),
    "curriculum": ("/api/curricula", ("archive_routes", "asset_routes", "discovery_routes", "list_routes", "drawings")),
    "sessions": ("/api/sessions", ("insight_routes", "insight_answers")),
    "metrics": ("/api/metrics", ("usage", "logs", "fleet", "history", "system", "models", "providers")),
}
PROBE = """
import gc, json, sys
from {service}_api.handler import handler, service
event = {{"httpMethod": "GET", "path": {path!r}, "requestContext": {{}}, "headers": {{}}}}
answer = handler(event, None)
print()
print(json.dumps([answer["statusCode"], gc.isenabled(), gc.get_freeze_count(), list(sys.modules)]))
"""


def started(service: str, path: str) -> list[Any]:
    environment = {
        **os.environ,
        "PYTHONPATH": f"{ROOT}:{ROOT / 'lambda' / service}",
        "DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none",
        "UNAMENTIS_SECRET": "A" * 44,
        "UNAMENTIS_OBJECTS_URL": "memory://",
    }
    probe = [sys.executable, "-c", PROBE.format(service=service, path=path)]
    done = subprocess.run(probe, env=environment, capture_output=True, text=True, check=True)
    return json.loads(done.stdout.splitlines()[-1])


@pytest.mark.parametrize("service", REQUESTS)
def test_the_first_answer_brings_in_nothing_for_others(service: str) -> None:
    path, others = REQUESTS[service]
    status, _, _, imported = started(service, path)
    assert status == 401  # found, and nobody's
    seldom = {*SELDOM, *(f"{service}_api.{other}" for other in others)}
    assert seldom.intersection(imported) == set()


def test_imports_are_no_garbage() -> None:
    _, is_collecting, frozen, imported = started("kb", "/api/kb/packs")
    assert is_collecting
    assert frozen > len(imported)
