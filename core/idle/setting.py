"""How the processes of a deployment rest: what its staff stored, as a process takes it."""

from collections.abc import Mapping, Sequence
from typing import Final

import msgspec

from core.idle.states import DEFAULT_MODE, MODES, Mode, Thresholds
from shared.db import Unit
from shared.repositories.idle_settings import IdleSettingsRepository, StoredChoice, StoredMode

# The name of what is chosen where seconds hold alone.
CUSTOM: Final = "custom"


class Setting(msgspec.Struct, frozen=True):
    """What holds.

    Attributes:
        mode: the id of one of `modes`, or "custom".
        custom: the deployment's own modes by id.
    """

    mode: str = DEFAULT_MODE
    enabled: bool = True
    thresholds: Thresholds = MODES[DEFAULT_MODE].thresholds
    custom: Mapping[str, Mode] = msgspec.field(default_factory=dict[str, Mode])

    @property
    def modes(self) -> Mapping[str, Mode]:
        """The modes by id, built-in ones first."""
        return {**MODES, **self.custom}


def mode_of(stored: StoredMode) -> Mode:
    """Return a stored mode as a process knows it."""
    return Mode(stored.name, stored.description, Thresholds(*stored.seconds), stored.enabled)


def setting_of(choice: StoredChoice | None, modes: Sequence[StoredMode]) -> Setting:
    """Return what holds; in place of a built-in mode that this release does not know, the default one does."""
    setting = Setting(custom={stored.id: mode_of(stored) for stored in modes})
    if choice is None:
        return setting
    if choice.seconds is not None:
        return Setting(CUSTOM, choice.enabled is not False, Thresholds(*choice.seconds), setting.custom)
    chosen = choice.mode_id or choice.builtin or DEFAULT_MODE
    name = chosen if chosen in setting.modes else DEFAULT_MODE
    mode = setting.modes[name]
    enabled = mode.enabled if choice.enabled is None else choice.enabled
    return Setting(name, enabled, mode.thresholds, setting.custom)


class Reading:
    """What holds, known once the unit of work that reads it has ended."""

    def __init__(self, unit: Unit) -> None:
        kept = IdleSettingsRepository(unit)
        self._choice, self._modes = kept.choice(), kept.modes()

    @property
    def setting(self) -> Setting:
        """Return it."""
        return setting_of(self._choice.result, self._modes.result)
