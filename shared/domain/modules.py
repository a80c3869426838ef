"""Training modules: what is built in, and what a tenant's decisions make of it. Pure."""

from collections.abc import Mapping
from typing import Final

import msgspec

FEATURES: Final = ("team_mode", "speed_training", "competition_sim")


class Module(msgspec.Struct, frozen=True):
    """A training module as it comes.

    Attributes:
        features: what it supports before anybody decides otherwise; keys as in `FEATURES`.
    """

    id: str
    name: str
    description: str
    long_description: str
    icon_name: str
    theme_color_hex: str
    version: str
    features: Mapping[str, bool]

    def effective(self, overrides: Mapping[str, bool]) -> dict[str, bool]:
        """Return what holds: a feature is on when the module supports it and nobody switched it off."""
        return {name: supported and overrides.get(name, True) for name, supported in self.features.items()}


KNOWLEDGE_BOWL: Final = Module(
    id="knowledge-bowl",
    name="Knowledge Bowl",
    description="Quick recall over twelve domains, from first steps to championship level.",
    long_description=(
        "Practise as a Knowledge Bowl team does: questions from twelve domains are read aloud, you buzz in and answer, "
        "and you hear at once why an answer counts. Practise alone, against the clock, or as in a match."
    ),
    icon_name="brain.head.profile",
    theme_color_hex="#9B59B6",
    version="1.0.0",
    features={"team_mode": True, "speed_training": True, "competition_sim": True},
)
MODULES: Final = {KNOWLEDGE_BOWL.id: KNOWLEDGE_BOWL}
