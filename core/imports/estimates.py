"""What a language model's additions to topics will cost, from the price book, before it is asked."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

import msgspec

from core.imports.enrichment import asking, batches, lacking, rewriting, unpractised
from core.imports.orders import Wants
from core.providers.llm.port import Prompt
from shared.db import Pending, Unit
from shared.domain.json_values import record_of, records_of
from shared.repositories.metering import MeteringRepository, Price

_CHARACTERS_PER_TOKEN: Final = 4
# How long answers usually are, in tokens: what is asked for, with the JSON around it.
_USUAL: Final = {"objectives": 120, "terms": 200, "checkpoints": 90, "problems": 180}


class Call(msgspec.Struct, frozen=True):
    """One question to the model, in tokens."""

    input_tokens: int
    output_tokens: int


def expected(node: Mapping[str, Any], wants: Wants) -> Iterator[Call]:
    """Yield what the model will be asked about a topic, in as many calls; how long it answers is a guess."""
    asked = [asking(node, lacking(node, wants)) if wants.enriches else None]
    asked.append(asking(node, unpractised(node)) if wants.practice_problems else None)
    for each in asked:
        if each is not None:
            yield Call(_tokens(each.prompt), sum(_USUAL[name] for name in each.names))
    if wants.spoken_text:
        for batch in batches(records_of(record_of(node.get("transcript")).get("segments"))):
            prompt = rewriting(batch)
            # It is said in about as many words as it was written in.
            yield Call(_tokens(prompt), -(-len(prompt.messages[-1].content) // _CHARACTERS_PER_TOKEN))


def prices_of(model: tuple[str, str], unit: Unit) -> Pending[list[Price]]:
    """Queue the read of what a model, by its vendor and its name, costs."""
    return MeteringRepository(unit).prices([(*model, "input_token"), (*model, "output_token")])


def cost_of(calls: Sequence[Call], prices: Sequence[Price]) -> int:
    """Return what calls cost in micro-dollars; each is charged by itself, a part of one as a whole."""
    price = {each.unit: each for each in prices}
    return sum(
        price["input_token"].cost(call.input_tokens) + price["output_token"].cost(call.output_tokens) for call in calls
    )


def _tokens(prompt: Prompt) -> int:
    return -(-sum(len(message.content) for message in prompt.messages) // _CHARACTERS_PER_TOKEN)
