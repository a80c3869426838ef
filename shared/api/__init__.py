"""The HTTP kit every Lambda uses: routing, authentication, the error table, models and encoding."""

from shared.api.context import Context
from shared.api.reply import Listing, PerClient, Reply
from shared.api.request import Request
from shared.api.routes import Access, Routes
from shared.api.service import Service

__all__ = ["Access", "Context", "Listing", "PerClient", "Reply", "Request", "Routes", "Service"]
