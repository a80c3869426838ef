"""What the API says of itself."""

import base64
import hashlib
import json
import re
from pathlib import Path

import pytest
from metrics_api.routes import routes

from shared.api import Context, Service
from shared.version import VERSION
from tests.support.api import ApiClient

KEPT = Path(__file__).parents[3] / "docs" / "reference" / "openapi.json"


@pytest.fixture
def nobody(context: Context) -> ApiClient:
    return ApiClient(Service(routes, context))


def test_the_root_says_what_answers_and_where_to_read_on(nobody: ApiClient) -> None:
    for path in ("/", "/api", "/api/"):
        body = nobody.get(path).body
        assert (body["name"], body["version"]) == ("UnaMentis Cloud", VERSION)
        for link in body["links"].values():
            assert nobody.get(link).status == 200


def test_the_document_is_the_kept_one(nobody: ApiClient) -> None:
    answer = nobody.get("/api/openapi.json")
    assert answer.headers["content-type"] == "application/json"
    assert answer.body == json.loads(KEPT.read_bytes())
    again = nobody.get("/api/openapi.json", headers={"if-none-match": answer.headers["etag"]})
    assert (again.status, again.raw) == (304, b"")
    assert nobody.call("HEAD", "/api/openapi.json").raw == b""


def test_the_page_needs_nobody_elsewhere(nobody: ApiClient) -> None:
    answer = nobody.get("/api/reference")
    page = answer.raw.decode()
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert not re.findall(r"https?://|src=|@import", page)
    policy = answer.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; connect-src 'self'; ")
    for element in ("style", "script"):
        (inner,) = re.findall(f"<{element}>(.*?)</{element}>", page, re.DOTALL)
        digest = base64.b64encode(hashlib.sha256(inner.encode()).digest()).decode()
        assert f"{element}-src 'sha256-{digest}'" in policy


def test_health_answers_both_ways_at_both_addresses(nobody: ApiClient) -> None:
    for path in ("/health", "/api/health"):
        answer = nobody.get(path)
        assert (answer.status, answer.body["status"], answer.body["version"]) == (200, "healthy", VERSION)
        assert type(answer.body["uptime"]) is int
        head = nobody.call("HEAD", path)
        assert (head.status, head.raw) == (200, b"")
