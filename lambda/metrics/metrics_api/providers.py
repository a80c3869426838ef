"""Vendors' keys, which no client gets.

A client that spoke to a vendor itself would spend past every budget: speech goes through core, which meters it. The
web client shows the refusal and does without.
"""

from shared.api import Access, Request, Routes
from shared.errors import NotFound

routes = Routes("metrics")


@routes.post("/api/providers/{vendor}/key", access=Access.CLIENT)
def get_provider_key(request: Request, vendor: str) -> None:
    """Refuse a key of a vendor, once the caller is known to be one of ours.

    Raises: NotFound: always, `not_configured`.
    """
    request.admit()
    why = f"keys of {vendor} are not given to clients: the tutor's own sockets speak and listen for them"
    raise NotFound(why, code="not_configured")


@routes.get("/api/providers/elevenlabs/voices", access=Access.CLIENT)
def list_elevenlabs_voices(request: Request) -> None:
    """Refuse: this deployment does not speak with that vendor's voices.

    Raises: NotFound: always, `not_configured`.
    """
    request.admit()
    raise NotFound("elevenlabs is not configured here: the tutor has voices of its own", code="not_configured")
