"""`./unamentis token`: beta tokens of a tenant, for whoever owns the database."""

from datetime import datetime, timedelta

from infra.local.administrators import Installation
from infra.local.seed import DEMO_TENANT, LEARNER
from shared.clock import iso, utc_now
from shared.db.entry import CommandLine
from shared.ids import known_id
from shared.repositories.beta_tokens import BetaToken, BetaTokenRepository


class Tenant:
    """The tokens of one tenant; every change is noted in its audit log.

    Args:
        tenant_id: the demo school unless given.
    """

    def __init__(self, place: Installation, tenant_id: str | None) -> None:
        self._place = place
        self._id = known_id(tenant_id, "tenant") if tenant_id else DEMO_TENANT

    def mint(self, user_id: str | None, *, label: str, per_minute: int, days: int | None, bind_device: bool) -> None:
        """Make a token for a member and print it.

        Raises: NotFound: no such tenant, or nobody of that id in it.
        """
        with self._place.database.unit(CommandLine("token mint", self._id)) as unit:
            token = BetaTokenRepository(unit).mint(
                known_id(user_id, "user") if user_id else LEARNER.id,
                secret=self._place.secret,
                label=label,
                requests_per_minute=per_minute,
                expires_at=utc_now() + timedelta(days=days) if days else None,
                binds_device=bind_device,
            )
        print(token)

    def rotate(self, token_id: str) -> None:
        """Print a new token in the place of one.

        Raises: NotFound: no such token, or it was revoked.
        """
        with self._place.database.unit(CommandLine("token rotate", self._id)) as unit:
            token = BetaTokenRepository(unit).rotate(known_id(token_id, "beta token"), secret=self._place.secret)
        print(token)

    def revoke(self, token_id: str) -> None:
        """End a token.

        Raises: NotFound: no such token.
        """
        with self._place.database.unit(CommandLine("token revoke", self._id)) as unit:
            token = BetaTokenRepository(unit).revoke(known_id(token_id, "beta token"))
        print(line(token.result))

    def label(self, token_id: str, text: str) -> None:
        """Say what a token is for.

        Raises: NotFound: no such token.
        """
        self._change("token label", token_id, label=text)

    def limit(self, token_id: str, *, per_minute: int | None, days: int | None, for_ever: bool) -> None:
        """Say how many requests a minute a token may make and how long it stands; None leaves something as it is.

        Raises: NotFound: no such token.
        """
        expires_at = utc_now() + timedelta(days=days) if days else None
        self._change("token limit", token_id, per_minute=per_minute, expires_at=expires_at, for_ever=for_ever)

    def _change(
        self,
        operation: str,
        token_id: str,
        *,
        label: str | None = None,
        per_minute: int | None = None,
        expires_at: datetime | None = None,
        for_ever: bool = False,
    ) -> None:
        wanted = known_id(token_id, "beta token")
        with self._place.database.unit(CommandLine(operation, self._id)) as unit:
            tokens = BetaTokenRepository(unit)
            tokens.change(
                wanted, label=label, requests_per_minute=per_minute, expires_at=expires_at, never_expires=for_ever
            )
            token = tokens.get(wanted)
        print(line(token.result))

    def show(self) -> None:
        """Print all tokens, without the tokens."""
        with self._place.database.unit(CommandLine("token list", self._id)) as unit:
            found = BetaTokenRepository(unit).all()
        for token in found.result:
            print(line(token))
        if not found.result:
            print("There is none.")


def line(token: BetaToken) -> str:
    """Return what there is to know of a token in one line."""
    if token.revoked_at:
        state = f"revoked {iso(token.revoked_at)}"
    else:
        state = f"until {iso(token.expires_at)}" if token.expires_at else "does not expire"
    used = (
        f"last used {iso(token.last_used_at)} {token.last_platform} {token.last_version}" if token.last_used_at else ""
    )
    facts = [token.id, token.label, f"{token.requests_per_minute}/min", state, used.strip()]
    return "  ".join(fact for fact in facts if fact)
