"""PostgreSQL: the only package that imports its driver."""

from shared.db.connection import Database
from shared.db.entry import PUBLIC_TENANT, Entry, TenantEntry
from shared.db.listener import Listener
from shared.db.unit import Json, Pending, Unit
from shared.db.wire import KeepPlan

__all__ = ["PUBLIC_TENANT", "Database", "Entry", "Json", "KeepPlan", "Listener", "Pending", "TenantEntry", "Unit"]
