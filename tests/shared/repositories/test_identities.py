"""Identities at other providers."""

from datetime import timedelta

import pytest

from shared.clock import utc_now
from shared.db import Database, TenantEntry
from shared.errors import Conflict, NotFound, Unauthenticated
from shared.ids import new_id
from shared.repositories.identities import IdentityRepository
from tests.conftest import ALPHA, ALPHA_USER, BETA


def test_an_identity_is_found_wherever_it_is(database: Database) -> None:
    with database.unit(ALPHA) as unit:
        IdentityRepository(unit).link(new_id(), "google", "person-1", None, by_address=False)
    with database.unit(TenantEntry(None)) as unit:
        repository = IdentityRepository(unit)
        theirs = repository.find("google", "person-1", "learner@beta.example")
        by_address = repository.find("google", "person-2", "Learner@Alpha.example")
        other_provider = repository.find("apple", "person-1", None)
    assert theirs.result is not None
    assert (theirs.result.user_id, theirs.result.linked) == (ALPHA_USER, True)
    assert by_address.result is not None
    assert (by_address.result.user_id, by_address.result.linked) == (ALPHA_USER, False)
    assert other_provider.result is None


def test_an_unproved_address_links_nothing(database: Database) -> None:
    with pytest.raises(Conflict) as refused, database.unit(ALPHA) as unit:
        IdentityRepository(unit).link(new_id(), "google", "person-1", "learner@alpha.example", by_address=True)
    assert refused.value.error_code == "link_required"


def test_another_tenants_identity_is_not_touched(database: Database) -> None:
    identity = new_id()
    with database.unit(ALPHA) as unit:
        IdentityRepository(unit).link(identity, "google", "person-1", None, by_address=False)
    with pytest.raises(NotFound), database.unit(BETA) as unit:
        IdentityRepository(unit).unlink(identity, None)
    with database.unit(BETA) as unit:
        IdentityRepository(unit).used("google", "person-1", "b@beta.example")
        theirs = IdentityRepository(unit).all()
    with database.unit(ALPHA) as unit:
        own = IdentityRepository(unit).all()
    assert (theirs.result, own.result[0].email) == ([], None)


def test_an_expired_token_is_forgotten(database: Database) -> None:
    past, future = utc_now() - timedelta(minutes=1), utc_now() + timedelta(minutes=1)
    for until in (past, future):
        with database.unit(TenantEntry(None)) as unit:
            IdentityRepository(unit).spend("a", until)
    with pytest.raises(Unauthenticated), database.unit(TenantEntry(None)) as unit:
        IdentityRepository(unit).spend("a", future)
