"""Imports as routes use them: in threads, each request with its own units of work and its own short event loop."""

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

import msgspec

from core.imports.registry import Installed, Plugins
from core.imports.sources.port import Source
from shared.api import Request
from shared.repositories.authors import require_importer
from shared.repositories.plugin_settings import PluginSettingsRepository, PluginState
from shared.storage.port import ObjectStore

Result = TypeVar("Result")


class ImportDesk(msgspec.Struct, frozen=True):
    """What the routes work with.

    Attributes:
        model: who adds to curricula, by vendor and name as the price book has them.
    """

    plugins: Plugins
    objects: ObjectStore
    model: tuple[str, str]

    def states(self, request: Request) -> list[PluginState]:
        """Return how the caller's tenant has set its plug-ins, to those who may import.

        Raises: Forbidden `not_an_author`.
        """
        with request.unit() as unit:
            require_importer(unit, trusted=is_trusted(request))
            found = PluginSettingsRepository(unit).all()
        return found.result

    def installed(self, request: Request) -> list[Installed]:
        """Return the plug-ins as the caller's tenant has them."""
        return self.plugins.installed(self.states(request))

    def source(self, request: Request, source_id: str) -> Source:
        """Return a source for the caller's tenant.

        Raises: Forbidden, NotFound, Conflict: see Plugins.open.
        """
        return self.plugins.open(source_id, self.states(request), request.unit)


def is_trusted(request: Request) -> bool:
    """Tell whether the caller is on a trusted network without accounts, or an administrator."""
    return request.caller.kind in {"open", "admin"}


def asked(work: Coroutine[Any, Any, Result]) -> Result:
    """Do what a source is asked, in this thread: nothing of it belongs to another event loop."""
    return asyncio.run(work)
