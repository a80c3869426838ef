"""A learner sees what is left, and their own usage only."""

import csv
import io
from datetime import UTC, datetime

import psycopg
import pytest

from shared.db import Database, TenantEntry
from shared.domain.usage import FULL_SHARE, UsageEvent
from shared.ids import new_id
from shared.repositories.metering import MeteringRepository
from tests.conftest import ALPHA, ALPHA_TENANT, BETA
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


@pytest.mark.parametrize(
    ("month", "speech", "mode"),
    [
        (50_000_000, None, "full"),
        (1_050, None, "text"),
        (1_000, "full", "exhausted"),
        (50_000_000, "text", "text"),
        (50_000_000, "cheaper_voice", "cheaper_voice"),
    ],
)
def test_the_mode_is_what_every_cap_and_the_settings_leave(
    learner: ApiClient, database: Database, database_url: str, month: int, speech: str | None, mode: str
) -> None:
    with database.unit(BETA) as unit:
        MeteringRepository(unit).reserve(new_id(), 1_000, lasts_s=60, share=FULL_SHARE)
    with psycopg.connect(database_url) as connection:
        connection.execute("UPDATE deployment_budgets SET cap_micro_usd = %s WHERE period = 'month'", (month,))
        connection.execute(
            "INSERT INTO feature_settings (tenant_id, settings) VALUES (%s, jsonb_build_object('speech', %s::text))",
            (ALPHA_TENANT, speech),
        )
    answer = learner.get("/api/usage")
    assert (answer.status, answer.body["mode"]) == (200, mode)
    # What the others left of the deployment's budget is nobody's business.
    assert [budget["mode"] for budget in answer.body["budgets"]] == ["full", "full"]


def test_nobody_sees_what_another_used(stranger: ApiClient, database: Database) -> None:
    speak(database, ALPHA, 1_000)
    assert stranger.get("/api/usage").body["usage"] == []


@pytest.mark.parametrize(
    ("query", "headers"),
    [({"format": "csv"}, {}), ({}, {"accept": "text/csv"}), ({"format": "csv"}, {"accept": "application/json"})],
)
def test_the_same_as_a_table(
    learner: ApiClient, database: Database, query: dict[str, str], headers: dict[str, str]
) -> None:
    speak(database, ALPHA, 1_000)
    answer = learner.get("/api/usage", query=query, headers=headers)
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    today = datetime.now(UTC).date()
    assert answer.headers["content-disposition"] == f'attachment; filename="usage-{today.replace(day=1)}-{today}.csv"'
    assert list(csv.reader(io.StringIO(answer.raw.decode()))) == [
        ["day", "kind", "unit", "quantity", "micro_usd"],
        [str(today), "speech_out", "character", "1000", "30000"],
    ]


def test_days_are_chosen(learner: ApiClient, database: Database) -> None:
    speak(database, ALPHA, 1_000)
    old = learner.get("/api/usage", query={"first": "2026-01-01", "last": "2026-01-31"}).body
    assert (old["first"], old["last"], old["usage"], old["total_micro_usd"]) == ("2026-01-01", "2026-01-31", [], 0)
    assert len(old["budgets"]) == 2
    for query, field in (
        ({"first": "2026-02-01", "last": "2026-01-01"}, "last"),
        ({"first": "2020-01-01"}, "last"),
        ({"first": "yesterday"}, "first"),
        ({"format": "xlsx"}, "format"),
    ):
        refused = learner.get("/api/usage", query=query)
        assert (refused.status, list(refused.body["details"])) == (400, [field])


def test_requests_and_storage_are_ones_own_where_the_tenant_is_one_persons(
    learner: ApiClient, database_url: str
) -> None:
    with psycopg.connect(database_url) as connection:
        connection.execute(
            """INSERT INTO usage_events (tenant_id, id, kind, provider, model, quantity, unit, micro_usd)
               VALUES (%s, gen_random_uuid(), 'storage', 'platform', 'objects', 5, 'byte_day', 1)""",
            (ALPHA_TENANT,),
        )
    assert learner.get("/api/usage").body["usage"] == []
    with psycopg.connect(database_url) as connection:
        connection.execute("UPDATE tenants SET kind = 'individual' WHERE tenant_id = %s", (ALPHA_TENANT,))
    assert [used["kind"] for used in learner.get("/api/usage").body["usage"]] == ["storage"]
