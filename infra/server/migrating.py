"""Brings a database up to date before servers of this release start."""

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from infra.local.seed import CONTENT
from shared.db import Database
from shared.db.app_login import allow_app_login
from shared.db.connection import APP_ROLE
from shared.db.runner import migrate
from shared.errors import InvalidInput
from shared.public_content import store_public_content


@dataclass(frozen=True, slots=True)
class Done:
    """What was applied, and how many curricula everybody may read now."""

    applied: list[int]
    curricula: int


def migrate_all(environ: Mapping[str, str]) -> Done:
    """Apply the schema, let the application log in, store the shared content; doing it again changes nothing.

    `MIGRATION_DATABASE_URL` logs in as the owner. Where `DATABASE_URL` logs in as the application's own role,
    that role gets the password it holds.
    Raises: InvalidInput: a URL is missing or none. Unavailable: the database does not answer. Forbidden: the login may
        not migrate. Conflict: the database was made by other migrations than these.
    """
    owner_url = environ.get("MIGRATION_DATABASE_URL")
    if not owner_url:
        raise InvalidInput("MIGRATION_DATABASE_URL must be set: the URL of the database's owner")
    applied = migrate(owner_url)
    app_url = environ.get("DATABASE_URL") or owner_url
    if urlsplit(app_url).username == APP_ROLE:
        allow_app_login(owner_url, app_url)
    database = Database(owner_url)
    try:
        content = store_public_content(database, CONTENT)
    finally:
        database.close()
    return Done(applied, content.curricula)
