"""Asking for a tenant's data and fetching it: the same for its owners and for administrators."""

import time
from collections.abc import Mapping

from msgspec import UNSET, Struct, UnsetType

from shared.api.request import Request
from shared.auth.caller import Limit
from shared.config import Settings
from shared.errors import NotFound
from shared.export_links import ExportedPart, ExportLinks
from shared.ids import known_id, new_id
from shared.repositories.jobs import JobRepository
from shared.repositories.tenant_export import KIND, TenantExportRepository


class ExportPart(Struct, frozen=True):
    """One zip file: where it can be had for an hour, its size in bytes, and its SHA-256 in hexadecimal."""

    url: str
    size: int
    sha256: str


class Export(Struct, frozen=True, kw_only=True):
    """A tenant's data, or how far it is.

    Attributes:
        status: of its job: queued, running, paused, completed, failed or cancelled. progress: from 0 to 1.
        rows: by table. objects: files beside them. parts: once it is completed; they stay for a week.
    """

    id: str
    status: str
    progress: float
    rows: Mapping[str, int] | UnsetType = UNSET
    objects: int | UnsetType = UNSET
    parts: list[ExportPart] | UnsetType = UNSET


def export_orders(settings: Settings) -> Limit:
    """Return how often exports may be asked for: each reads everything."""
    del settings
    return Limit("tenant_export", 5, 3_600)


def order_export(request: Request) -> Export:
    """Have everything that is kept about the request's tenant copied.

    Raises: Forbidden: the caller neither owns the tenant nor administers it.
    """
    job_id = new_id()
    with request.unit() as unit:
        exports = TenantExportRepository(unit)
        exports.for_owners_only()
        JobRepository(unit).add(job_id, KIND, {})
        exports.note(address=request.caller.address, request_id=request.http.request_id)
    return Export(id=job_id, status="queued", progress=0)


def find_export(request: Request, export_id: str) -> Export:
    """Return how far an export is, and where its parts can be had.

    Raises: NotFound: the tenant has no such export. Forbidden: as `order_export`.
    """
    job_id = known_id(export_id, "export")
    with request.unit() as unit:
        TenantExportRepository(unit).for_owners_only()
        found = JobRepository(unit).get(job_id)
    job = found.result
    if job.kind != KIND or unit.tenant_id is None:
        raise NotFound(f"export {job_id} not found")
    if job.result is None:
        return Export(id=job_id, status=job.status, progress=job.progress)
    links, now = ExportLinks(request.context.settings.secret), time.time()
    return Export(
        id=job_id,
        status=job.status,
        progress=job.progress,
        rows=job.result["rows"],
        objects=job.result["objects"],
        parts=[
            ExportPart(
                links.address(ExportedPart(unit.tenant_id, job_id, part["number"]), now=now),
                part["size"],
                part["sha256"],
            )
            for part in job.result["parts"]
        ],
    )
