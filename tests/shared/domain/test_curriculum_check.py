"""Which UMCF documents are taken, and what is said about the others."""

from typing import Any

import pytest

from shared.domain.curriculum_check import curriculum_problems
from tests.support.content import CURRICULA, read_json
from tests.support.umcf import a_document, a_topic


def problems(document: Any) -> dict[str, str]:
    return {problem.pointer: problem.expected for problem in curriculum_problems(document)}


@pytest.mark.parametrize("path", CURRICULA, ids=lambda path: path.stem)
def test_the_sample_curricula_are_good(path: Any) -> None:
    assert problems(read_json(path)) == {}


def test_both_headers_are_good() -> None:
    schema = {**a_document("c"), "formatIdentifier": "umcf", "schemaVersion": "1.1.0", "id": "c", "version": "1.0"}
    del schema["umcf"]
    assert problems(schema) == {}
    del schema["formatIdentifier"]
    assert list(problems(schema)) == ["/umcf"]


@pytest.mark.parametrize("odd", [None, [], "umcf", 7, {}])
def test_what_is_no_document_is_said_to_be_none(odd: object) -> None:
    assert problems(odd)


def test_every_problem_is_reported_with_its_pointer() -> None:
    segment = {"id": "s", "type": "song", "content": ""}
    topic = a_topic(
        "a",
        type="chapter",
        title=" ",
        transcript={"segments": [segment, {"id": "s"}]},
        learningObjectives=["fine", {"statement": 1, "bloomsLevel": "guess"}],
        assessments=[{"id": "q", "type": "choice"}],
        misconceptions=[{"misconception": "x"}],
        media={"embedded": [{"id": "p", "type": "image"}], "reference": [{"id": "p", "type": "diagram", "alt": "-"}]},
        children=[a_topic("a")],
    )
    root = "/content/0/children/0"
    found = problems({**a_document("c/d", topic), "version": {}})
    assert set(found) == {
        "/id/value",
        "/version/number",
        f"{root}/title",
        f"{root}/type",
        f"{root}/transcript/segments/0/type",
        f"{root}/transcript/segments/0/content",
        f"{root}/transcript/segments/1/type",
        f"{root}/transcript/segments/1/content",
        f"{root}/transcript/segments/1/id",
        f"{root}/learningObjectives/1/statement",
        f"{root}/learningObjectives/1/bloomsLevel",
        f"{root}/assessments/0/prompt",
        f"{root}/misconceptions/0/correction",
        f"{root}/media/embedded/0/alt",
        f"{root}/media/reference/0/id",
        f"{root}/children/0/id",
    }
    assert found[f"{root}/children/0/id"] == f"must be unique: {root} has the same"


def test_segment_ids_may_repeat_in_another_topic() -> None:
    segments = {"segments": [{"id": "s1", "type": "lecture", "content": "x"}]}
    assert problems(a_document("c", a_topic("a", transcript=segments), a_topic("b", transcript=segments))) == {}


def test_a_hundred_thousand_nodes_are_refused_quickly() -> None:
    many = [{"id": f"n{at}", "title": "n", "type": "topic"} for at in range(100_000)]
    assert problems(a_document("c", *many)) == {"": "must hold at most 200000 values"}
    found = problems(a_document("c", *many[:20_000]))
    assert "/content" in found


def test_nesting_is_bounded() -> None:
    topic = a_topic("t0")
    for at in range(1, 20):
        topic = a_topic(f"t{at}", children=[topic])
    assert problems(a_document("c", topic)) == {"/content": "must hold at most 5000 nodes in at most 12 levels"}
    for at in range(20, 5_000):
        topic = {"id": f"t{at}", "title": "t", "type": "topic", "children": [topic]}
    assert problems(a_document("c", topic)) == {"": "must be nested at most 64 deep"}


@pytest.mark.parametrize("bad", ["", " x", "a/b", "a\nb", "x" * 201, 7, {"value": ""}, {"catalog": "c"}, []])
def test_ids_can_stand_in_a_path(bad: object) -> None:
    assert any(pointer.startswith("/id") for pointer in problems({**a_document("c"), "id": bad}))


@pytest.mark.parametrize(
    ("place", "value", "good"),
    [
        ("url", "https://pictures.example/a.png", True),
        ("url", "/assets/curriculum/c/a.svg", True),
        ("url", "data:image/png;base64,AAAA", True),
        ("url", "javascript:alert(1)", False),
        ("url", " \tJavaScript:alert(1)", False),
        ("url", "data:text/html,<script>", False),
        ("url", "file:///etc/passwd", False),
        ("localPath", "assets/a.svg", True),
        ("localPath", "./a.svg", True),
        ("localPath", "../a.svg", False),
        ("localPath", "assets/../../a.svg", False),
        ("localPath", "/etc/passwd", False),
        ("localPath", "c:\\a.svg", False),
    ],
)
def test_an_asset_names_only_what_may_be_fetched(place: str, value: str, good: bool) -> None:
    asset = {"id": "p", "type": "image", "alt": "-", place: value}
    found = problems(a_document("c", a_topic("a", media={"embedded": [asset]})))
    assert list(found) == ([] if good else [f"/content/0/children/0/media/embedded/0/{place}"])


@pytest.mark.parametrize("value", [2**53, -(2**53), 1e300, 10**400])
def test_numbers_that_readers_hold_differently_are_told(value: float) -> None:
    assert list(problems(a_document("c", note={"deep": [value]}))) == ["/note/deep/0"]


def test_nul_is_told_wherever_it_is() -> None:
    found = problems(a_document("c", note={"a": ["x\0"], "b\0": 1}))
    assert set(found) == {"/note/a/0", "/note"}


def test_an_id_that_is_a_path_of_the_api_is_taken() -> None:
    for name in ("archived", "import", "reload", "suggest", "topics", "subjects", "progress"):
        assert list(problems(a_document(name))) == ["/id"]
