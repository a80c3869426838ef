"""Entry point of the admin service."""

import os

from admin_api.routes import routes
from shared.api import Context, Service
from shared.config import read_settings

service = Service(routes, Context.of(read_settings(os.environ)))
handler = service.handle
