"""UMCF as the phones' strict decoders demand it."""

from copy import deepcopy
from typing import Any

import pytest

from shared.domain.curriculum_phones import asset_url, for_phones
from tests.support.content import nulls
from tests.support.umcf import a_document, a_topic


def served_topic(**changes: Any) -> dict[str, Any]:
    return for_phones(a_document("c", a_topic("a", **changes)))["content"][0]["children"][0]


def test_the_header_is_always_umcf() -> None:
    document = {**a_document("c"), "formatIdentifier": "umcf", "schemaVersion": "1.1.0", "version": "2.0"}
    del document["umcf"]
    served = for_phones(document)
    assert (served["umcf"], served["version"]) == ("1.1.0", {"number": "2.0"})
    assert for_phones(a_document("c"))["umcf"] == "1.0.0"


def test_the_original_is_left_alone_and_nothing_is_null() -> None:
    document = a_document("c", a_topic("a", media={"embedded": [None]}, tutoringConfig={"adaptationRules": {"x": 1}}))
    document["description"] = None
    before = deepcopy(document)
    assert nulls(for_phones(document)) == []
    assert document == before


def test_feedback_is_text() -> None:
    feedback = {"correct": {"text": "Yes"}, "incorrect": "No", "partial": {"hint": 1}, "note": {"kept": True}}
    (assessment,) = served_topic(assessments=[{"id": "q", "feedback": feedback}])["assessments"]
    assert assessment["feedback"] == {
        "correct": "Yes",
        "incorrect": "No",
        "partial": '{"hint": 1}',
        "note": {"kept": True},
    }


@pytest.mark.parametrize(("given", "served"), [(True, "medium"), (False, "none"), ("long", "long"), (1.5, "1.5")])
def test_a_pause_is_text(given: object, served: str) -> None:
    segment = {"id": "s", "type": "lecture", "content": "x", "speakingNotes": {"pauseAfter": given}}
    topic = served_topic(transcript={"segments": [segment]})
    assert topic["transcript"]["segments"][0]["speakingNotes"]["pauseAfter"] == served


def test_timings_are_whole_numbers_or_absent() -> None:
    def timing(start: object, end: object) -> object:
        asset = {"id": "p", "segmentTiming": {"startSegment": start, "endSegment": end, "displayMode": "inline"}}
        return served_topic(media={"embedded": [asset]})["media"]["embedded"][0].get("segmentTiming")

    assert timing("1", 2.0) == timing(1, 2) == {"startSegment": 1, "endSegment": 2, "displayMode": "inline"}
    assert timing("one", 2) is None
    assert timing(1, None) is None


def test_adaptation_rules_are_text() -> None:
    rules = {"slow": {"action": "repeat"}, "fast": "skip", "bored": ["a", 1]}
    served = served_topic(tutoringConfig={"adaptationRules": rules})["tutoringConfig"]["adaptationRules"]
    assert served == {"slow": "repeat", "fast": "skip", "bored": '["a", 1]'}


def test_a_file_gets_its_url_unless_it_has_one() -> None:
    assets = [{"id": "a", "localPath": "media/my drawing.svg"}, {"id": "b", "url": "https://x.example/b.png"}]
    first, second = served_topic(media={"reference": assets})["media"]["reference"]
    assert first["url"] == "/assets/curriculum/c/my%20drawing.svg"
    assert second["url"] == "https://x.example/b.png"
    assert asset_url("a?b", "../../../etc/passwd") == "/assets/curriculum/a%3Fb/passwd"
