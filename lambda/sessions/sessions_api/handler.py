"""Entry point of the sessions service."""

from shared.start import service_of

service = service_of("sessions_api.routes")
handler = service.handle
