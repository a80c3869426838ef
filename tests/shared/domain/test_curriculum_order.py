"""Whether there is an order to learn in."""

from typing import Any

import pytest

from shared.domain.curriculum_order import check_prerequisites
from shared.domain.shapes import Findings
from tests.support.umcf import a_document, a_topic


def circles(*topics: dict[str, Any]) -> list[str]:
    findings = Findings()
    check_prerequisites(a_document("c", *topics), findings)
    return [problem.pointer for problem in findings.problems]


def test_what_can_be_learned_in_some_order_is_fine() -> None:
    assert circles(a_topic("a", prerequisites=["b", "c"]), a_topic("b", prerequisites=["c"]), a_topic("c")) == []
    assert circles(a_topic("a", prerequisites=["elsewhere", None, 7, {}])) == []


@pytest.mark.parametrize("reference", ["b", {"value": "b"}, {"nodeId": "b"}, {"id": {"value": "b"}}])
def test_the_prerequisite_that_closes_a_circle_is_told(reference: object) -> None:
    found = circles(a_topic("a", prerequisites=[reference]), a_topic("b", prerequisites=["a"]))
    assert found == ["/content/0/children/1/prerequisites/0"]


def test_a_topic_does_not_need_itself() -> None:
    assert circles(a_topic("a", prerequisites=["b", "a"])) == ["/content/0/children/0/prerequisites/1"]


def test_a_long_chain_exhausts_nothing() -> None:
    chain = [a_topic(f"t{at}", prerequisites=[f"t{at + 1}"]) for at in range(4_000)]
    assert circles(*chain) == []
    assert len(circles(*chain, a_topic("t4000", prerequisites=["t0"]))) == 1
