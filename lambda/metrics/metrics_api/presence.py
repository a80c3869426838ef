"""What a request tells of the program that sent it."""

from shared.api import Request
from shared.repositories.clients import Sighting


def sighting_of(request: Request, client_id: str, *, name: str = "", reports: int = 0, logs: int = 0) -> Sighting:
    """Return the meeting of a client by its request.

    Args:
        name: it gives itself beside the X-Client headers.
        reports, logs: how many came with the request.
    """
    client = request.client
    return Sighting(
        id=client_id,
        name=name or client.name,
        platform=client.platform,
        app_version=client.version,
        address=request.caller.address,
        reports=reports,
        logs=logs,
    )
