"""The draft of a set-up: the typed lines, as values of settings."""

import os
from typing import Any
from urllib.parse import urlsplit

import msgspec

from kimi_tui.config import Settings
from kimi_tui.config.secret_values import read_secret, reference_to
from kimi_tui.tui.setup.service import ServerDraft

SEARCH_OFF = "off"
SEARCH_DDGS = "ddgs"
DEFAULT_SCHEME = "http://"


class SetupDraft(msgspec.Struct, frozen=True):
    """The lines of the screen."""

    server: str
    key: str
    """Empty keeps the key that is set."""
    model: str
    desk: str
    search: str
    """`ddgs`, `off`, or the address of a SearXNG server."""

    @property
    def named_key(self) -> str:
        """Return the key, or the variable that holds it as `$NAME`; raises `ConfigError` for one that is not set."""
        return reference_to(self.key, os.environ)

    def server_draft(self, settings: Settings) -> ServerDraft:
        """Return the server to try; the key that is set goes to the address that it is set for, and to no other.

        Raises `ConfigError` when the key is to come from a variable that is not set.
        """
        address = complete_address(self.server)
        kept = settings.api_key if is_same_host(address, settings.base_url) else ""
        return ServerDraft(address, read_secret(self.named_key, os.environ, "api_key") or kept, self.model)

    def search_values(self) -> dict[str, Any]:
        """Return the settings of the search."""
        typed = self.search.lower()
        address = "" if typed in ("", SEARCH_OFF, SEARCH_DDGS) else complete_address(self.search)
        return {"search_url": address, "offline": typed == SEARCH_OFF}

    def changed_values(self, settings: Settings) -> dict[str, Any]:
        """Return the settings that differ from those in use; None where the default is wanted again."""
        wanted = {"base_url": complete_address(self.server), "model": self.model, "desk": self.desk}
        wanted |= self.search_values()
        values = {name: value or None for name, value in wanted.items() if value != getattr(settings, name)}
        if self.key and self.key != settings.api_key:
            values["api_key"] = self.named_key
        elif settings.api_key and "base_url" in values and not is_same_host(wanted["base_url"], settings.base_url):
            values["api_key"] = None
        return values


def complete_address(typed: str) -> str:
    """Return an address with its scheme: `127.0.0.1:8000/v1` is meant as http."""
    return f"{DEFAULT_SCHEME}{typed}" if typed and "://" not in typed else typed


def is_same_host(one: str, other: str) -> bool:
    """Return whether two addresses are of one scheme, host and port."""
    try:
        parts = [urlsplit(address) for address in (one, other)]
        origins = [(part.scheme, part.hostname, part.port) for part in parts]
    except ValueError:
        return False
    return origins[0] == origins[1]


def draft_of(settings: Settings) -> SetupDraft:
    """Return what the screen begins with."""
    search = SEARCH_OFF if settings.offline else settings.search_url or SEARCH_DDGS
    return SetupDraft(settings.base_url, "", settings.model, settings.desk, search)
