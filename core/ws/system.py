"""What a voice process tells everybody who watches through it: of itself, and of each one's own tenant."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from core.ws.updates import Updates
from shared.db import PUBLIC_TENANT
from shared.repositories.processes import Sample


class HomeLoop:
    """The event loop of an application, for those who work in threads beside it."""

    def __init__(self) -> None:
        self._loop: asyncio.AbstractEventLoop | None = None

    async def run(self, _app: web.Application) -> AsyncGenerator[None]:
        """Know the loop for as long as the application runs."""
        self._loop = asyncio.get_running_loop()
        yield
        self._loop = None

    def call(self, work: Callable[[], None]) -> None:
        """Have something done on the loop; without an application there is nobody to do it for."""
        if self._loop is not None:
            self._loop.call_soon_threadsafe(work)


@dataclass(slots=True)
class SystemNews:
    """Tells watchers of this process; everything is called on the event loop.

    Attributes:
        sessions: how many voice sessions a tenant has here now. live: how many all tenants have.
    """

    updates: Updates
    sessions: Callable[[str | None], int] = lambda _tenant_id: 0
    live: Callable[[], int] = lambda: 0
    _states: dict[str, str] = field(default_factory=dict[str, str])

    @property
    def sockets(self) -> int:
        """How many sockets are open here; may be asked from any thread."""
        return self.live() + len(self.updates)

    def tell(self, type_: str, data: Mapping[str, Any]) -> None:
        """Tell everybody."""
        self.updates.publish(PUBLIC_TENANT, type_, data)

    def sampled(self, sample: Sample) -> None:
        """Tell how busy the process is, and which of its vendors are no longer what they were."""
        load = {
            "cpu_percent": round(sample.host_cpu_percent, 1),
            "memory_percent": round(sample.host_memory_percent, 1),
        }
        self.updates.publish_each("metric", lambda tenant_id: {**load, "active_sessions": self.sessions(tenant_id)})
        for vendor in sample.models:
            service, status = f"{vendor['type']}:{vendor['server']}", vendor["status"]
            before = self._states.get(service, "available")
            self._states[service] = status
            if status != before:
                self._changed(service, vendor, status)

    def _changed(self, service: str, vendor: Mapping[str, str], status: str) -> None:
        """Tell under the names of both vocabularies."""
        event = "recovered" if status == "available" else "failed"
        self.tell("service_status", {"service_id": service, "status": status, "event": event})
        shown = "running" if status == "available" else "error"
        self.tell("service_update", {"id": service, "name": vendor["server"], "type": vendor["type"], "status": shown})
