"""The sources of a deployment, and what each tenant has made of them."""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from core.fetching.fetcher import Fetcher
from core.imports.sources import samples, uploads, web
from core.imports.sources.port import Plugin, Shop, Source
from shared.curriculum_saving import OpenUnit
from shared.errors import Conflict, InvalidInput, NotFound
from shared.repositories.plugin_settings import PluginState
from shared.storage.port import ObjectStore

BUILT_IN: tuple[Plugin, ...] = (samples.PLUGIN, uploads.PLUGIN, web.PLUGIN)


class Installed(msgspec.Struct, frozen=True):
    """A plug-in as a tenant has it."""

    plugin: Plugin
    enabled: bool
    priority: int
    settings: Mapping[str, Any]


class Plugins:
    """All plug-ins there are.

    Args:
        objects: where uploads are. fetcher: who fetches for them.
    """

    def __init__(self, plugins: Sequence[Plugin], objects: ObjectStore, fetcher: Fetcher) -> None:
        self._plugins = {plugin.id: plugin for plugin in plugins}
        self._objects = objects
        self._fetcher = fetcher

    @property
    def ids(self) -> list[str]:
        """Their ids."""
        return list(self._plugins)

    def get(self, plugin_id: str) -> Plugin:
        """Return a plug-in.

        Raises: NotFound.
        """
        if plugin_id not in self._plugins:
            raise NotFound(f"plugin {plugin_id[:200]} not found")
        return self._plugins[plugin_id]

    def installed(self, states: Sequence[PluginState]) -> list[Installed]:
        """Return every plug-in as a tenant has it, in the tenant's order; all are on while nobody has set anything."""
        known = {state.plugin_id: state for state in states}
        found = [
            Installed(
                plugin,
                known[plugin.id].enabled if plugin.id in known else not states,
                known[plugin.id].priority if plugin.id in known else 100,
                known[plugin.id].settings if plugin.id in known else {},
            )
            for plugin in self._plugins.values()
        ]
        return sorted(found, key=lambda one: one.priority)

    def enabled(self, states: Sequence[PluginState]) -> list[Installed]:
        """Return those that are on."""
        return [one for one in self.installed(states) if one.enabled]

    def read_settings(self, plugin: Plugin, settings: object) -> msgspec.Struct:
        """Return settings as the plug-in has them.

        Raises: InvalidInput: they are not; `details` names the field.
        """
        try:
            return msgspec.convert(settings, plugin.settings)
        except msgspec.ValidationError as error:
            expected, _, where = str(error).replace("`", "").partition(" - at $")
            field = f"settings{where}"
            raise InvalidInput(f"{field}: {expected}", details={field: expected}) from None

    def open(self, source_id: str, states: Sequence[PluginState], open_unit: OpenUnit) -> Source:
        """Return a source for a tenant.

        Raises: NotFound: there is none. Conflict `plugin_disabled`: the tenant has turned it off.
        """
        plugin = self.get(source_id)
        (own,) = (one for one in self.installed(states) if one.plugin is plugin)
        if not own.enabled:
            raise Conflict(f"the source {plugin.id} is turned off: enable its plugin first", code="plugin_disabled")
        return self.opened(plugin, own.settings, open_unit)

    def opened(self, plugin: Plugin, settings: object, open_unit: OpenUnit) -> Source:
        """Return a source with these settings.

        Raises: InvalidInput: they are none of its.
        """
        return plugin.open(Shop(open_unit, self._objects, self._fetcher, self.read_settings(plugin, settings)))
