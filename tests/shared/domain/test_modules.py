"""What a tenant's decisions make of a module."""

from shared.domain.modules import FEATURES, KNOWLEDGE_BOWL


def test_a_feature_is_on_unless_it_was_switched_off() -> None:
    assert KNOWLEDGE_BOWL.effective({}) == dict.fromkeys(FEATURES, True)
    assert KNOWLEDGE_BOWL.effective({"team_mode": False, "unknown": True}) == {
        "team_mode": False,
        "speed_training": True,
        "competition_sim": True,
    }
