"""Everything that is kept about one person, for that person."""

from typing import Any, Final

from shared.db import Pending, Unit

# Secrets that end by themselves, and marks of requests: they tell a person nothing about themselves.
LEFT_OUT: Final = ("idempotency_keys", "one_time_tokens", "realtime_secrets", "reservations", "ws_tickets")


class OwnDataRepository:
    """The unit's user, in every tenant they belong to."""

    def __init__(self, unit: Unit) -> None:
        self._unit = unit

    def everything(self) -> Pending[dict[str, Any]]:
        """Queue the copy: `account`, and a list of rows for each table that is about people.

        No hash of a secret is in it, nor the note that a copy was made: two copies of the same are the same.
        """
        return self._unit.value(
            dict[str, Any], "SELECT my_data(%(left_out)s) -- for the tenant_id that entered", left_out=list(LEFT_OUT)
        )
