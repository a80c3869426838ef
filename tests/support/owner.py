"""A database whose owner is no superuser, as in the cloud."""

from collections.abc import Generator
from contextlib import contextmanager
from urllib.parse import urlsplit, urlunsplit

import psycopg

from shared.ids import new_id
from tests.conftest import with_database

ROLES = "unamentis_app, unamentis_search, unamentis_directory"


@contextmanager
def owned_database(postgres_url: str) -> Generator[str]:
    """Provide the owner's URL of an empty database; the server's roles are there already.

    The owner has what docs/reference/tenancy.md asks for, and no more.
    """
    name = f"owner_{new_id().replace('-', '')}"
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute(f"CREATE ROLE {name} LOGIN CREATEROLE PASSWORD 'secret'".encode())
        connection.execute(f"GRANT {ROLES} TO {name} WITH ADMIN OPTION".encode())
        connection.execute(f'CREATE DATABASE "{name}" OWNER {name}'.encode())
    parts = urlsplit(with_database(postgres_url, name))
    yield urlunsplit(parts._replace(netloc=f"{name}:secret@{parts.hostname}:{parts.port}"))
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)'.encode())
        connection.execute(f"DROP ROLE {name}".encode())
