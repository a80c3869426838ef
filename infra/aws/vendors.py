"""What AI vendors charge for a user's month: the part of the price that no design of ours makes smaller."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from infra.aws.cost import Usage


@dataclass(frozen=True, slots=True, kw_only=True)
class Vendors:
    """Who listens, thinks and speaks.

    Attributes:
        speech: the price's id per million characters; empty where phones or the offline voice speak.
        cached: the part of the speech that comes from the cache.
    """

    name: str
    speech: str
    cached: float = 0


CHOICES: Final = (
    Vendors(name="Groq, GPT-4o mini, Aura-2", speech="deepgram.aura2"),
    Vendors(name="Groq, GPT-4o mini, Aura-1, 60 % cached", speech="deepgram.aura1", cached=0.6),
    Vendors(name="Groq, GPT-4o mini, speech on the device", speech=""),
)
# Of a minute's talk half is the learner's, half the tutor's.
HALF: Final = 0.5
CHARACTERS_A_MINUTE: Final = 800
TURNS_A_MINUTE: Final = 2
TOKENS_IN, TOKENS_OUT = 1_500, 120


def for_one_user(choice: Vendors, usage: Usage, prices: Mapping[str, float]) -> float:
    """Return US dollars a month for one user."""
    minutes = usage.voice_minutes * usage.days
    heard = minutes * HALF / 60 * prices["groq.whisper_turbo"]
    turns = minutes * TURNS_A_MINUTE
    thought = turns * (TOKENS_IN * prices["openai.gpt4omini.in"] + TOKENS_OUT * prices["openai.gpt4omini.out"]) / 1e6
    if not choice.speech:
        return heard + thought
    characters = minutes * HALF * CHARACTERS_A_MINUTE * (1 - choice.cached)
    return heard + thought + characters / 1e6 * prices[choice.speech]
