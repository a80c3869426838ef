"""What the handlers of one service work with, built once per container."""

from dataclasses import dataclass

from shared.auth.authenticator import Authenticator
from shared.config import Settings
from shared.db import Database


@dataclass(frozen=True, slots=True)
class Context:
    """Settings, the database and the authenticator of one deployment."""

    settings: Settings
    database: Database
    authenticator: Authenticator

    @classmethod
    def of(cls, settings: Settings) -> "Context":
        """Build a context; nothing connects before the first request."""
        database = Database(settings.database_url, pool_size=settings.database_pool)
        return cls(settings, database, Authenticator(settings))
