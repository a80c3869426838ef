"""More people than the one learner each tenant has."""

from shared.db import Database, TenantEntry
from shared.ids import new_id


def add_person(database: Database, tenant_id: str, role: str = "learner") -> TenantEntry:
    """Store a user with a role in a tenant and return the entry that works in their name."""
    person = TenantEntry(tenant_id, new_id())
    with database.unit(person) as unit:
        unit.run(
            """INSERT INTO users (tenant_id, id, email, display_name)
               VALUES (%(tenant_id)s, %(user_id)s, %(email)s, 'Somebody')""",
            user_id=person.user_id,
            email=f"{person.user_id}@school.example",
        )
        unit.run(
            "INSERT INTO memberships (tenant_id, user_id, role) VALUES (%(tenant_id)s, %(user_id)s, %(role)s)",
            user_id=person.user_id,
            role=role,
        )
    return person
