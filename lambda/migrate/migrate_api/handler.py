"""Entry point: applies migrations as the database's owner when CloudFormation or an operator asks."""

import os
from typing import Any

from migrate_api.migrations import Migrations

migrations = Migrations(os.environ["MIGRATION_DATABASE_URL"], os.environ.get("DATABASE_URL"))


def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Migrate, and return the versions applied now."""
    return migrations.handle(event)
