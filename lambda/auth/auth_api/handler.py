"""Entry point of the auth service."""

from shared.start import service_of

service = service_of("auth_api.routes")
handler = service.handle
