"""What the handlers of one service work with, built once per container."""

from functools import lru_cache
from typing import TYPE_CHECKING

import msgspec

from shared.auth.authenticator import Authenticator
from shared.config import Settings
from shared.db import Database

if TYPE_CHECKING:
    from shared.storage.port import ObjectStore


class Context(msgspec.Struct, frozen=True):
    """Settings, the database and the authenticator of one deployment."""

    settings: Settings
    database: Database
    authenticator: Authenticator

    @classmethod
    def of(cls, settings: Settings) -> "Context":
        """Build a context; nothing connects before the first request."""
        database = Database(settings.database_url, pool_size=settings.database_pool)
        return cls(settings, database, Authenticator(settings))

    @property
    def objects(self) -> "ObjectStore | None":
        """The object store; None where the deployment has none."""
        url = self.settings.objects_url
        return None if url is None else _opened(url)


@lru_cache(maxsize=4)
def _opened(url: str) -> "ObjectStore":
    """Open the store when the first request needs it: its library takes time that no other request should spend."""
    from shared.storage.objects import open_objects

    return open_objects(url)
