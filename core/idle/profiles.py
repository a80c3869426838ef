"""Modes of one's own beside the built-in ones, as the operations console makes them; they end with the process."""

from typing import Annotated, Any, Final

from msgspec import Meta, Struct

from core.idle.access import for_staff
from core.idle.governor import Governor
from core.idle.states import LONGEST_S, MODES, Mode, Thresholds
from shared.api import Access, Request, Routes
from shared.errors import Conflict, InvalidInput, NotFound
from shared.ids import new_id

MOST: Final = 50
_Seconds = Annotated[int, Meta(ge=1, le=LONGEST_S)]
_Name = Annotated[str, Meta(min_length=1, max_length=100)]
_Description = Annotated[str, Meta(max_length=500)]


class ProfileThresholds(Struct, frozen=True):
    """Seconds; each at least the one before."""

    warm: _Seconds
    cool: _Seconds
    cold: _Seconds
    dormant: _Seconds


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
    """`/api/system/profiles`: each is a mode that `idle/config` may choose."""

    def __init__(self, governor: Governor) -> None:
        self._governor = governor

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
        for_staff(request)
        thresholds = _ordered(body.thresholds)
        return self._keep(new_id(), Mode(body.name, body.description or "", thresholds, body.enabled is not False))

    def get(self, request: Request, mode_id: str) -> dict[str, Any]:
        """Return a mode, built-in ones too."""
        request.admit()
        return _answer(mode_id, self._found(mode_id))

    def change(self, request: Request, mode_id: str, body: ChangedProfile) -> dict[str, Any]:
        """Change a mode of one's own; the one that is chosen changes how the process rests at once."""
        for_staff(request)
        mode = self._own(mode_id)
        changed = Mode(
            mode.name if body.name is None else body.name,
            mode.description if body.description is None else body.description,
            mode.thresholds if body.thresholds is None else _ordered(body.thresholds),
            mode.enabled if body.enabled is None else body.enabled,
        )
        answer = self._keep(mode_id, changed)
        if self._governor.mode == mode_id:
            self._governor.thresholds, self._governor.enabled = changed.thresholds, changed.enabled
        return answer

    def delete(self, request: Request, mode_id: str) -> dict[str, Any]:
        """Remove a mode of one's own that is not chosen."""
        for_staff(request)
        self._own(mode_id)
        if self._governor.mode == mode_id:
            raise Conflict("the profile is in use: choose another mode first", code="profile_in_use")
        self._governor.custom.pop(mode_id, None)
        return {"status": "ok", "id": mode_id}

    def duplicate(self, request: Request, mode_id: str, body: DuplicateProfile) -> dict[str, Any]:
        """Copy a mode, built-in ones too."""
        for_staff(request)
        mode = self._found(mode_id)
        name = body.name or f"{mode.name} copy"
        return self._keep(new_id(), Mode(name, mode.description, mode.thresholds, mode.enabled))

    def _keep(self, mode_id: str, mode: Mode) -> dict[str, Any]:
        custom = self._governor.custom
        if mode_id not in custom and len(custom) >= MOST:
            raise Conflict(f"there are {MOST} profiles already: delete one first", code="too_many_profiles")
        custom[mode_id] = mode
        return _answer(mode_id, mode)

    def _found(self, mode_id: str) -> Mode:
        mode = self._governor.modes.get(mode_id)
        if mode is None:
            raise NotFound(f"profile {mode_id} not found")
        return mode

    def _own(self, mode_id: str) -> Mode:
        if mode_id in MODES:
            raise Conflict("a built-in profile stays as it is: duplicate it", code="builtin_profile")
        return self._found(mode_id)


def _ordered(given: ProfileThresholds) -> Thresholds:
    if not given.warm <= given.cool <= given.cold <= given.dormant:
        expected = "warm, cool, cold and dormant in seconds, each at least the one before"
        raise InvalidInput(f"thresholds: {expected}", details={"thresholds": expected})
    return Thresholds(given.warm, given.cool, given.cold, given.dormant)


def _answer(mode_id: str, mode: Mode) -> dict[str, Any]:
    profile = {
        "id": mode_id,
        "name": mode.name,
        "description": mode.description,
        "thresholds": mode.thresholds.as_dict(),
        "enabled": mode.enabled,
    }
    return {"status": "ok", "profile": profile}
