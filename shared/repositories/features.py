"""Feature settings of a tenant; those of the public tenant are the deployment's."""

from collections.abc import Mapping
from typing import Any

import msgspec

from shared.db import Json, Pending, Unit
from shared.domain.usage import Mode


class FeatureSettings(msgspec.Struct, frozen=True):
    """What was set for the unit's tenant, and for the whole deployment."""

    own: Mapping[str, Any]
    deployment: Mapping[str, Any]

    @property
    def speech(self) -> Mode:
        """The most that the tenant's learners hear."""
        return Mode(self.own.get("speech") or self.deployment.get("speech") or Mode.FULL.value)


class FeatureRepository:
    """Settings of the unit's tenant."""

    def __init__(self, unit: Unit) -> None:
        self._unit = unit

    def get(self) -> Pending[FeatureSettings]:
        """Queue the read of both."""
        return self._unit.one(
            FeatureSettings,
            """SELECT coalesce((SELECT settings FROM feature_settings WHERE tenant_id = %(tenant_id)s), '{}') AS own,
                      coalesce((SELECT settings FROM feature_settings WHERE tenant_id = public_tenant()), '{}')
                      AS deployment""",
        )

    def set(self, settings: Mapping[str, Any]) -> None:
        """Queue new settings in place of all old ones; for administrators."""
        self._unit.run(
            "SELECT admin_set_features(%(settings)s) -- for the tenant_id that entered", settings=Json(dict(settings))
        )
