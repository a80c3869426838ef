"""Entry point of the kb service."""

from shared.start import service_of

service = service_of("kb_api.routes")
handler = service.handle
