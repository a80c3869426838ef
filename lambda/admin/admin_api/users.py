"""Accounts: find, make, lock, unlock and remove them."""

from msgspec import UNSET

from admin_api.answers import ChangedUser, DeletedUser, User, Users
from admin_api.requests import FindUsers, NewUser
from admin_api.rules import wanted_id
from shared.api import Access, Request, Routes
from shared.api.cursors import Cursors
from shared.auth.password_strength import weaknesses
from shared.auth.passwords import hash_password
from shared.domain.emails import normal_email
from shared.errors import InvalidInput, NotFound
from shared.ids import known_id, new_id
from shared.repositories.administration import AdministrationRepository

routes = Routes("admin")


@routes.get("/api/admin/users", access=Access.ADMIN)
def list_users(request: Request, query: FindUsers) -> Users:
    """List accounts of every tenant the administrator reaches, the newest first."""
    cursors = Cursors(request.context.settings.secret, "admin-users")
    before = cursors.decode(query.cursor)
    with request.unit() as unit:
        found = AdministrationRepository(unit).users(
            tenant_id=wanted_id(query.tenant_id, "tenant_id"), search=query.q, before=before, limit=query.limit
        )
    users = found.result
    return Users(
        users=[User.of(user) for user in users],
        count=users[0].total if users else 0,
        next_cursor=cursors.encode(users[-1].id) if len(users) == query.limit else UNSET,
    )


@routes.post("/api/admin/users", access=Access.ADMIN, status=201)
def add_user(request: Request, body: NewUser) -> ChangedUser:
    """Make an account with a password, in a tenant or in one of its own."""
    email = normal_email(body.email)
    name = " ".join((body.display_name or "").split()) or email.partition("@")[0]
    if suggestions := weaknesses(body.password, (email.partition("@")[0], name)):
        text = "; ".join(suggestions)
        raise InvalidInput(f"password: {text}", code="weak_password", details={"password": text})
    role = "learner" if body.role == "user" else body.role
    if body.tenant_id is None:
        if role not in {"learner", "owner"}:
            expected = f"required for the role {role}"
            raise InvalidInput(f"tenant_id: {expected}", details={"tenant_id": expected})
        role = "owner"  # of a tenant that is one person
    user_id = new_id()
    with request.unit() as unit:
        administration = AdministrationRepository(unit)
        administration.add_user(
            user_id,
            tenant_id=known_id(body.tenant_id, "tenant") if body.tenant_id else new_id(),
            own_tenant=body.tenant_id is None,
            email=email,
            password_hash=hash_password(body.password),
            display_name=name,
            role=role,
        )
        user = administration.user(user_id)
    return ChangedUser("created", User.of(user.result))


@routes.get("/api/admin/users/{user_id}", access=Access.ADMIN)
def get_user(request: Request, user_id: str) -> User:
    """Return one account."""
    person = known_id(user_id, "user")
    with request.unit() as unit:
        user = AdministrationRepository(unit).user(person)
    return User.of(user.result)


@routes.delete("/api/admin/users/{user_id}", access=Access.ADMIN)
def delete_user(request: Request, user_id: str) -> DeletedUser:
    """Remove an account and everything of it."""
    person = known_id(user_id, "user")
    with request.unit() as unit:
        deleted = AdministrationRepository(unit).delete_user(person)
    if not deleted.result:
        raise NotFound("user not found")
    return DeletedUser("deleted", person)


@routes.post("/api/admin/users/{user_id}/lock", access=Access.ADMIN)
def lock_user(request: Request, user_id: str) -> ChangedUser:
    """Keep somebody out, everywhere and at once, until they are unlocked."""
    return _locked(request, user_id, locked=True)


@routes.post("/api/admin/users/{user_id}/unlock", access=Access.ADMIN)
def unlock_user(request: Request, user_id: str) -> ChangedUser:
    """Let somebody in again."""
    return _locked(request, user_id, locked=False)


def _locked(request: Request, user_id: str, *, locked: bool) -> ChangedUser:
    person = known_id(user_id, "user")
    with request.unit() as unit:
        administration = AdministrationRepository(unit)
        administration.lock_user(person, locked=locked)
        user = administration.user(person)
    return ChangedUser("locked" if locked else "unlocked", User.of(user.result))
