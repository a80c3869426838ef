"""`POST /api/realtime/token` and its other name, by which OpenAI's SDK calls it."""

import time
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta, Struct

from core.realtime.dialect import Dialect
from core.realtime.settings import RealtimeSettings, described, updated
from shared.api import Access, Request, Routes
from shared.ids import known_id
from shared.repositories.realtime_secrets import RealtimeSecretRepository


class Expiry(Struct, kw_only=True):
    """How long a secret lasts, in seconds from now."""

    anchor: Literal["created_at"] = "created_at"
    seconds: Annotated[int, Meta(ge=10, le=7_200)] = 600


class NewSecret(Struct, kw_only=True):
    """What a secret is for.

    Attributes:
        session: what the session begins with, as `session.update` takes it.
        session_id: ours: the only tutoring session it opens; absent: a new one, or whichever the client names.
    """

    expires_after: Expiry | None = None
    session: dict[str, Any] | None = None
    session_id: str | None = None


class SecretValue(Struct, kw_only=True):
    """The secret, and when it ends, in epoch seconds."""

    value: str
    expires_at: int


class Secret(Struct, kw_only=True):
    """A secret under the names of both dialects."""

    value: str
    expires_at: int
    client_secret: SecretValue
    session: dict[str, Any]


def realtime_routes(model: str, stt: str) -> Routes:
    """Return the operations.

    Args: model, stt: who answers and who transcribes, as a session shows it.
    """
    routes = Routes("realtime")

    @routes.post("/api/realtime/token", access=Access.CLIENT, replayable=False)
    @routes.post("/v1/realtime/client_secrets", access=Access.CLIENT, replayable=False)
    def make_secret(request: Request, body: NewSecret) -> Secret:
        """Return what opens Realtime sockets as the caller, for some minutes."""
        wanted = body.session or {}
        settings = updated(RealtimeSettings(), msgspec.json.encode(wanted), Dialect.GA)
        session_id = known_id(body.session_id, "session") if body.session_id else None
        lasts = (body.expires_after or Expiry()).seconds
        with request.unit() as unit:
            secret = RealtimeSecretRepository(unit).mint(
                request.caller,
                key=request.context.settings.secret,
                lasts_s=lasts,
                session_id=session_id,
                settings=wanted,
            )
        value = SecretValue(value=secret, expires_at=int(time.time()) + lasts)
        shown = described(settings, session_id or "", model, stt, Dialect.GA)
        return Secret(value=value.value, expires_at=value.expires_at, client_secret=value, session=shown)

    return routes
