"""Minting, listing and revoking beta tokens."""

import psycopg
import pytest

from shared.auth.authenticator import Authenticator
from shared.clock import utc_now
from shared.db import Database, TenantEntry
from shared.errors import NotFound, Unauthenticated
from shared.ids import new_id
from shared.repositories.beta_tokens import BetaTokenRepository
from tests.conftest import ALPHA, ALPHA_USER, BETA, BETA_USER
from tests.support.identity import SECRET, settings_for


def mint(database: Database, label: str = "", rate: int = 600) -> str:
    with database.unit(ALPHA) as unit:
        return BetaTokenRepository(unit).mint(ALPHA_USER, secret=SECRET, label=label, requests_per_minute=rate)


def test_a_minted_token_lets_its_user_in(database: Database, database_url: str) -> None:
    token = mint(database, rate=7)
    assert token.startswith(f"uma_beta_{utc_now().year}_")
    caller = Authenticator(settings_for(database_url)).caller(token, address="::1")
    with database.unit(caller.enter()) as unit:
        user = unit.value(str, "SELECT app_user()::text")
    assert user.result == ALPHA_USER
    entered = unit.entered.result
    assert entered is not None
    assert (entered["role"], entered["rate_limit"], entered["rate_remaining"]) == ("learner", 7, 6)


def test_only_a_hash_is_stored(database: Database, database_url: str) -> None:
    token = mint(database)
    with psycopg.connect(database_url) as connection:
        stored = connection.execute("SELECT t::text FROM beta_tokens t").fetchall()
    assert len(stored) == 1
    assert token[-20:] not in stored[0][0]


def test_a_tenant_lists_its_own_the_newest_first(database: Database) -> None:
    mint(database, "first")
    mint(database, "second")
    for entry, expected in ((ALPHA, ["second", "first"]), (BETA, [])):
        with database.unit(entry) as unit:
            found = BetaTokenRepository(unit).all()
        assert [token.label for token in found.result] == expected


def test_a_revoked_token_is_refused_for_ever(database: Database, database_url: str) -> None:
    token = mint(database)
    caller = Authenticator(settings_for(database_url)).caller(token, address="::1")
    with database.unit(ALPHA) as unit:
        found = BetaTokenRepository(unit).all()
    ends: list[object] = []
    for _ in range(2):
        with database.unit(ALPHA) as unit:
            revoked = BetaTokenRepository(unit).revoke(found.result[0].id)
        ends.append(revoked.result.revoked_at)
    assert ends[0] is not None
    assert ends[0] == ends[1]
    with pytest.raises(Unauthenticated), database.unit(caller.check()):
        pass


def test_another_tenants_token_cannot_be_revoked(database: Database) -> None:
    mint(database)
    with database.unit(ALPHA) as unit:
        found = BetaTokenRepository(unit).all()
    for token_id in (found.result[0].id, new_id()):
        with pytest.raises(NotFound, match="beta token not found"), database.unit(BETA) as unit:
            BetaTokenRepository(unit).revoke(token_id)
    with database.unit(ALPHA) as unit:
        again = BetaTokenRepository(unit).all()
    assert again.result[0].revoked_at is None


def test_a_token_belongs_to_a_tenant(database: Database) -> None:
    with pytest.raises(RuntimeError), database.unit(TenantEntry(None)) as unit:
        BetaTokenRepository(unit).mint(BETA_USER, secret=SECRET)
