"""PostgreSQL: the only package that imports its driver."""

from shared.db.connection import Database
from shared.db.entry import PUBLIC_TENANT, Entry, TenantEntry
from shared.db.listener import Listener
from shared.db.unit import Json, Pending, Unit

__all__ = ["PUBLIC_TENANT", "Database", "Entry", "Json", "Listener", "Pending", "TenantEntry", "Unit"]
