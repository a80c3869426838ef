import base64

import pytest

from core.settings import read_provider_settings, read_settings, read_voice_settings
from shared.errors import InvalidInput
from shared.listening import Address

ENVIRON = {"DATABASE_URL": "postgresql://127.0.0.1/x", "UNAMENTIS_SECRET": base64.b64encode(bytes(32)).decode()}


def test_what_is_not_set_has_its_default() -> None:
    settings = read_settings(ENVIRON)
    assert settings.address == Address("127.0.0.1", 8767)
    assert settings.shared.database_pool == 4
    assert settings.providers.stt == "offline"


def test_one_name_picks_the_vendors_of_all_stages_and_each_stage_may_differ() -> None:
    picked = read_provider_settings(
        {"UNAMENTIS_PROVIDERS": "mock", "UNAMENTIS_LLM": "openai", "OPENAI_API_KEY": "sk-1"}
    )
    assert (picked.stt, picked.llm, picked.tts) == ("mock", "openai", "mock")
    assert "sk-1" not in repr(picked)


@pytest.mark.parametrize("value", ["", "soon", "-1", "100", "٣٠٠", "9999999"])
def test_a_number_out_of_its_range_is_named(value: str) -> None:
    with pytest.raises(InvalidInput, match="UNAMENTIS_TURN_SILENCE_MS must be a whole number from 200 to 5000"):
        read_voice_settings({"UNAMENTIS_TURN_SILENCE_MS": value})


def test_the_silence_that_ends_a_turn_and_its_bounds_can_be_set() -> None:
    names = ("UNAMENTIS_TURN_SILENCE_MS", "UNAMENTIS_LEAST_TURN_SILENCE_MS", "UNAMENTIS_MOST_TURN_SILENCE_MS")
    timing = read_voice_settings(dict.fromkeys(names, "700")).timing
    assert (timing.end_ms, timing.least_end_ms, timing.most_end_ms) == (700, 700, 700)
