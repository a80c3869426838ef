"""How a tenant has set the plug-ins of its sources."""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from shared.db import Json, Pending, Unit


class PluginState(msgspec.Struct, frozen=True):
    """What a tenant has said of one plug-in. priority: the lower comes first."""

    plugin_id: str
    enabled: bool
    priority: int
    settings: dict[str, Any]


class PluginSettingsRepository:
    """The settings of one unit of work's tenant."""

    def __init__(self, unit: Unit) -> None:
        self._unit = unit

    def all(self) -> Pending[list[PluginState]]:
        """Queue the read of all of them; none while nobody has set anything."""
        return self._unit.all(
            PluginState,
            """SELECT plugin_id, enabled, priority, settings FROM plugin_settings
               WHERE tenant_id = %(tenant_id)s ORDER BY plugin_id""",
        )

    def change(
        self,
        plugin_id: str,
        *,
        known: Sequence[str],
        enabled: bool | None = None,
        priority: int | None = None,
        settings: Mapping[str, Any] | None = None,
    ) -> None:
        """Queue a change of one plug-in; None leaves a value as it is.

        Args:
            known: all plug-ins there are. The first change notes each of them, as it is: on.
        """
        self._unit.run(
            """INSERT INTO plugin_settings (tenant_id, plugin_id, enabled)
               SELECT %(tenant_id)s, known.id, true FROM unnest(%(known)s::text[]) AS known (id)
               WHERE NOT EXISTS (SELECT FROM plugin_settings s WHERE s.tenant_id = %(tenant_id)s)
               ON CONFLICT DO NOTHING""",
            known=list(known),
        )
        self._unit.run(
            """INSERT INTO plugin_settings AS s (tenant_id, plugin_id, enabled, priority, settings)
               VALUES (%(tenant_id)s, %(plugin_id)s, coalesce(%(enabled)s::boolean, false),
                       coalesce(%(priority)s::int, 100), coalesce(%(settings)s::jsonb, '{}'))
               ON CONFLICT (tenant_id, plugin_id) DO UPDATE
               SET enabled = coalesce(%(enabled)s::boolean, s.enabled),
                   priority = coalesce(%(priority)s::int, s.priority),
                   settings = coalesce(%(settings)s::jsonb, s.settings), updated_at = now()""",
            plugin_id=plugin_id,
            enabled=enabled,
            priority=priority,
            settings=None if settings is None else Json(dict(settings)),
        )

    def choose(self, enabled: Sequence[str], *, known: Sequence[str]) -> None:
        """Queue that these are on and all others off."""
        self._unit.run(
            """INSERT INTO plugin_settings AS s (tenant_id, plugin_id, enabled)
               SELECT %(tenant_id)s, known.id, known.id = ANY(%(enabled)s::text[])
               FROM unnest(%(known)s::text[]) AS known (id)
               ON CONFLICT (tenant_id, plugin_id) DO UPDATE SET enabled = excluded.enabled, updated_at = now()""",
            enabled=list(enabled),
            known=list(known),
        )
