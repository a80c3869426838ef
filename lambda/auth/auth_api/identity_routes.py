"""Signing in with Apple or Google, and which of their identities an account has.

An identity signs its account in by the provider's id of the person. Only the first time the address counts: an account
that proved it is the same person's where the provider is the authority for it. Otherwise whoever has the account signs
in to it first, and links.
"""

from functools import cache
from typing import TYPE_CHECKING

from auth_api.account_models import Farewell
from auth_api.account_routes import current_session, password_checks
from auth_api.devices import device_facts
from auth_api.identity_models import Identities, IdentityItem, IdTokenSignIn, NewIdentity
from auth_api.invitations import invitation_of
from auth_api.models import Message, SignedIn
from auth_api.proving import prove_again
from auth_api.repeated import first_answer, keep, mark
from auth_api.rules import chosen_name
from auth_api.signing_in import Person, sign_in
from shared.api import Access, Request, Routes
from shared.auth.caller import Limit
from shared.config import Settings
from shared.db import Unit
from shared.domain.emails import normal_email
from shared.errors import Conflict, Forbidden, InvalidInput
from shared.ids import known_id, new_id
from shared.repositories.accounts import AccountRepository
from shared.repositories.audit import AuditRepository
from shared.repositories.beta_tokens import BetaTokenRepository
from shared.repositories.identities import IdentityRepository, Known
from shared.repositories.mail_outbox import MailOutbox

if TYPE_CHECKING:
    from shared.auth.id_tokens import Identity, IdTokenVerifier, Provider

routes = Routes("auth")


def _sign_ins(settings: Settings) -> Limit:
    return Limit("login", settings.logins_per_minute)


@routes.post("/api/auth/apple", access=Access.PUBLIC, limit=_sign_ins)
def with_apple(request: Request, body: IdTokenSignIn) -> SignedIn:
    """Sign in with Apple; somebody new gets an account."""
    return _signed_in(request, body, "apple")


@routes.post("/api/auth/google", access=Access.PUBLIC, limit=_sign_ins)
def with_google(request: Request, body: IdTokenSignIn) -> SignedIn:
    """Sign in with Google; somebody new gets an account."""
    return _signed_in(request, body, "google")


@routes.get("/api/auth/identities", access=Access.ACCOUNT)
def list_identities(request: Request) -> Identities:
    """List what signs the caller in beside the password."""
    with request.unit() as unit:
        found = IdentityRepository(unit).all()
    return Identities([IdentityItem.of(identity) for identity in found.result])


@routes.post("/api/auth/identities", access=Access.ACCOUNT, limit=password_checks)
def link(request: Request, body: NewIdentity) -> Identities:
    """Link an identity; needs the password, or a sign-in of a few minutes ago."""
    if body.provider is None:
        raise InvalidInput("provider: apple or google", code="missing_credentials", details={"provider": "required"})
    id_token, nonce = _proofs(body)
    verifier = _configured(request.context.settings, body.provider)
    proof = prove_again(request, body.password)
    identity = verifier.verify(id_token, nonce)
    email = _address(identity)
    with request.unit() as unit:
        linked = IdentityRepository(unit)
        linked.spend(identity.fingerprint, identity.expires_at)
        linked.link(new_id(), identity.provider, identity.subject, email, by_address=False)
        _note_linked(request, unit, identity)
        if proof.email:
            MailOutbox(unit).ask("identity_linked", proof.email)
        found = linked.all()
    return Identities([IdentityItem.of(each) for each in found.result])


@routes.delete("/api/auth/identities/{identity_id}", access=Access.ACCOUNT, limit=password_checks)
def unlink(request: Request, identity_id: str, body: Farewell) -> Message:
    """Take an identity away and sign every other device out; needs the password, or a young sign-in.

    The last way into an account stays.
    """
    identity = known_id(identity_id, "identity")
    prove_again(request, body.password)
    with request.unit() as unit:
        IdentityRepository(unit).unlink(identity, current_session(request))
        AuditRepository(unit).record(
            "identity_unlinked", subject=identity, address=request.caller.address, request_id=request.http.request_id
        )
    return Message("unlinked; every other device is signed out")


def _signed_in(request: Request, body: IdTokenSignIn, provider: "Provider") -> SignedIn:
    id_token, nonce = _proofs(body)
    verifier = _configured(request.context.settings, provider)
    # Counted before anything is verified: each attempt costs us more than its sender.
    request.admit()
    identity = verifier.verify(id_token, nonce)
    email = _address(identity)
    with request.unit() as unit:
        found = IdentityRepository(unit).find(provider, identity.subject, email)
    known = found.result
    if known is None:
        return _register(request, body, identity, email)
    if not known.linked and not (known.email_verified and identity.may_link):
        message = "there is an account with this address: sign in with its password, then link this sign-in"
        raise Conflict(message, code="link_required")
    return _sign_in(request, body, identity, known, email)


