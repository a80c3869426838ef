"""Modes of a deployment's own beside the built-in ones, as the operations console makes them."""

from collections.abc import Callable
from typing import Annotated, Any

from msgspec import Meta, Struct, structs

from core.idle.access import for_staff, require_staff
from core.idle.choosing import Seconds, ordered
from core.idle.setting import Reading, Setting, mode_of
from core.idle.states import MODES, Mode, Thresholds
from shared.api import Access, Request, Routes
from shared.errors import Conflict, NotFound
from shared.ids import new_id
from shared.repositories.idle_settings import IdleSettingsRepository, StoredMode

_Name = Annotated[str, Meta(min_length=1, max_length=100)]
_Description = Annotated[str, Meta(max_length=500)]


class ProfileThresholds(Struct, frozen=True):
    """Seconds; each at least the one before."""

    warm: Seconds
    cool: Seconds
    cold: Seconds
    dormant: Seconds


class NewProfile(Struct, frozen=True):
    """A mode to be made."""

    name: _Name
    thresholds: ProfileThresholds
    description: _Description | None = None
    enabled: bool | None = None


class ChangedProfile(Struct, frozen=True):
    """What changes of a mode."""

    name: _Name | None = None
    thresholds: ProfileThresholds | None = None
    description: _Description | None = None
    enabled: bool | None = None


class DuplicateProfile(Struct, frozen=True):
    """What the copy is called."""

    name: _Name | None = None


class ProfileRoutes:
    """`/api/system/profiles`: each is a mode that `idle/config` may choose.

    Args: take: has this process rest by what holds after a change.
    """

    def __init__(self, take: Callable[[Setting], None]) -> None:
        self._take = take

    def routes(self) -> Routes:
        """Return the operations."""
        routes = Routes("idle")
        routes.post("/api/system/profiles", access=Access.CLIENT)(self.make)
        routes.get("/api/system/profiles/{mode_id}", access=Access.CLIENT)(self.get)
        routes.put("/api/system/profiles/{mode_id}", access=Access.CLIENT)(self.change)
        routes.delete("/api/system/profiles/{mode_id}", access=Access.CLIENT)(self.delete)
        routes.post("/api/system/profiles/{mode_id}/duplicate", access=Access.CLIENT)(self.duplicate)
        return routes

    def make(self, request: Request, body: NewProfile) -> dict[str, Any]:
        """Add a mode."""
        mode = Mode(body.name, body.description or "", _ordered(body.thresholds), body.enabled is not False)
        return self._add(request, mode)

    def get(self, request: Request, mode_id: str) -> dict[str, Any]:
        """Return a mode, built-in ones too."""
        return _answer(mode_id, _found(request, mode_id))

    def change(self, request: Request, mode_id: str, body: ChangedProfile) -> dict[str, Any]:
        """Change a mode of the deployment's own; the one that is chosen changes how the processes rest at once."""
        _refuse_builtin(request, mode_id)
        thresholds = None if body.thresholds is None else list(structs.astuple(_ordered(body.thresholds)))
        with request.unit() as unit:
            require_staff(request, unit)
            changed = IdleSettingsRepository(unit).change(
                mode_id, name=body.name, description=body.description, seconds=thresholds, enabled=body.enabled
            )
            now = Reading(unit)
        self._take(now.setting)
        return _answer(mode_id, mode_of(changed.result))

    def delete(self, request: Request, mode_id: str) -> dict[str, Any]:
        """Remove a mode of the deployment's own that is not chosen."""
        _refuse_builtin(request, mode_id)
        with request.unit() as unit:
            require_staff(request, unit)
            was_there = IdleSettingsRepository(unit).forget(mode_id)
            now = Reading(unit)
        if not was_there.result:
            raise _unknown(mode_id)
        self._take(now.setting)
        return {"status": "ok", "id": mode_id}

    def duplicate(self, request: Request, mode_id: str, body: DuplicateProfile) -> dict[str, Any]:
        """Copy a mode, built-in ones too."""
        mode = _found(request, mode_id)
        return self._add(request, structs.replace(mode, name=body.name or f"{mode.name} copy"))

    def _add(self, request: Request, mode: Mode) -> dict[str, Any]:
        stored = StoredMode(
            id=new_id(),
            name=mode.name,
            description=mode.description,
            seconds=list(structs.astuple(mode.thresholds)),
            enabled=mode.enabled,
        )
        with request.unit() as unit:
            require_staff(request, unit)
            IdleSettingsRepository(unit).add(stored)
            now = Reading(unit)
        self._take(now.setting)
        return _answer(stored.id, mode)


def _found(request: Request, mode_id: str) -> Mode:
    with request.unit() as unit:
        reading = Reading(unit)
    mode = reading.setting.modes.get(mode_id)
    if mode is None:
        raise _unknown(mode_id)
    return mode


def _unknown(mode_id: str) -> NotFound:
    return NotFound(f"profile {mode_id} not found")


def _refuse_builtin(request: Request, mode_id: str) -> None:
    if mode_id in MODES:
        for_staff(request)
        raise Conflict("a built-in profile stays as it is: duplicate it", code="builtin_profile")


def _ordered(given: ProfileThresholds) -> Thresholds:
    return ordered(Thresholds(given.warm, given.cool, given.cold, given.dormant))


def _answer(mode_id: str, mode: Mode) -> dict[str, Any]:
    profile = {
        "id": mode_id,
        "name": mode.name,
        "description": mode.description,
        "thresholds": mode.thresholds.as_dict(),
        "enabled": mode.enabled,
    }
    return {"status": "ok", "profile": profile}
