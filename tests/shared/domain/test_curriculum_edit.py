"""Changes to a document: each returns a changed copy."""

import copy
from typing import Any

import pytest

from shared.domain.curriculum_edit import find_asset, with_asset, with_changed_asset, with_facts, without_asset
from shared.domain.curriculum_files import assets_of, local_files
from shared.errors import NotFound
from tests.support.umcf import a_document, a_topic

A = {"id": "a", "type": "diagram", "alt": "A", "localPath": "assets/a.svg"}
B = {"id": {"value": "b"}, "type": "image", "alt": "B"}


@pytest.fixture
def document() -> dict[str, Any]:
    section = {"id": "inner", "title": "Inner", "type": "section", "media": {"reference": [B]}}
    return a_document("c", a_topic("one", media={"embedded": [A]}, children=[section]), a_topic("two"))


def ids(document: dict[str, Any]) -> list[str]:
    return [asset["id"] if isinstance(asset["id"], str) else asset["id"]["value"] for asset in assets_of(document)]


def test_facts_go_where_the_format_keeps_them(document: dict[str, Any]) -> None:
    before = copy.deepcopy(document)
    changed = with_facts(document, {"title": "T", "difficulty": "hard", "age_range": "9+", "keywords": ["k"]})
    assert changed["title"] == "T"
    assert changed["educational"] == {"difficulty": "hard", "typicalAgeRange": "9+"}
    assert changed["metadata"] == {"keywords": ["k"]}
    assert document == before


def test_an_asset_is_added_to_a_topic(document: dict[str, Any]) -> None:
    before = copy.deepcopy(document)
    for on_request in (False, True):
        changed = with_asset(document, "two", {"id": "c"}, on_request=on_request)
        assert ids(changed) == ["a", "b", "c"]
        assert find_asset(changed, "two", "c") == ({"id": "c"}, on_request)
    assert document == before


def test_an_asset_is_found_below_its_topic(document: dict[str, Any]) -> None:
    assert find_asset(document, "one", "b") == (B, True)
    for topic, asset in (("one", "c"), ("two", "a"), ("none", "a")):
        with pytest.raises(NotFound):
            find_asset(document, topic, asset)


def test_an_asset_is_removed(document: dict[str, Any]) -> None:
    assert ids(without_asset(document, "one", "b")) == ["a"]
    assert ids(document) == ["a", "b"]


def test_an_asset_is_changed_moved_and_keeps_its_id(document: dict[str, Any]) -> None:
    changed = with_changed_asset(document, "one", "a", {"id": "x", "alt": "New", "localPath": None}, on_request=None)
    assert find_asset(changed, "one", "a") == ({"id": "a", "type": "diagram", "alt": "New"}, False)
    moved = with_changed_asset(document, "one", "a", {}, on_request=True)
    assert find_asset(moved, "one", "a") == (A, True)


def test_the_files_of_a_document_are_those_its_assets_name(document: dict[str, Any]) -> None:
    assert local_files(document) == {"a.svg"}
    assert local_files({"content": "nonsense"}) == set()
