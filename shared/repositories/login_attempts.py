"""Attempts to sign in, counted where they come from."""

from shared.db import Unit


class LoginAttemptRepository:
    """Attempts on accounts of any tenant: nobody is proved yet."""

    def __init__(self, unit: Unit) -> None:
        self._unit = unit

    def begin(self, account: str, source: str) -> None:
        """Queue the counting of an attempt.

        Args:
            account: what stands for the address that was typed. source: where the attempt comes from.
        Raises at the unit's end: RateLimited: that source has to wait with this account.
        """
        self._unit.run(
            "SELECT begin_login(%(account)s, %(source)s) -- cross-tenant: the tenant is not known yet",
            account=account,
            source=source,
        )

    def passed(self, account: str, source: str, bucket: str) -> None:
        """Queue the forgetting of the source's attempts: the password was right.

        Args:
            bucket: what the attempt took a token from.
        """
        self._unit.run(
            "SELECT pass_login(%(account)s, %(source)s, %(bucket)s) -- cross-tenant: as above",
            account=account,
            source=source,
            bucket=bucket,
        )
