"""Ways to reach a model; the client library of each is imported only when it is chosen."""

import sys
from typing import Any, Protocol, cast

from kimi_tui.providers.base import Provider, SilenceLimits

if "httpx" not in sys.modules:
    # Its command line brings Rich, which takes a fifth of a runner's memory; httpx does without when it is missing.
    sys.modules.setdefault("httpx._main", cast("Any", None))


class Connector(Protocol):
    """Factory of one kind of provider; the parameters are those of `connect`."""

    def __call__(self, base_url: str, api_key: str, *, managed: bool, patience: SilenceLimits | None) -> Provider:
        """Make it, without contacting anybody."""
        ...


def _openai(base_url: str, api_key: str, *, managed: bool, patience: SilenceLimits | None) -> Provider:
    from kimi_tui.providers.openai_stream import OpenAIProvider

    return OpenAIProvider(base_url, api_key, managed=managed, patience=patience)


def _litellm(base_url: str, api_key: str, *, managed: bool, patience: SilenceLimits | None) -> Provider:
    from kimi_tui.providers.litellm import LiteLLMProvider

    return LiteLLMProvider(base_url, api_key, managed=managed, patience=patience)


PROVIDERS: dict[str, Connector] = {"openai": _openai, "litellm": _litellm}
"""Every provider by the name that settings use."""


def connect(
    kind: str = "openai",
    base_url: str = "",
    api_key: str = "",
    *,
    managed: bool = False,
    patience: SilenceLimits | None = None,
) -> Provider:
    """Return the provider of this kind; no server is contacted yet.

    `openai` is for self-hosted servers and needs a base URL, with or without `/v1`. `litellm` is for managed
    endpoints; without a base URL it goes where the model's prefix says. A `managed` endpoint is sent reasoning as
    `reasoning_content` alone and no wish that it may not know. Raises `KeyError` for another kind, and
    `ProviderError` when the address or the key cannot be used.
    """
    return PROVIDERS[kind](base_url, api_key, managed=managed, patience=patience)
