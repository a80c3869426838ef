"""Which kinds of jobs a deployment runs, and which it orders by itself: each is one line here."""

from datetime import timedelta

from core.components import Components
from core.housekeeping.backup import Backup
from core.housekeeping.orphans import OrphanedObjects
from core.housekeeping.price_list import PriceListRefresh
from core.housekeeping.retention import OldRows
from core.housekeeping.tenant_export import TenantExport
from core.imports.mounting import import_handlers
from core.jobs.port import JobHandler
from core.jobs.registry import Registry, Schedule
from core.speech.speaking import Speaking


def registry(parts: Components) -> Registry:
    """Return everything there is to do."""
    handlers = _handlers(parts)
    kinds = {handler.kind for handler in handlers}
    return Registry(handlers, [schedule for schedule in _schedules() if schedule.kind in kinds])


def _handlers(parts: Components) -> list[JobHandler]:
    return [
        Speaking(parts.database, parts.speech.desktop.desk),
        TenantExport(parts.database, parts.store),
        OrphanedObjects(parts.database, parts.store),
        OldRows(parts.database, parts.settings.retention, parts.settings.housekeeping.job_days),
        *import_handlers(parts),
        *_owners(parts),
    ]


def _owners(parts: Components) -> list[JobHandler]:
    """Return what only the database's owner may do, where this process knows that login."""
    housekeeping = parts.settings.housekeeping
    if not housekeeping.owner_url:
        return []
    return [
        Backup(housekeeping.owner_url, parts.store, housekeeping.backups_kept),
        PriceListRefresh(housekeeping.owner_url, parts.store),
    ]


def _schedules() -> list[Schedule]:
    """Return what is due again and again, where this process handles it; small hours, one after the other."""
    day = timedelta(days=1)
    return [
        Schedule(name="backup", kind="backup", every=day, offset=timedelta(hours=2)),
        Schedule(name="retention", kind="retention", every=day, offset=timedelta(hours=3)),
        Schedule(name="price-list", kind="price_list", every=day, offset=timedelta(hours=4)),
        Schedule(name="orphaned-objects", kind="orphaned_objects", every=7 * day, offset=timedelta(days=5, hours=3)),
    ]
