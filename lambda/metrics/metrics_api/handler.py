"""Entry point of the metrics service."""

from shared.start import service_of

service = service_of("metrics_api.routes")
handler = service.handle
