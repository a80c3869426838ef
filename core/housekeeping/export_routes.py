"""`GET /media/export`: a part of a tenant's exported data, for whoever holds its signed address."""

import time
from typing import Annotated

from msgspec import Meta, Struct

from shared.api import Access, Reply, Request, Routes
from shared.export_links import ExportLinks
from shared.storage.port import ObjectStore


class ExportQuery(Struct, kw_only=True):
    """The signed part of the address."""

    part: Annotated[str, Meta(max_length=200)] = ""


def export_routes(store: ObjectStore, secret: bytes) -> Routes:
    """Return the operation."""
    routes = Routes("export")
    links = ExportLinks(secret)

    @routes.get("/media/export", access=Access.PUBLIC)
    def get_export(request: Request, query: ExportQuery) -> Reply:
        """Return a zip file of an export; its address is told to those who asked for it, and is good for an hour."""
        part = links.read(query.part, now=time.time())
        request.admit()
        return Reply(
            store.get(part.key),
            headers={
                "Content-Type": "application/zip",
                "Content-Disposition": f'attachment; filename="export-{part.number:04}.zip"',
                "Cache-Control": "private, no-store",
            },
        )

    return routes
