"""What the API says of itself, to anybody."""

from msgspec import Struct

from tests.contract.decoding import Text, decode
from tests.contract.operations import OPERATIONS
from tests.support.api import ApiClient


class Links(Struct):
    openapi: Text
    reference: Text
    health: Text


class Description(Struct):
    name: Text
    version: Text
    description: Text
    links: Links


def shape(path: str) -> str:
    """Return a path without the names of what stands in its braces, and with a word of ours for each word of theirs."""
    return "/".join("{}" if part.startswith("{") else part for part in path.split("/"))


def test_the_root_leads_on(nobody: ApiClient) -> None:
    for path in ("/", "/api"):
        links = decode(nobody.get(path, headers={"accept": "application/json"}), Description).links
        for link in (links.openapi, links.reference, links.health):
            assert nobody.get(link).status == 200


def test_the_document_describes_every_operation_of_the_contract(nobody: ApiClient) -> None:
    answer = nobody.get("/api/openapi.json")
    assert answer.body["openapi"].startswith("3.1")
    described = {
        f"{method.upper()} {shape(path)}" for path, methods in answer.body["paths"].items() for method in methods
    }
    by_word = {
        "GET /api/kb/audio/{}/question": "GET /api/kb/audio/{}/{}",
        "GET /api/kb/feedback/correct": "GET /api/kb/feedback/{}",
        **{f"POST /api/services/{{}}/{verb}": "POST /api/services/{}/{}" for verb in ("start", "stop", "restart")},
        **{f"POST /api/providers/{vendor}/key": "POST /api/providers/{}/key" for vendor in ("deepgram", "elevenlabs")},
    }
    assert {by_word.get(shape(operation), shape(operation)) for operation in OPERATIONS} <= described


def test_the_page_shows_it_without_any_other_place(nobody: ApiClient) -> None:
    answer = nobody.get("/api/reference")
    assert answer.headers["content-type"].startswith("text/html")
    assert b"/api/openapi.json" in answer.raw
    assert b"http://" not in answer.raw
    assert b"https://" not in answer.raw
    assert answer.headers["content-security-policy"].startswith("default-src 'none'")
    again = nobody.get("/api/reference", headers={"if-none-match": answer.headers["etag"]})
    assert (again.status, again.raw) == (304, b"")
