"""The audit log is added to, never changed."""

import psycopg
import pytest

from shared.db import Database
from shared.repositories.audit import AuditRepository
from tests.conftest import ALPHA, ALPHA_USER


def test_an_entry_says_who_did_what(database: Database, database_url: str) -> None:
    with database.unit(ALPHA) as unit:
        AuditRepository(unit).record("signed_out", subject="s", address="::1", request_id="r")
    with psycopg.connect(database_url) as connection:
        row = connection.execute(
            "SELECT actor_id::text, action, subject, ip_address, request_id FROM audit_log"
        ).fetchone()
    assert row == (ALPHA_USER, "signed_out", "s", "::1", "r")


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_log SET action = 'nothing' WHERE tenant_id = %(tenant_id)s",
        "DELETE FROM audit_log WHERE tenant_id = %(tenant_id)s",
        "TRUNCATE audit_log",
        "DELETE FROM tenants WHERE tenant_id = %(tenant_id)s",
    ],
)
def test_the_application_cannot_change_it(database: Database, statement: str) -> None:
    with database.unit(ALPHA) as unit:
        AuditRepository(unit).record("signed_out")
    with pytest.raises(psycopg.errors.InsufficientPrivilege), database.unit(ALPHA) as unit:
        unit.run(statement)  # type: ignore[arg-type]  # one of the literals above
