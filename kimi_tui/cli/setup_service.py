"""Try settings and change the settings file, for the set-up screens of the app."""

import asyncio
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from kimi_tui.config import ENVIRONMENT, ConfigError, LoadedSettings, Settings, config_path
from kimi_tui.config.declaration import declared_settings, replace_setting
from kimi_tui.config.layers import check_values
from kimi_tui.config.secret_values import resolve_secrets
from kimi_tui.config.settings_file import PlannedChange, plan_change, write_change
from kimi_tui.config.tree import expand_home
from kimi_tui.events import ServerFinding
from kimi_tui.session import DeskReading
from kimi_tui.text import count_noun, one_line
from kimi_tui.tui.setup.service import ModelListing, OfferedModel, ServerDraft

if TYPE_CHECKING:
    from kimi_tui.runner.desk_reading import DeskReader

SEARCH_TRIAL = "annual report"
"""The words of the one search that tries a search server."""
LISTING_SECONDS = 10.0
"""A server that has not listed its models by then is not there."""
TRIAL_CALLS = 1
"""Replies over which valid calls are counted; the doctor takes five."""


class FileSetup:
    """Implements `tui.setup.service.SetupService` over the settings file."""

    def __init__(self, loaded: LoadedSettings, use: Callable[[LoadedSettings], None]) -> None:
        """`use` is given the settings for the next session after each change."""
        self._loaded = loaded
        self._use = use
        self._desk: tuple[str, DeskReader] | None = None

    @property
    def settings(self) -> Settings:
        """Return the settings that the next session uses."""
        return self._loaded.settings

    @property
    def origins(self) -> Mapping[str, str]:
        """Return where each setting came from."""
        return self._loaded.origins

    @property
    def path(self) -> Path:
        """Return where the settings file is, or would be."""
        return config_path(os.environ).absolute()

    async def list_models(self, draft: ServerDraft) -> ModelListing:
        """Return a server's models, those that answer questions first."""
        from kimi_tui.providers import connect
        from kimi_tui.providers.base import ProviderError

        try:
            self._changed({"base_url": draft.base_url})
            provider = connect("openai", draft.base_url, draft.api_key)
        except ConfigError as error:
            return ModelListing(problem=ServerFinding("server", "red", str(error)))
        except ProviderError as error:
            return ModelListing(problem=ServerFinding("server", "red", error.message, error.advice))
        try:
            async with asyncio.timeout(LISTING_SECONDS):
                found = await provider.models()
        except ProviderError as error:
            problem = ServerFinding("server", "red", error.message, error.advice)
            return ModelListing(problem=problem, needs_key=error.kind == "unauthorized")
        except TimeoutError:
            detail = f"{draft.base_url} did not list its models within {LISTING_SECONDS:g} seconds"
            return ModelListing(problem=ServerFinding("server", "red", detail, "see whether it is still loading"))
        finally:
            await provider.close()
        if not found:
            detail = f"{draft.base_url} offers no model"
            return ModelListing(problem=ServerFinding("models", "red", detail, "load a model there, then try again"))
        models = [OfferedModel(model.id, model.context_window, model.answers is not False) for model in found]
        return ModelListing(tuple(sorted(models, key=lambda model: not model.answers)))

    async def try_server(self, draft: ServerDraft) -> list[ServerFinding]:
        """Try a server as the doctor does."""
        from kimi_tui.doctor import check_server

        tried = self._changed({"base_url": draft.base_url, "api_key": draft.api_key, "model": draft.model})
        return await check_server(LoadedSettings(tried, {}), TRIAL_CALLS)

    async def look_at_desk(self, folder: str) -> DeskReading:
        """Return what is on a folder, and read on in the background; raises `ConfigError`."""
        from kimi_tui.runner.desk_reading import desk_reader

        settings = self._changed({"desk": folder})
        check_values(settings)
        try:
            if self._desk is None or self._desk[0] != settings.desk:
                await self.close()
                reader = desk_reader(settings)
                if reader is None:
                    raise ConfigError("no desk folder is named")
                self._desk = (settings.desk, reader)
                await reader.begin()
            return await self._desk[1].reading()
        except OSError as error:
            raise ConfigError(f"the folder {folder} cannot be read: {error.strerror or error}") from None

    async def try_search(self, values: Mapping[str, Any]) -> ServerFinding:
        """Search once with these settings."""
        from kimi_tui.tools.base import ToolError
        from kimi_tui.tools.web.web_search import search_searxng

        settings = self._changed(values)
        if settings.offline:
            return ServerFinding("search", "green", "off: the model is offered no network tool")
        if not settings.search_url:
            detail = f"searches go to {settings.search_backend} through ddgs; each one asks you first"
            return ServerFinding("search", "green", detail)
        try:
            check_values(settings)
            hits = await search_searxng(settings.search_url, SEARCH_TRIAL)
        except ConfigError as error:
            return ServerFinding("search", "red", str(error))
        except ToolError as error:
            return ServerFinding("search", "red", one_line(str(error), 600))
        return ServerFinding("search", "green", f"{count_noun(len(hits), 'result')} for “{SEARCH_TRIAL}”")

    def plan(self, values: Mapping[str, Any]) -> PlannedChange:
        """Return how the file would change; raises `ConfigError`."""
        return plan_change(self.path, values)

    async def write(self, change: PlannedChange, values: Mapping[str, Any]) -> list[str]:
        """Write the file and use the values from the next session on; raises `ConfigError`."""
        changed = self._changed(values)
        check_values(changed)
        await asyncio.to_thread(write_change, change)
        shadowed = [name for name in values if self.origins.get(name, "") in ("flag", *ENVIRONMENT)]
        words = [f"{_named_origin(name, self.origins[name])} wins over the file next time." for name in shadowed]
        self._loaded = LoadedSettings(changed, self._changed_origins(values))
        self._use(self._loaded)
        return words

    def _changed_origins(self, values: Mapping[str, Any]) -> dict[str, str]:
        """Return where each setting comes from once the values are in the file; None leaves the default."""
        origins = {name: origin for name, origin in self.origins.items() if name not in values}
        for name, value in values.items():
            if value is not None:
                origins |= dict.fromkeys((name, name.partition(".")[0]), str(self.path))
        return origins

    async def close(self) -> None:
        """End what reads in the background."""
        desk, self._desk = self._desk, None
        if desk is not None:
            await desk[1].close()

    def _changed(self, values: Mapping[str, Any]) -> Settings:
        """Return the settings with some values changed, unchecked; None takes the default. Raises `ConfigError`."""
        settings = self.settings
        defaults = {one.name: one.default for one in declared_settings(Settings)}
        for name, value in values.items():
            settings = replace_setting(settings, name, defaults[name] if value is None else value)
        settings = resolve_secrets(settings, os.environ)
        desk = str(expand_home(settings.desk, "desk").absolute()) if settings.desk else ""
        return msgspec.structs.replace(settings, desk=desk)


def _named_origin(name: str, origin: str) -> str:
    """Return what sets a setting: `KIMI_TUI_MODEL`, or the flag that was typed."""
    return f"--{name.replace('_', '-')}" if origin == "flag" else origin
