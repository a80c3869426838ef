"""Who is there: the programs people use, and the model servers somebody wrote down."""

from typing import Annotated, Any, Final
from urllib.parse import urlsplit

from msgspec import UNSET, Meta, Struct, UnsetType

from metrics_api.presence import sighting_of
from metrics_api.requests import Name
from metrics_api.rules import known_client
from shared.api import Access, PerClient, Request, Routes
from shared.clock import iso, utc_now
from shared.errors import InvalidInput
from shared.ids import known_id, new_id
from shared.repositories.clients import Client, ClientRepository, Sighting
from shared.repositories.model_servers import ModelServer, ModelServerRepository

routes = Routes("metrics")

ONLINE_S: Final = 60
IDLE_S: Final = 300
MOST_CLIENTS: Final = 1_000


class Heartbeat(Struct, frozen=True):
    """What a client says of itself while it runs; `client_id` where it sends no X-Client-ID."""

    client_id: Name | None = None
    device_model: Name | None = None
    os_version: Name | None = None
    app_version: Name | None = None
    status: Name | None = None
    current_session_id: Name | None = None
    config: dict[str, Annotated[str, Meta(max_length=200)]] | None = None


class Alive(Struct, frozen=True):
    """The answer to a sign of life."""

    status: str
    server_time: str
    client_id: str


class ClientAnswer(Struct, frozen=True, kw_only=True):
    """A client as the console reads it; first_seen and last_seen are in seconds since 1970."""

    id: str
    name: str
    platform: str
    device_model: str
    os_version: str
    app_version: str
    version: str
    first_seen: float
    last_seen: float
    ip_address: str
    status: str
    current_session_id: str | UnsetType
    total_sessions: int
    total_logs: int
    config: dict[str, Any]


class AndroidClient(Struct, frozen=True):
    """A client as the Android app reads it."""

    id: str
    name: str
    platform: str
    version: str
    status: str
    connected_at: str
    last_seen: str


class NewServer(Struct, frozen=True):
    """A model server to write down."""

    name: Annotated[str, Meta(min_length=1, max_length=200)]
    type: Annotated[str, Meta(min_length=1, max_length=64)]
    url: Annotated[str, Meta(min_length=1, max_length=2_000)]
    port: Annotated[int, Meta(ge=1, le=65_535)] | None = None
    models: Annotated[list[Name], Meta(max_length=1_000)] | None = None


class ServerAnswer(Struct, frozen=True):
    """A written-down model server; nothing calls it, so its status is not known and it was last checked never: at 0."""

    id: str
    name: str
    type: str
    url: str
    port: int
    status: str
    capabilities: list[str]
    models: list[str]
    created_at: str
    last_check: float = 0.0
    response_time_ms: float = 0.0


class Servers(Struct, frozen=True):
    """All of them, and how many are in which state."""

    servers: list[ServerAnswer]
    total: int
    healthy: int
    degraded: int
    unhealthy: int


class Added(Struct, frozen=True):
    """A server that was written down."""

    status: str
    server: ServerAnswer


class Done(Struct, frozen=True):
    """That it was done."""

    status: str


@routes.post("/api/clients/heartbeat", access=Access.CLIENT)
def heartbeat(request: Request, body: Heartbeat) -> Alive:
    """Take a client's sign of life."""
    client_id = known_client(request.client.id, body.client_id)
    seen = sighting_of(request, client_id)
    sighting = Sighting(
        id=client_id,
        name=seen.name,
        platform=seen.platform,
        device_model=body.device_model or "",
        os_version=body.os_version or "",
        app_version=body.app_version or seen.app_version,
        activity=body.status or "",
        current_session_id=body.current_session_id,
        config=body.config or {},
        address=seen.address,
    )
    with request.unit() as unit:
        ClientRepository(unit).seen(sighting)
    return Alive("ok", iso(utc_now()), client_id)


@routes.get("/api/clients", access=Access.CLIENT)
def list_clients(request: Request) -> PerClient:
    """Return the clients the caller sees, the one last seen first."""
    with request.unit() as unit:
        found = ClientRepository(unit).find(most=MOST_CLIENTS)
    clients = found.result
    states = [_status(client) for client in clients]
    counts = {state: states.count(state) for state in ("online", "idle", "offline")}
    envelope = {"clients": [_client(client) for client in clients], "total": len(clients), **counts}
    return PerClient(envelope, [_android(client) for client in clients])


@routes.get("/api/servers", access=Access.CLIENT)
def list_servers(request: Request) -> Servers:
    """Return the model servers somebody of the tenant wrote down."""
    with request.unit() as unit:
        found = ModelServerRepository(unit).find()
    servers = [_server(server) for server in found.result]
    return Servers(servers, len(servers), 0, 0, 0)


@routes.post("/api/servers", access=Access.CLIENT)
def add_server(request: Request, body: NewServer) -> Added:
    """Write a model server down, for those who teach or run the tenant."""
    port = body.port or _port(body.url)
    with request.unit() as unit:
        added = ModelServerRepository(unit).add(
            new_id(), name=body.name, type_=body.type, url=body.url, port=port, models=body.models or []
        )
    return Added("ok", _server(added.result))


@routes.delete("/api/servers/{server_id}", access=Access.CLIENT)
def remove_server(request: Request, server_id: str) -> Done:
    """Cross a model server out, for those who teach or run the tenant."""
    with request.unit() as unit:
        ModelServerRepository(unit).remove(known_id(server_id, "server"))
    return Done("ok")


def _port(url: str) -> int:
    """Return the port of a server's address.

    Raises: InvalidInput: it is no http address.
    """
    try:
        parts = urlsplit(url)
        usual = {"http": 80, "https": 443}[parts.scheme]
        if parts.hostname:
            return parts.port or usual
    except (ValueError, KeyError):
        pass
    expected = "an address that begins with http:// or https://"
    raise InvalidInput(f"url: {expected}", details={"url": expected})


def _status(client: Client) -> str:
    return "online" if client.seconds_away < ONLINE_S else "idle" if client.seconds_away < IDLE_S else "offline"


def _client(client: Client) -> ClientAnswer:
    return ClientAnswer(
        id=client.id,
        name=client.name,
        platform=client.platform,
        device_model=client.device_model,
        os_version=client.os_version,
        app_version=client.app_version,
        version=client.app_version,
        first_seen=client.first_seen.timestamp(),
        last_seen=client.last_seen.timestamp(),
        ip_address=client.address,
        status=_status(client),
        current_session_id=client.current_session_id or UNSET,
        total_sessions=client.reports,
        total_logs=client.logs,
        config=dict(client.config),
    )


def _android(client: Client) -> AndroidClient:
    return AndroidClient(
        id=client.id,
        name=client.name,
        platform=client.platform,
        version=client.app_version,
        status=_status(client),
        connected_at=iso(client.first_seen),
        last_seen=iso(client.last_seen),
    )


def _server(server: ModelServer) -> ServerAnswer:
    return ServerAnswer(
        id=server.id,
        name=server.name,
        type=server.type,
        url=server.url,
        port=server.port,
        status="unknown",
        capabilities=[],
        models=server.models,
        created_at=iso(server.created_at),
    )
