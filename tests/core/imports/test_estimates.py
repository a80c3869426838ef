from typing import Any

import pytest

from core.imports.enrichment import enrich, practice, speak
from core.imports.estimates import Call, cost_of, expected
from core.imports.orders import Wants
from shared.repositories.metering import Price
from tests.core.imports.conftest import writing
from tests.support.imports import WritingModel

EVERYTHING = Wants(objectives=True, checkpoints=True, knowledge_graph=True, practice_problems=True, spoken_text=True)
# Two stretches to rewrite, and a segment that a model has written already.
LONG: dict[str, Any] = {
    "title": "Thing 1",
    "transcript": {
        "segments": [
            *({"type": "content", "content": "Words, and more of them. " * 30} for _ in range(8)),
            {"type": "content", "content": "Said.", "generated": True},
        ]
    },
}
FINISHED = LONG | {"learningObjectives": [{"statement": "Know it"}], "assessments": [{"prompt": "Is it?"}]}


@pytest.mark.parametrize(
    ("node", "wants"),
    [
        (LONG, EVERYTHING),
        (LONG, Wants(objectives=True)),
        (LONG, Wants(spoken_text=True)),
        (FINISHED, Wants(practice_problems=True)),
        (FINISHED, Wants(checkpoints=True)),
        ({"title": "Nothing"}, EVERYTHING),
        (LONG, Wants()),
    ],
)
async def test_what_is_expected_is_what_is_asked(node: dict[str, Any], wants: Wants) -> None:
    llm = WritingModel(writing)
    if wants.enriches:
        await enrich(node, wants, llm)
    if wants.practice_problems:
        await practice(node, llm)
    if wants.spoken_text:
        await speak(node, llm)
    lengths = [sum(len(message.content) for message in prompt.messages) for prompt in llm.asked]
    calls = list(expected(node, wants))
    assert [call.input_tokens for call in calls] == [-(-length // 4) for length in lengths]
    assert all(call.output_tokens > 0 for call in calls)


def test_each_call_is_charged_by_itself() -> None:
    prices = [Price("v", "m", "output_token", 1, 10), Price("v", "m", "input_token", 3, 1_000)]
    assert cost_of([Call(1, 1), Call(1_000, 25)], prices) == (1 + 1) + (3 + 3)
    assert cost_of([], prices) == 0
