"""How a deployment's processes rest, as it is stored."""

import psycopg
import pytest

from shared.db import Database, TenantEntry
from shared.errors import Conflict, InvalidInput, NotFound
from shared.ids import new_id
from shared.repositories.idle_settings import MOST_MODES, IdleSettingsRepository, StoredChoice, StoredMode

NOBODY = TenantEntry(None)


def night(name: str = "Night") -> StoredMode:
    return StoredMode(id=new_id(), name=name, description="", seconds=[1, 2, 3, 4], enabled=True)


def add(database: Database, mode: StoredMode) -> StoredMode:
    with database.unit(NOBODY) as unit:
        IdleSettingsRepository(unit).add(mode)
    return mode


def choose(database: Database, choice: StoredChoice) -> StoredChoice | None:
    with database.unit(NOBODY) as unit:
        IdleSettingsRepository(unit).choose(choice)
        found = IdleSettingsRepository(unit).choice()
    return found.result


def test_there_is_one_choice_at_a_time(database: Database) -> None:
    with database.unit(NOBODY) as unit:
        before = IdleSettingsRepository(unit).choice()
    assert before.result is None
    mode = add(database, night())
    for choice in (
        StoredChoice(builtin="balanced", enabled=False),
        StoredChoice(mode_id=mode.id),
        StoredChoice(seconds=[5, 6, 7, 8], enabled=True),
    ):
        assert choose(database, choice) == choice


def test_a_mode_that_is_chosen_stays_and_one_that_is_not_there_is_not_chosen(database: Database) -> None:
    mode = add(database, night())
    choose(database, StoredChoice(mode_id=mode.id))
    with pytest.raises(Conflict) as refused, database.unit(NOBODY) as unit:
        IdleSettingsRepository(unit).forget(mode.id)
    assert refused.value.error_code == "profile_in_use"
    choose(database, StoredChoice(builtin="balanced"))
    with database.unit(NOBODY) as unit:
        once, twice = IdleSettingsRepository(unit).forget(mode.id), IdleSettingsRepository(unit).forget(mode.id)
    assert (once.result, twice.result) == (True, False)
    with pytest.raises(InvalidInput) as unknown:
        choose(database, StoredChoice(mode_id=mode.id))
    assert set(unknown.value.details) == {"mode"}
    assert choose(database, StoredChoice(builtin="balanced")) is not None


def test_a_change_leaves_what_it_does_not_name_and_decides_alone_whether_it_is_enabled(database: Database) -> None:
    mode = add(database, night())
    choose(database, StoredChoice(mode_id=mode.id, enabled=False))
    with database.unit(NOBODY) as unit:
        kept = IdleSettingsRepository(unit)
        renamed = kept.change(mode.id, name="Evening")
        held = kept.choice()
        enabled = kept.change(mode.id, enabled=True, seconds=[2, 2, 2, 2])
        freed = kept.choice()
    assert (renamed.result.name, list(renamed.result.seconds)) == ("Evening", [1, 2, 3, 4])
    assert (enabled.result.name, list(enabled.result.seconds)) == ("Evening", [2, 2, 2, 2])
    assert (held.result and held.result.enabled, freed.result and freed.result.enabled) == (False, None)
    with pytest.raises(NotFound), database.unit(NOBODY) as unit:
        IdleSettingsRepository(unit).change(new_id(), name="Nobody's")


def test_there_are_only_so_many_modes(database: Database) -> None:
    with database.unit(NOBODY) as unit:
        for number in range(MOST_MODES):
            IdleSettingsRepository(unit).add(night(str(number)))
    with pytest.raises(Conflict) as refused:
        add(database, night())
    assert refused.value.error_code == "too_many_profiles"
    with database.unit(NOBODY) as unit:
        modes = IdleSettingsRepository(unit).modes()
    assert {mode.name for mode in modes.result} == {str(number) for number in range(MOST_MODES)}


@pytest.mark.parametrize("seconds", [[2, 1, 3, 4], [0, 1, 2, 3], [1, 2, 3]])
def test_seconds_are_in_order(database: Database, seconds: list[int]) -> None:
    with pytest.raises(psycopg.errors.CheckViolation):
        choose(database, StoredChoice(seconds=seconds))
