"""Entry point of the admin service."""

from shared.start import service_of

service = service_of("admin_api.routes")
handler = service.handle
