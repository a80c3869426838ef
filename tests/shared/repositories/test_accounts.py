"""People and what they sign in to."""

import pytest

from shared.db import Database, TenantEntry
from shared.errors import Conflict, NotFound
from shared.ids import new_id
from shared.repositories.accounts import AccountRepository, SignIn
from tests.conftest import ALPHA, ALPHA_TENANT, ALPHA_USER, BETA_TENANT


def add(database: Database, email: str) -> TenantEntry:
    entry = TenantEntry(new_id(), new_id())
    with database.unit(entry) as unit:
        accounts = AccountRepository(unit)
        accounts.found_individual("Ada")
        accounts.add(user_id=str(entry.user_id), email=email, password_hash="h", display_name="Ada")
    return entry


def test_signing_in_finds_an_address_in_any_tenant_and_nothing_else_crosses(database: Database) -> None:
    with database.unit(TenantEntry(None)) as unit:
        found = AccountRepository(unit).find_sign_in("LEARNER@alpha.example")
        unknown = AccountRepository(unit).find_sign_in("nobody@alpha.example")
        seen = unit.value(int, "SELECT count(*) FROM users")
    assert found.result == SignIn(ALPHA_TENANT, ALPHA_USER, None, is_active=True, is_locked=False)
    assert unknown.result is None
    assert seen.result == 0


def test_an_address_names_one_account_in_the_deployment(database: Database) -> None:
    with pytest.raises(Conflict) as refused:
        add(database, "Learner@Alpha.example")
    assert refused.value.error_code == "email_exists"


def test_the_first_account_owns_its_tenant(database: Database) -> None:
    entry = add(database, "ada@school.example")
    with database.unit(entry) as unit:
        account = AccountRepository(unit).me()
    assert (account.result.id, account.result.role, account.result.tenant_kind) == (
        entry.user_id,
        "owner",
        "individual",
    )
    assert account.result.last_login_at is not None


def test_nobody_is_an_account_of_another_tenant(database: Database) -> None:
    with pytest.raises(NotFound), database.unit(TenantEntry(BETA_TENANT, ALPHA_USER)) as unit:
        AccountRepository(unit).me()


def test_signing_in_is_noted_and_refreshes_the_hash_only_where_there_is_a_new_one(database: Database) -> None:
    for new_hash, stored in ((None, None), ("fresh", "fresh"), (None, "fresh")):
        with database.unit(ALPHA) as unit:
            AccountRepository(unit).signed_in(new_password_hash=new_hash)
            account = AccountRepository(unit).me()
            found = AccountRepository(unit).find_sign_in("learner@alpha.example")
        assert account.result.last_login_at is not None
        assert found.result is not None
        assert found.result.password_hash == stored
