"""Entry point of the curriculum service."""

from shared.start import service_of

service = service_of("curriculum_api.routes")
handler = service.handle
