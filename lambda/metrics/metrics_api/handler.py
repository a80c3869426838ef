"""Entry point of the metrics service."""

import os

from metrics_api.routes import routes
from shared.api import Context, Service
from shared.config import read_settings

service = Service(routes, Context.of(read_settings(os.environ)))
handler = service.handle
