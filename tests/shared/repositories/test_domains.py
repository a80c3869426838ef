"""Domains as their tenants see them."""

import pytest

from shared.db import PUBLIC_TENANT, Database, TenantEntry
from shared.errors import InvalidInput
from shared.repositories.content import store_domains
from shared.repositories.domains import QuestionDomainRepository
from tests.conftest import ALPHA, BETA


def names(database: Database, who: TenantEntry) -> list[str]:
    with database.unit(who) as unit:
        domains = QuestionDomainRepository(unit).all()
    return [domain.name for domain in domains.result]


def test_a_tenant_may_rename_a_domain_for_itself(database: Database) -> None:
    with database.unit(TenantEntry(PUBLIC_TENANT)) as unit:
        store_domains(unit, [{"id": "b", "name": "First", "weight": 0.5}, {"id": "a", "name": "Second", "weight": 0.5}])
    with database.unit(ALPHA) as unit:
        store_domains(unit, [{"id": "b", "name": "Ours", "weight": 1, "icon_name": "i", "subcategories": ["x"]}])
    assert names(database, BETA) == ["First", "Second"]
    assert names(database, ALPHA) == ["Ours", "Second"]


def test_bad_domains_store_nothing(database: Database) -> None:
    with pytest.raises(InvalidInput), database.unit(ALPHA) as unit:
        store_domains(unit, [{"id": "a", "name": "A", "weight": 1}, {"id": "b"}])
    assert names(database, ALPHA) == []
