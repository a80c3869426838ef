"""A database of its own, and a context without limits, for tests that send very many requests."""

from collections.abc import Generator
from contextlib import contextmanager

import psycopg

from shared.api import Context
from shared.ids import new_id
from tests.conftest import with_database
from tests.support.identity import context_for

MANY = 1_000_000


@contextmanager
def unlimited_context(postgres_url: str, template_database: str) -> Generator[Context]:
    """Clone the template for a whole module and drop the clone at the end."""
    name = f"unlimited_{new_id().replace('-', '')}"
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template_database}"'.encode())
    made = context_for(
        with_database(postgres_url, name),
        logins_per_minute=MANY,
        refreshes_per_minute=MANY,
        registrations_per_hour=MANY,
        requests_per_minute=MANY,
        address_requests_per_minute=MANY,
        tenant_requests_per_minute=MANY,
    )
    yield made
    made.database.close()
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)'.encode())
