"""A learner sees what is left, and their own usage only."""

from shared.db import Database, TenantEntry
from shared.domain.usage import FULL_SHARE, UsageEvent
from shared.ids import new_id
from shared.repositories.metering import MeteringRepository
from tests.conftest import ALPHA, BETA
from tests.support.api import ApiClient


def speak(database: Database, who: TenantEntry, characters: int) -> None:
    with database.unit(who) as unit:
        reservation = new_id()
        MeteringRepository(unit).reserve(reservation, characters * 30, lasts_s=60, share=FULL_SHARE)
        event = UsageEvent(new_id(), "speech_out", "deepgram", "aura-2", characters, "character")
        MeteringRepository(unit).settle(reservation, [event])


def test_what_is_left_and_what_was_used(learner: ApiClient, database: Database) -> None:
    speak(database, ALPHA, 1_000)
    speak(database, ALPHA, 200)
    speak(database, TenantEntry(ALPHA.tenant_id, new_id()), 30_000)
    speak(database, BETA, 400)
    answer = learner.get("/api/usage")
    assert answer.status == 200, answer.body
    day, month = answer.body["budgets"]
    assert (day["period"], day["cap_micro_usd"], day["spent_micro_usd"]) == ("day", 1_000_000, 936_000)
    assert (day["left_micro_usd"], day["mode"]) == (64_000, "text")
    assert (month["period"], month["left_micro_usd"], month["mode"]) == ("month", 9_064_000, "full")
    assert day["resets_at"].endswith("T00:00:00Z")
    assert month["resets_at"].endswith("-01T00:00:00Z")
    (used,) = answer.body["usage"]
    assert (used["kind"], used["unit"], used["quantity"], used["micro_usd"]) == (
        "speech_out",
        "character",
        1_200,
        36_000,
    )
    assert answer.body["total_micro_usd"] == 36_000


def test_a_budget_that_is_used_up(learner: ApiClient, database: Database) -> None:
    with database.unit(ALPHA) as unit:
        MeteringRepository(unit).reserve(new_id(), 1_000_000, lasts_s=60, share=FULL_SHARE)
    day = learner.get("/api/usage").body["budgets"][0]
    assert (day["reserved_micro_usd"], day["left_micro_usd"], day["mode"]) == (1_000_000, 0, "exhausted")


def test_nobody_sees_what_another_used(stranger: ApiClient, database: Database) -> None:
    speak(database, ALPHA, 1_000)
    assert stranger.get("/api/usage").body["usage"] == []
