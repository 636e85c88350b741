"""Protocol of what the set-up screens need: trying settings, and changing the settings file."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

import msgspec

from kimi_tui.config import Settings
from kimi_tui.config.settings_file import PlannedChange
from kimi_tui.events import ServerFinding
from kimi_tui.session import DeskReading


class OfferedModel(msgspec.Struct, frozen=True):
    """One model that a server offers; the name is untrusted."""

    name: str
    window: int | None
    """Tokens of its context; None where the server does not say."""
    answers: bool
    """True when it answers questions: one for embeddings does not."""


class ServerDraft(msgspec.Struct, frozen=True):
    """A server that is to be tried."""

    base_url: str
    api_key: str = ""
    model: str = ""


class ModelListing(msgspec.Struct, frozen=True):
    """The models of a server, or why it lists none."""

    models: tuple[OfferedModel, ...] = ()
    problem: ServerFinding | None = None
    needs_key: bool = False
    """True when the server refused the key."""


class SetupService(Protocol):
    """Tries settings and changes the file that holds them."""

    @property
    def settings(self) -> Settings:
        """Return the settings that the next session uses."""
        ...

    @property
    def origins(self) -> Mapping[str, str]:
        """Return where each setting came from: the file's path, a variable, or `flag`; defaults are missing."""
        ...

    @property
    def path(self) -> Path:
        """Return where the settings file is, or would be."""
        ...

    async def list_models(self, draft: ServerDraft) -> ModelListing:
        """Return a server's models, those that answer questions first."""
        ...

    async def try_server(self, draft: ServerDraft) -> list[ServerFinding]:
        """Try a server as the doctor does."""
        ...

    async def look_at_desk(self, folder: str) -> DeskReading:
        """Return what is on a folder, and read on in the background; raises `ConfigError`."""
        ...

    async def try_search(self, values: Mapping[str, Any]) -> ServerFinding:
        """Search once with these settings."""
        ...

    def plan(self, values: Mapping[str, Any]) -> PlannedChange:
        """Return how the file would change; raises `ConfigError`."""
        ...

    async def write(self, change: PlannedChange, values: Mapping[str, Any]) -> list[str]:
        """Write the file and use the values from the next session on; raises `ConfigError`.

        Returns sentences about what wins over the file when the app is started again.
        """
        ...

    async def close(self) -> None:
        """End what reads in the background."""
        ...
