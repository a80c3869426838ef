"""Money is reserved before and settled after, exactly once, under caps that hold against concurrency."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest

from shared.db import PUBLIC_TENANT, Database, TenantEntry
from shared.db.entry import CommandLine
from shared.domain.usage import FULL_SHARE, SPEECH_SHARE, UsageEvent
from shared.errors import BudgetExhausted, NotFound
from shared.ids import new_id
from shared.repositories.metering import MeteringRepository, PeriodUsage, Price, Threshold
from shared.repositories.usage import UsageRepository
from tests.conftest import ALPHA, ALPHA_TENANT, BETA

DAY_CAP = 1_000_000


def reserve(database: Database, micro_usd: int, *, share: int = FULL_SHARE, lasts_s: int = 60) -> str:
    reservation = new_id()
    with database.unit(ALPHA) as unit:
        MeteringRepository(unit).reserve(reservation, micro_usd, lasts_s=lasts_s, share=share)
    return reservation


def settle(database: Database, reservation: str, *events: UsageEvent) -> int:
    with database.unit(ALPHA) as unit:
        charged = MeteringRepository(unit).settle(reservation, events)
    return charged.result


def spoken(characters: int, model: str = "aura-2") -> UsageEvent:
    return UsageEvent(new_id(), "speech_out", "deepgram", model, characters, "character")


def day(database: Database) -> PeriodUsage:
    with database.unit(ALPHA) as unit:
        periods = MeteringRepository(unit).periods()
    return periods.result[0]


@pytest.fixture
def as_owner(database_url: str) -> Callable[[str], None]:
    def run(sql: str) -> None:
        with psycopg.connect(database_url) as connection:
            connection.execute("SELECT app_enter(%s, NULL)", (ALPHA_TENANT,))
            connection.execute(sql.encode())

    return run


def test_settling_charges_the_true_price_and_frees_the_rest(database: Database) -> None:
    reservation = reserve(database, 50_000)
    assert day(database) == PeriodUsage("day", 0, 50_000, DAY_CAP)
    assert settle(database, reservation, spoken(100)) == 3_000
    assert day(database) == PeriodUsage("day", 3_000, 0, DAY_CAP)


def test_a_part_of_a_micro_dollar_is_rounded_up(database: Database) -> None:
    heard = UsageEvent(new_id(), "speech_in", "groq", "whisper-large-v3-turbo", 1, "audio_ms")
    assert settle(database, reserve(database, 10), heard) == 1


def test_an_unknown_model_costs_what_the_dearest_costs(database: Database) -> None:
    assert settle(database, reserve(database, 10), spoken(10, "aura-9")) == 300
    event = UsageEvent(new_id(), "tokens_out", "somebody", "x", 1_000_000, "output_token")
    assert settle(database, reserve(database, 10), event) == 600_000


def test_repeating_a_reservation_or_a_settlement_changes_nothing(database: Database) -> None:
    reservation, event = reserve(database, 1_000), spoken(10)
    with database.unit(ALPHA) as unit:
        MeteringRepository(unit).reserve(reservation, 1_000, lasts_s=60, share=FULL_SHARE)
    assert day(database).reserved == 1_000
    assert settle(database, reservation, event) == 300
    assert settle(database, reservation, event) == 300
    assert day(database) == PeriodUsage("day", 300, 0, DAY_CAP)


def test_of_200_concurrent_calls_exactly_those_with_room_pass(database: Database) -> None:
    each = DAY_CAP // 37

    def attempt(_: int) -> bool:
        try:
            reserve(database, each)
        except BudgetExhausted:
            return False
        return True

    with ThreadPoolExecutor(16) as pool:
        passed = list(pool.map(attempt, range(200)))
    assert sum(passed) == 37


def test_a_refusal_says_which_budget_and_when_it_resets(database: Database) -> None:
    with pytest.raises(BudgetExhausted, match="tenant budget of this day") as refused:
        reserve(database, DAY_CAP + 1)
    assert refused.value.details["scope"] == "tenant"
    assert refused.value.details["resets_at"].endswith("T00:00:00Z")
    assert refused.value.details["left_micro_usd"] == str(DAY_CAP)
    assert day(database).reserved == 0


def test_speech_stops_before_words_do(database: Database) -> None:
    reserve(database, DAY_CAP * SPEECH_SHARE // 100)
    with pytest.raises(BudgetExhausted):
        reserve(database, 1, share=SPEECH_SHARE)
    reserve(database, 1, share=FULL_SHARE)


def test_the_deployment_has_a_cap_of_its_own(database: Database, as_owner: Callable[[str], None]) -> None:
    as_owner("UPDATE deployment_budgets SET cap_micro_usd = 100 WHERE period = 'month'")
    with pytest.raises(BudgetExhausted, match="deployment budget of this month") as refused:
        reserve(database, 101)
    assert "left_micro_usd" not in refused.value.details


def test_a_reservation_whose_process_died_is_counted_whole(database: Database) -> None:
    reservation = reserve(database, 700, lasts_s=0)
    with database.unit(BETA) as unit:
        expired = MeteringRepository(unit).expire()
    assert expired.result == 1
    assert day(database) == PeriodUsage("day", 700, 0, DAY_CAP)
    assert settle(database, reservation, spoken(10)) == 300
    assert day(database) == PeriodUsage("day", 300, 0, DAY_CAP)


def test_reservations_of_several_tenants_expire_together_once(database: Database) -> None:
    mine = [reserve(database, 100, lasts_s=0) for _ in range(3)]
    with database.unit(BETA) as unit:
        MeteringRepository(unit).reserve(new_id(), 50, lasts_s=0, share=FULL_SHARE)

    def sweep(_: int) -> int:
        with database.unit(BETA) as unit:
            expired = MeteringRepository(unit).expire()
        return expired.result

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(sweep, range(8))) == len(mine) + 1
    assert day(database) == PeriodUsage("day", 300, 0, DAY_CAP)
    with database.unit(BETA) as unit:
        theirs = MeteringRepository(unit).periods()
    assert theirs.result[0] == PeriodUsage("day", 50, 0, DAY_CAP)


def test_what_costs_nothing_is_never_refused(database: Database, as_owner: Callable[[str], None]) -> None:
    reservation = reserve(database, 1_000)
    as_owner("UPDATE deployment_budgets SET tenant_cap_micro_usd = 10")
    assert settle(database, reserve(database, 0)) == 0
    with database.unit(ALPHA) as unit:
        left = MeteringRepository(unit).left(FULL_SHARE)
    assert left.result == -990
    settle(database, reservation)
    assert day(database) == PeriodUsage("day", 0, 0, 10)


def test_prices_are_found_by_model_then_family_then_provider(
    database: Database, as_owner: Callable[[str], None]
) -> None:
    as_owner("""INSERT INTO price_book (provider, model, unit, micro_usd, per_quantity) VALUES
        ('sayer', '', 'character', 1, 1), ('sayer', 'v-*', 'character', 2, 1), ('sayer', 'v-9', 'character', 3, 1)""")
    models = ("v-9", "v-8", "w", "")
    with database.unit(ALPHA) as unit:
        found = MeteringRepository(unit).prices([("sayer", model, "character") for model in models])
    assert [price.micro_usd for price in found.result] == [3, 2, 1, 1]
    assert [price.model for price in found.result] == list(models)
    assert Price("sayer", "v-9", "character", 1, 3).cost(4) == 2


def test_a_price_change_never_rewrites_history(database: Database, as_owner: Callable[[str], None]) -> None:
    settle(database, reserve(database, 10), spoken(100))
    as_owner(
        "INSERT INTO price_book (provider, model, unit, micro_usd, per_quantity) "
        "VALUES ('deepgram', 'aura-2', 'character', 1, 1)"
    )
    settle(database, reserve(database, 10), spoken(100))
    with database.unit(ALPHA) as unit:
        sql = "SELECT array_agg(micro_usd ORDER BY created_at) FROM usage_events WHERE tenant_id = %(tenant_id)s"
        charges = unit.value(list[int], sql)
    assert charges.result == [3_000, 100]


def test_each_threshold_is_announced_once(database: Database) -> None:
    settle(database, reserve(database, 10), spoken(27_000))
    with database.unit(ALPHA) as unit:
        first = MeteringRepository(unit).thresholds()
    with database.unit(ALPHA) as unit:
        second = MeteringRepository(unit).thresholds()
    assert first.result == [Threshold("day", 80, 810_000, DAY_CAP)]
    assert second.result == []


def test_warnings_are_written_into_the_audit_log_once(database: Database) -> None:
    settle(database, reserve(database, 10), spoken(27_000))
    for expected in ([Threshold("day", 80, 810_000, DAY_CAP)], []):
        with database.unit(ALPHA) as unit:
            passed = MeteringRepository(unit).announce()
        assert passed.result == expected
    for expected in ([Threshold("day", 100, 810_000, DAY_CAP)], []):
        with database.unit(ALPHA) as unit:
            passed = MeteringRepository(unit).announce_refusal("day")
        assert passed.result == expected
    with database.unit(ALPHA) as unit:
        sql = """SELECT array_agg((details ->> 'percent')::int ORDER BY at) FROM audit_log
                 WHERE tenant_id = %(tenant_id)s AND action = 'budget_warning' AND subject = 'day'"""
        noted = unit.value(list[int], sql)
    assert noted.result == [80, 100]


def test_a_budget_of_nothing_is_announced_too(database: Database, as_owner: Callable[[str], None]) -> None:
    as_owner("UPDATE deployment_budgets SET tenant_cap_micro_usd = 0")
    with database.unit(ALPHA) as unit:
        passed = MeteringRepository(unit).announce_refusal("month")
    assert passed.result == [Threshold("month", 100, 0, 0)]


def deployment(database: Database, refused: str | None = None) -> list[Threshold]:
    with database.unit(TenantEntry(PUBLIC_TENANT)) as unit:
        passed = MeteringRepository(unit).announce_deployment(refused=refused)
    return passed.result


def test_each_threshold_of_the_deployment_is_announced_once_and_noted(
    database: Database, database_url: str, as_owner: Callable[[str], None]
) -> None:
    as_owner("UPDATE deployment_budgets SET cap_micro_usd = 1000000")
    settle(database, reserve(database, 10), spoken(27_000))
    both = [Threshold(period, 80, 810_000, DAY_CAP) for period in ("day", "month")]
    assert [deployment(database), deployment(database)] == [both, []]
    full = [Threshold("day", 100, 810_000, DAY_CAP)]
    assert [deployment(database, "day"), deployment(database, "day"), deployment(database)] == [full, [], []]
    with psycopg.connect(database_url) as connection:
        noted = connection.execute(
            """SELECT tenant_id::text, subject, details ->> 'percent' FROM audit_log
               WHERE action = 'deployment_budget_warning'"""
        ).fetchall()
    assert sorted(noted) == [(PUBLIC_TENANT, *what) for what in (("day", "100"), ("day", "80"), ("month", "80"))]


def test_a_deployment_that_may_spend_nothing_is_announced_too(
    database: Database, as_owner: Callable[[str], None]
) -> None:
    as_owner("UPDATE deployment_budgets SET cap_micro_usd = 0")
    assert deployment(database, "month") == [Threshold("month", 100, 0, 0)]


def test_a_raised_cap_is_warned_of_anew(database: Database, database_url: str) -> None:
    settle(database, reserve(database, 10), spoken(27_000))
    owner = Database(database_url, role=None)
    with database.unit(ALPHA) as unit:
        MeteringRepository(unit).announce()
    with owner.unit(CommandLine("raise", ALPHA_TENANT)) as unit:
        UsageRepository(unit).set_budget("day", 10 * DAY_CAP)
    for characters, expected in ((0, []), (140_000, [Threshold("day", 50, 5_010_000, 10 * DAY_CAP)])):
        settle(database, reserve(database, 10), spoken(characters))
        with database.unit(ALPHA) as unit:
            day_only = MeteringRepository(unit).thresholds()
        assert [passed for passed in day_only.result if passed.period == "day"] == expected
    # Everybody's cap: who has one of their own is warned of that one.
    with owner.unit(CommandLine("raise")) as unit:
        UsageRepository(unit).set_deployment_budget("day", cap_micro_usd=None, tenant_cap_micro_usd=100 * DAY_CAP)
        UsageRepository(unit).set_deployment_budget("month", cap_micro_usd=None, tenant_cap_micro_usd=100 * DAY_CAP)
    owner.close()
    with database.unit(ALPHA) as unit:
        warned = unit.value(
            dict[str, int],
            "SELECT jsonb_object_agg(period, warned) FROM spending WHERE tenant_id = %(tenant_id)s",
        )
    assert warned.result == {"day": 50, "month": 0}


def test_another_tenants_money_is_out_of_reach(database: Database) -> None:
    reservation = reserve(database, 500)
    with pytest.raises(NotFound), database.unit(BETA) as unit:
        MeteringRepository(unit).settle(reservation, [])
    with pytest.raises(psycopg.errors.InsufficientPrivilege), database.unit(ALPHA) as unit:
        unit.run("UPDATE spending SET spent = 0 WHERE tenant_id = %(tenant_id)s")
    with pytest.raises(psycopg.errors.InsufficientPrivilege), database.unit(ALPHA) as unit:
        unit.run("SELECT move_money(%(tenant_id)s::uuid, current_date, -1, 0)")
