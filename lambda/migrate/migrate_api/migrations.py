"""Carries out one invocation."""

import http.client
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from migrate_api.rules import outcome, wanted
from shared.db import Database
from shared.db.app_login import allow_app_login
from shared.db.runner import migrate
from shared.errors import AppError, InvalidInput
from shared.logging import get_logger
from shared.public_content import store_public_content

_RESPONSE_TIMEOUT_S = 10
CONTENT = Path(__file__).parent / "content"
_log = get_logger("migrate")


class Migrations(msgspec.Struct, frozen=True):
    """Migrates one database.

    Attributes:
        owner_url: logs in as the database's owner.
        app_url: logs in as the application; None where it becomes its role in another way.
    """

    owner_url: str
    app_url: str | None

    def handle(self, event: Mapping[str, Any]) -> dict[str, Any]:
        """Bring schema and public content up to date and return the versions applied now; again changes nothing.

        CloudFormation is told the outcome at its ResponseURL, failures too; everybody else gets them raised.
        Raises: AppError: the database does not answer, or cannot be migrated.
        """
        response_url = wanted(event).response_url
        if response_url is None:
            return {"applied": self._apply(event)}
        failure = None
        applied: list[int] = []
        try:
            applied = self._apply(event)
        except AppError as exc:
            failure = exc.message
        except Exception as exc:  # noqa: BLE001  the edge: untold, CloudFormation would wait for an hour
            _log.error("migration_failed", kind=type(exc).__qualname__)
            failure = f"the migration failed: {type(exc).__qualname__}"
        _tell(response_url, outcome(event, applied, failure))
        return {"applied": applied}

    def _apply(self, event: Mapping[str, Any]) -> list[int]:
        work = wanted(event)
        if not work.migrate:
            return []
        applied = migrate(self.owner_url)
        if work.app_login:
            if self.app_url is None:
                raise InvalidInput("DATABASE_URL must be set for the application role to log in")
            allow_app_login(self.owner_url, self.app_url)
        database = Database(self.owner_url)
        try:
            content = store_public_content(database, CONTENT)
        finally:
            database.close()
        _log.info("schema_migrated", applied=applied, app_login=work.app_login, curricula=content.curricula)
        return applied


def _tell(url: str, told: Mapping[str, Any]) -> None:
    if not url.startswith(("https://", "http://")):
        raise InvalidInput("ResponseURL: expected an http(s) URL")
    # The URL is signed for a PUT without a content type.
    request = urllib.request.Request(url, msgspec.json.encode(told), {"Content-Type": ""}, method="PUT")  # noqa: S310  checked above
    reply: http.client.HTTPResponse
    with urllib.request.urlopen(request, timeout=_RESPONSE_TIMEOUT_S) as reply:  # noqa: S310  checked above
        reply.read()
