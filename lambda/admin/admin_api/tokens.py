"""Beta tokens of a tenant."""

from msgspec import UNSET

from admin_api.answers import MintedToken, Token, Tokens
from admin_api.requests import NewToken, TokenChange
from shared.api import Access, Request, Routes
from shared.ids import known_id, new_id
from shared.repositories.beta_tokens import BetaTokenRepository

routes = Routes("admin")


@routes.get("/api/admin/tenants/{tenant_id}/tokens", access=Access.ADMIN)
def list_tokens(request: Request, tenant_id: str) -> Tokens:  # noqa: ARG001  the request has entered it
    """List a tenant's beta tokens, the newest first."""
    with request.unit() as unit:
        found = BetaTokenRepository(unit).all()
    return Tokens([Token.of(token) for token in found.result])


@routes.post("/api/admin/tenants/{tenant_id}/tokens", access=Access.ADMIN, status=201)
def mint_token(request: Request, tenant_id: str, body: NewToken) -> MintedToken:  # noqa: ARG001  as above
    """Make a beta token and show it, this once; again only to a repetition with the same Idempotency-Key."""
    token_id = new_id()
    with request.unit() as unit:
        tokens = BetaTokenRepository(unit)
        token = tokens.mint(
            known_id(body.user_id, "user"),
            secret=request.context.settings.secret,
            label=body.label,
            requests_per_minute=body.requests_per_minute,
            expires_at=body.expires_at,
            binds_device=body.binds_device,
            token_id=token_id,
        )
        made = tokens.get(token_id)
    return MintedToken(token, Token.of(made.result))


@routes.patch("/api/admin/tenants/{tenant_id}/tokens/{token_id}", access=Access.ADMIN)
def change_token(request: Request, tenant_id: str, token_id: str, body: TokenChange) -> Token:  # noqa: ARG001  as above
    """Label a token, or change its limit or expiry."""
    wanted = known_id(token_id, "beta token")
    with request.unit() as unit:
        tokens = BetaTokenRepository(unit)
        tokens.change(
            wanted,
            label=body.label if body.label is not UNSET else None,
            requests_per_minute=body.requests_per_minute if body.requests_per_minute is not UNSET else None,
            expires_at=body.expires_at if body.expires_at is not UNSET else None,
            never_expires=body.expires_at is None,
        )
        found = tokens.get(wanted)
    return Token.of(found.result)


@routes.post("/api/admin/tenants/{tenant_id}/tokens/{token_id}/rotate", access=Access.ADMIN)
def rotate_token(request: Request, tenant_id: str, token_id: str) -> MintedToken:  # noqa: ARG001  as above
    """Put a new token in the place of one, which ends at once, and show it, as above."""
    wanted = known_id(token_id, "beta token")
    with request.unit() as unit:
        tokens = BetaTokenRepository(unit)
        token = tokens.rotate(wanted, secret=request.context.settings.secret)
        found = tokens.get(wanted)
    return MintedToken(token, Token.of(found.result))


@routes.delete("/api/admin/tenants/{tenant_id}/tokens/{token_id}", access=Access.ADMIN)
def revoke_token(request: Request, tenant_id: str, token_id: str) -> Token:  # noqa: ARG001  as above
    """End a token for ever."""
    wanted = known_id(token_id, "beta token")
    with request.unit() as unit:
        revoked = BetaTokenRepository(unit).revoke(wanted)
    return Token.of(revoked.result)
