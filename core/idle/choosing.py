"""What somebody chooses for the processes of a deployment, out of what they say and what held before. Pure."""

from typing import Annotated

from msgspec import Meta, Struct, structs

from core.idle.setting import CUSTOM, Setting
from core.idle.states import LONGEST_S, MODES, Thresholds
from shared.errors import InvalidInput
from shared.repositories.idle_settings import StoredChoice

Seconds = Annotated[int, Meta(ge=1, le=LONGEST_S)]


class GivenThresholds(Struct, frozen=True):
    """Seconds; what is left out stays as it is."""

    warm: Seconds | None = None
    cool: Seconds | None = None
    cold: Seconds | None = None
    dormant: Seconds | None = None


class Configure(Struct, frozen=True):
    """A mode, or thresholds; timeout_seconds is when models are unloaded, as Android says it."""

    mode: str | None = None
    enabled: bool | None = None
    thresholds: GivenThresholds | None = None
    timeout_seconds: Seconds | None = None
    unload_models_on_idle: bool | None = None


def chosen(present: Setting, body: Configure) -> StoredChoice:
    """Return what holds from now on.

    Raises: InvalidInput: there is no such mode, or the thresholds are not in order.
    """
    if body.mode is not None and body.mode not in present.modes:
        expected = f"one of {', '.join(present.modes)}"
        raise InvalidInput(f"mode: {expected}", details={"mode": expected})
    enabled = body.enabled if body.enabled is not None else body.unload_models_on_idle
    base = present if body.mode is None else present.modes[body.mode]
    if body.mode is None and enabled is None:
        enabled = present.enabled
    if body.thresholds is not None or body.timeout_seconds is not None:
        given = body.thresholds or GivenThresholds()
        wanted = _completed(given, body.timeout_seconds, base.thresholds)
        return _seconds(wanted, enabled=base.enabled if enabled is None else enabled)
    mode = body.mode or present.mode
    if mode == CUSTOM:
        return _seconds(present.thresholds, enabled=enabled is not False)
    if mode in MODES:
        return StoredChoice(builtin=mode, enabled=enabled)
    return StoredChoice(mode_id=mode, enabled=enabled)


def ordered(thresholds: Thresholds) -> Thresholds:
    """Return thresholds each of which is at least the one before.

    Raises: InvalidInput: they are not.
    """
    if not thresholds.warm <= thresholds.cool <= thresholds.cold <= thresholds.dormant:
        expected = "warm, cool, cold and dormant in seconds, each at least the one before"
        raise InvalidInput(f"thresholds: {expected}", details={"thresholds": expected})
    return thresholds


def _completed(given: GivenThresholds, timeout_s: int | None, present: Thresholds) -> Thresholds:
    """Return the thresholds with what was given; those that were not give way."""
    cool = given.cool or timeout_s or present.cool
    warm = given.warm or min(present.warm, cool)
    cold = given.cold or max(present.cold, cool)
    return ordered(Thresholds(warm, cool, cold, given.dormant or max(present.dormant, cold)))


def _seconds(thresholds: Thresholds, *, enabled: bool) -> StoredChoice:
    return StoredChoice(seconds=list(structs.astuple(thresholds)), enabled=enabled)
