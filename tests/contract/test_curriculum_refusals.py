"""What nobody should send as a curriculum, and what is said to it."""

import json
from typing import Any

import pytest

from shared.domain.curriculum_upload import MOST_UPLOAD
from tests.contract.curriculum import Curricula, fresh, upload
from tests.contract.decoding import decode, refused
from tests.support.api import ApiClient
from tests.support.archives import a_link, a_zip
from tests.support.umcf import PICTURE, a_topic


def deep(levels: int) -> dict[str, Any]:
    node: dict[str, Any] = {"id": "leaf", "title": "-", "type": "topic"}
    for at in range(levels):
        node = {"id": f"n{at}", "title": "-", "type": "unit", "children": [node]}
    return node


def bombs() -> dict[str, bytes]:
    document = json.dumps(fresh()).encode()
    return {
        "a bomb": a_zip({"c.json": b'{"a": "' + b" " * 9_000_000 + b'"}'}),
        "many entries": a_zip({f"{at}.svg": PICTURE for at in range(600)}),
        "a path above": a_zip({"c.json": document, "../p.svg": PICTURE}),
        "an absolute path": a_zip({"c.json": document, "/p.svg": PICTURE}),
        "a backslash": a_zip({"c.json": document, "a\\..\\p.svg": PICTURE}),
        "a link": a_link("c.json", "/etc/passwd"),
        "a program": a_zip({"c.json": document, "run.exe": b"MZ"}),
        "an archive inside": a_zip({"c.json": document, "more.zip": a_zip({"c.json": document})}),
        "two documents": a_zip({"a.json": document, "b.json": document}),
        "no document": a_zip({"p.svg": PICTURE}),
        "the same name twice": a_zip({"c.json": document, "a/p.svg": PICTURE, "b/p.svg": PICTURE}),
        "a picture nobody names": a_zip({"c.json": document, "p.svg": PICTURE}),
        "cut short": a_zip({"c.json": document})[:-30],
        "a wrong sum": a_zip({"c.json": document}, compression=0).replace(b"umcf", b"umcg", 1),
        "an empty archive": a_zip({}),
    }


BOMBS = bombs()


@pytest.mark.parametrize("name", BOMBS)
def test_a_bad_archive_is_refused_and_leaves_nothing(teacher: ApiClient, name: str) -> None:
    before = decode(teacher.get("/api/curricula"), Curricula).total
    assert upload(teacher, BOMBS[name]).status == 400
    assert decode(teacher.get("/api/curricula"), Curricula).total == before


@pytest.mark.parametrize(
    "changes",
    [
        {"content": [{"id": f"n{at}", "title": "-", "type": "topic"} for at in range(100_000)]},
        {"content": [deep(13)]},
        {"content": [a_topic("same"), a_topic("same")]},
        {"content": [a_topic("a", prerequisites=["b"]), a_topic("b", prerequisites=[{"nodeId": "a"}])]},
        {"content": [a_topic("a", prerequisites=["a"])]},
        {"id": {"value": "archived"}},
        {"id": "a/b"},
        {"extra": 10**30},
        {"extra": "a\0b"},
        {"title": "x" * 501},
        {
            "content": [
                a_topic("a", media={"embedded": [{"id": "p", "type": "image", "alt": "-", "url": "javascript:x"}]})
            ]
        },
        {
            "content": [
                a_topic("a", media={"embedded": [{"id": "p", "type": "image", "alt": "-", "localPath": "../../p.svg"}]})
            ]
        },
    ],
    ids=lambda changes: f"{str(changes)[:60]}",
)
def test_a_bad_document_is_refused_with_its_place(teacher: ApiClient, changes: dict[str, Any]) -> None:
    document = fresh() | changes
    error = refused(teacher.post("/api/curricula", document), 400, "invalid_input")
    assert error.details


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"7",
        b"null",
        b"{",
        b"\xff\xfe",
        b"[" * 100_000,
        b"[" + b"{}," * 1_000_000 + b"{}]",
        b'{"a":1,"a":2}',
    ],
    ids=lambda body: body[:9].decode("latin-1"),
)
def test_what_is_no_document_is_refused(teacher: ApiClient, body: bytes) -> None:
    for path in ("/api/curricula", "/api/curricula/import"):
        answer = teacher.call("POST", path, body=body)
        assert (answer.status, bool(answer.body["error"])) == (400, True)


def test_too_much_is_refused(teacher: ApiClient) -> None:
    answer = teacher.call("POST", "/api/curricula", body=b'"' + b"x" * MOST_UPLOAD + b'"')
    refused(answer, 413, "payload_too_large")
