"""How the processes of a deployment rest, as its staff set it: it belongs to no tenant, and every process obeys."""

from collections.abc import Sequence
from typing import Final

import msgspec

from shared.db import Json, Pending, Unit

# Modes that a deployment may have beside the built-in ones.
MOST_MODES: Final = 50


class StoredMode(msgspec.Struct, frozen=True, kw_only=True):
    """A mode of the deployment's own.

    Attributes:
        seconds: without use, after which a process is warm, cool, cold and dormant.
    """

    id: str
    name: str
    description: str
    seconds: Sequence[int]
    enabled: bool


class StoredChoice(msgspec.Struct, frozen=True, kw_only=True):
    """What holds: exactly one of a built-in mode, a mode of the deployment's own, and seconds alone.

    Attributes:
        enabled: None: as the mode says; seconds alone are.
    """

    builtin: str | None = None
    mode_id: str | None = None
    seconds: Sequence[int] | None = None
    enabled: bool | None = None


class IdleSettingsRepository:
    """The settings of the deployment."""

    def __init__(self, unit: Unit) -> None:
        self._unit = unit

    def require_staff(self, *, trusted: bool) -> None:
        """Queue the check that whoever entered may say how the deployment's processes rest.

        Args: trusted: everybody may, as on a trusted network without accounts.
        Raises (at the unit's end): Forbidden.
        """
        self._unit.run(
            "SELECT require_deployment_staff(%(trusted)s) -- for the tenant_id that entered", trusted=trusted
        )

    def modes(self) -> Pending[list[StoredMode]]:
        """Queue the read of all modes, the oldest first."""
        return self._unit.all(
            StoredMode,
            """SELECT id, name, description, seconds, enabled
               FROM idle_modes -- cross-tenant: of the deployment
               ORDER BY id""",
        )

    def choice(self) -> Pending[StoredChoice | None]:
        """Queue the read of what holds; None while nobody has chosen."""
        return self._unit.maybe(
            StoredChoice,
            """SELECT builtin, mode_id, seconds, enabled
               FROM idle_choice -- cross-tenant: of the deployment""",
        )

    def add(self, mode: StoredMode) -> None:
        """Queue another mode.

        Raises (at the unit's end): Conflict: there are MOST_MODES.
        """
        self._unit.run(
            """SELECT add_idle_mode(jsonb_populate_record(NULL::idle_modes, %(mode)s), %(most)s)
               -- cross-tenant: of the deployment""",
            mode=Json(msgspec.structs.asdict(mode)),
            most=MOST_MODES,
        )

    def change(
        self,
        mode_id: str,
        *,
        name: str | None = None,
        description: str | None = None,
        seconds: Sequence[int] | None = None,
        enabled: bool | None = None,
    ) -> Pending[StoredMode]:
        """Queue a change of a mode; None leaves a value. Where it is chosen, it alone says now whether it is enabled.

        Raises (at the unit's end): NotFound.
        """
        if enabled is not None:
            self._unit.run(
                "UPDATE idle_choice SET enabled = NULL WHERE mode_id::text = %(mode_id)s -- cross-tenant: of all",
                mode_id=mode_id,
            )
        return self._unit.one(
            StoredMode,
            """UPDATE idle_modes -- cross-tenant: of the deployment
               SET name = coalesce(%(name)s, name), description = coalesce(%(description)s, description),
                   seconds = coalesce(%(seconds)s::int[], seconds), enabled = coalesce(%(enabled)s, enabled)
               WHERE id::text = %(mode_id)s RETURNING id, name, description, seconds, enabled""",
            missing=f"profile {mode_id} not found",
            mode_id=mode_id,
            name=name,
            description=description,
            seconds=seconds,
            enabled=enabled,
        )

    def forget(self, mode_id: str) -> Pending[bool]:
        """Queue the removal of a mode; answers whether there was one.

        Raises (at the unit's end): Conflict: it is chosen.
        """
        return self._unit.value(
            bool, "SELECT forget_idle_mode(%(mode_id)s) -- cross-tenant: of the deployment", mode_id=mode_id
        )

    def choose(self, choice: StoredChoice) -> None:
        """Queue a choice in place of the one before.

        Raises (at the unit's end): InvalidInput: there is no such mode.
        """
        self._unit.run(
            """SELECT choose_idle(jsonb_populate_record(NULL::idle_choice, %(choice)s))
               -- cross-tenant: of the deployment""",
            choice=Json(msgspec.structs.asdict(choice)),
        )