def _sign_in(request: Request, body: IdTokenSignIn, identity: "Identity", known: Known, email: str | None) -> SignedIn:
    if not known.is_active:
        raise Forbidden("this account is disabled", code="account_inactive")
    if known.is_locked:
        raise Forbidden("this account is locked", code="account_locked")
    person = Person(known.tenant_id, known.user_id)
    if known.linked and (answered := first_answer(request, person)) is not None:
        return answered
    with request.unit_for(person.tenant_id, person.user_id) as unit:
        mark(unit, request)
        linked = IdentityRepository(unit)
        linked.spend(identity.fingerprint, identity.expires_at)
        if known.linked:
            linked.used(identity.provider, identity.subject, email)
        else:
            linked.link(new_id(), identity.provider, identity.subject, email, by_address=True)
            _note_linked(request, unit, identity)
            MailOutbox(unit).ask("identity_linked", email or "")
        AccountRepository(unit).signed_in(new_password_hash=None)
        device = device_facts(body.device, body.device_name, request.client)
        answer = sign_in(unit, request, person, device, f"signed_in_with_{identity.provider}")
    return keep(request, person, answer(), 200)


def _register(request: Request, body: IdTokenSignIn, identity: "Identity", email: str | None) -> SignedIn:
    invitation = invitation_of(request)
    person = Person(new_id(), new_id())
    name = chosen_name(body.display_name or body.name or identity.name[:200], email or "")
    with request.unit_for(person.tenant_id, person.user_id) as unit:
        linked = IdentityRepository(unit)
        if invitation is not None:
            BetaTokenRepository(unit).redeem(invitation.tenant_id, invitation.token_hash)
        accounts = AccountRepository(unit)
        accounts.found_individual(name or "Learner")
        accounts.add(
            user_id=person.user_id,
            email=email,
            password_hash=None,
            display_name=name,
            email_verified=email is not None and identity.proves_email,
        )
        linked.link(new_id(), identity.provider, identity.subject, email, by_address=False)
        # After the account: of two requests at once the second is told that there is one, not that its token is bad.
        linked.spend(identity.fingerprint, identity.expires_at)
        mark(unit, request)
        if email and not identity.proves_email:
            MailOutbox(unit).ask("verify_email", email)
        device = device_facts(body.device, body.device_name, request.client)
        answer = sign_in(unit, request, person, device, f"registered_with_{identity.provider}")
    return keep(request, person, answer(), 200)


def _proofs(body: IdTokenSignIn | NewIdentity) -> tuple[str, str]:
    """Return the ID token and the nonce.

    Raises: InvalidInput: one is missing (`missing_credentials`).
    """
    if body.id_token and body.nonce:
        return body.id_token, body.nonce
    missing = {name: "required" for name in ("id_token", "nonce") if not getattr(body, name)}
    raise InvalidInput("id_token and nonce are required", code="missing_credentials", details=missing)


def _configured(settings: Settings, provider: "Provider") -> "IdTokenVerifier":
    """Return what verifies a provider's tokens.

    Raises: Forbidden: the operator has not set it up (`not_configured`).
    """
    apple = provider == "apple"
    audiences = settings.apple_audiences if apple else settings.google_audiences
    if not audiences:
        raise Forbidden(f"sign-in with {provider.title()} is not set up here", code="not_configured")
    return _verifier(provider, audiences, settings.apple_keys_url if apple else settings.google_keys_url)


@cache
def _verifier(provider: "Provider", audiences: tuple[str, ...], keys_url: str) -> "IdTokenVerifier":
    """Return the one verifier of this process, which keeps the keys it has fetched."""
    # Most containers never need what these bring in.
    from shared.auth.id_tokens import IdTokenVerifier
    from shared.auth.remote_keys import RemoteKeys

    return IdTokenVerifier(provider, audiences, RemoteKeys(keys_url))


def _address(identity: "Identity") -> str | None:
    """Return the address as accounts have it, None where the provider told none that we take."""
    try:
        return normal_email(identity.email) if identity.email else None
    except InvalidInput:
        return None


def _note_linked(request: Request, unit: Unit, identity: "Identity") -> None:
    AuditRepository(unit).record(
        "identity_linked", subject=identity.provider, address=request.caller.address, request_id=request.http.request_id
    )
