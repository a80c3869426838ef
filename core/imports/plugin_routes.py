"""Plug-ins over HTTP: which sources a tenant has on, and how they are set."""

from typing import Any

from core.imports.answers import plugin_answer
from core.imports.desk import ImportDesk, asked, is_trusted
from core.imports.models import FirstChoice, PluginChange, PluginSettings
from core.imports.registry import Installed
from shared.api import Access, Request, Routes
from shared.errors import AppError, InvalidInput
from shared.repositories.authors import require_importer
from shared.repositories.plugin_settings import PluginSettingsRepository


class PluginRoutes:
    """`/api/plugins`."""

    def __init__(self, desk: ImportDesk) -> None:
        self._desk = desk
        self._plugins = desk.plugins

    def routes(self) -> Routes:
        """Return the operations."""
        routes = Routes("imports", success_flag=True)
        one = "/api/plugins/{plugin_id}"
        routes.get("/api/plugins", access=Access.CLIENT)(self.list_plugins)
        routes.get("/api/plugins/first-run", access=Access.CLIENT)(self.first_run)
        routes.post("/api/plugins/initialize", access=Access.CLIENT)(self.initialize)
        routes.get(one, access=Access.CLIENT)(self.get_plugin)
        routes.put(one, access=Access.CLIENT)(self.change)
        routes.post(f"{one}/enable", access=Access.CLIENT)(self.enable)
        routes.post(f"{one}/disable", access=Access.CLIENT)(self.disable)
        routes.post(f"{one}/configure", access=Access.CLIENT)(self.configure)
        routes.post(f"{one}/test", access=Access.CLIENT)(self.test)
        routes.get(f"{one}/config-schema", access=Access.CLIENT)(self.config_schema)
        return routes

    def list_plugins(self, request: Request) -> dict[str, Any]:
        """Return every plug-in, on or off, and whether nobody has chosen yet."""
        states = self._desk.states(request)
        plugins = [plugin_answer(installed) for installed in self._plugins.installed(states)]
        return {"success": True, "plugins": plugins, "first_run": not states}

    def first_run(self, request: Request) -> dict[str, Any]:
        """Tell whether nobody has chosen yet."""
        needed = not self._desk.states(request)
        return {
            "success": True,
            "first_run_needed": needed,
            "first_run": needed,
            "discovered_count": len(self._plugins.ids),
        }

    def initialize(self, request: Request, body: FirstChoice) -> dict[str, Any]:
        """Choose which plug-ins are on."""
        unknown = sorted(set(body.enabled_plugins) - set(self._plugins.ids))
        if unknown:
            expected = f"some of {', '.join(self._plugins.ids)}"
            raise InvalidInput(f"enabled_plugins: {expected}", details={"enabled_plugins": expected})
        with request.unit() as unit:
            require_importer(unit, trusted=is_trusted(request))
            PluginSettingsRepository(unit).choose(body.enabled_plugins, known=self._plugins.ids)
        count = len(set(body.enabled_plugins))
        return {"success": True, "message": f"{count} plugins are on", "enabled": sorted(set(body.enabled_plugins))}

    def get_plugin(self, request: Request, plugin_id: str) -> dict[str, Any]:
        """Return one plug-in."""
        return {"success": True, "plugin": plugin_answer(self._one(request, plugin_id))}

    def change(self, request: Request, plugin_id: str, body: PluginChange) -> dict[str, Any]:
        """Turn a plug-in on or off, order it among the others, or set it."""
        plugin = self._plugins.get(plugin_id)
        if body.settings is not None:
            self._plugins.opened(plugin, body.settings, request.unit)
        with request.unit() as unit:
            require_importer(unit, trusted=is_trusted(request))
            PluginSettingsRepository(unit).change(
                plugin.id,
                known=self._plugins.ids,
                enabled=body.enabled,
                priority=body.priority,
                settings=body.settings,
            )
        return self.get_plugin(request, plugin_id)

    def enable(self, request: Request, plugin_id: str) -> dict[str, Any]:
        """Turn a plug-in on."""
        return self._said(request, plugin_id, PluginChange(enabled=True), "enabled")

    def disable(self, request: Request, plugin_id: str) -> dict[str, Any]:
        """Turn a plug-in off; what was imported from it stays."""
        return self._said(request, plugin_id, PluginChange(enabled=False), "disabled")

    def configure(self, request: Request, plugin_id: str, body: PluginSettings) -> dict[str, Any]:
        """Set a plug-in, as its schema says."""
        return self._said(request, plugin_id, PluginChange(settings=body.settings or {}), "configured")

    def test(self, request: Request, plugin_id: str, body: PluginSettings) -> dict[str, Any]:
        """Try a plug-in with these settings, or with those it has; what does not work is told, not refused."""
        installed = self._one(request, plugin_id)
        settings = installed.settings if body.settings is None else body.settings
        source = self._plugins.opened(installed.plugin, settings, request.unit)
        try:
            result = {"valid": True, "message": asked(source.test())}
        except AppError as error:
            result = {"valid": False, "message": error.message}
        return {"success": True, "test_result": result}

    def config_schema(self, request: Request, plugin_id: str) -> dict[str, Any]:
        """Return the JSON schema of a plug-in's settings, where it has any."""
        schema = self._one(request, plugin_id).plugin.schema
        return {"success": True, "has_config": schema is not None, **({} if schema is None else {"schema": schema})}

    def _said(self, request: Request, plugin_id: str, change: PluginChange, what: str) -> dict[str, Any]:
        changed = self.change(request, plugin_id, change)
        return {**changed, "message": f"{plugin_id} is {what}"}

    def _one(self, request: Request, plugin_id: str) -> Installed:
        states = self._desk.states(request)
        plugin = self._plugins.get(plugin_id)
        return next(installed for installed in self._plugins.installed(states) if installed.plugin is plugin)
