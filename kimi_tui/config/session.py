"""What a session records of the settings: everything that bears on its course, and no secret."""

import msgspec

from kimi_tui.config.tree import (
    EMBEDDED,
    PROTOCOLS,
    ApproveMode,
    ContextPolicy,
    PolicySettings,
    Prices,
    ProtocolName,
    ProviderName,
    Settings,
    expanded,
)


class SessionSettings(msgspec.Struct, frozen=True):
    """What a session records of the settings in `SessionOpened`; no secrets."""

    model: str
    endpoint: str
    provider: ProviderName
    desk: str
    protocol: ProtocolName
    caps: dict[str, float]
    """By budget kind: `steps`, `tokens`, `minutes`, `cost`; those without a cap are left out."""
    reasoning_cap: int
    """Reasoning tokens in a step."""
    prices: Prices
    approve: ApproveMode
    context: ContextPolicy
    context_window: int | None
    temperature: float | None
    offline: bool
    search_url: str
    search_backend: str
    policy: PolicySettings


def session_settings(settings: Settings, *, model: str, window: int | None) -> SessionSettings:
    """What a session records, with the model and window that the server told."""
    preset = PROTOCOLS[settings.protocol]
    caps = {
        "steps": settings.max_steps or preset.steps,
        "tokens": settings.max_tokens,
        "minutes": settings.max_minutes,
        "cost": settings.max_cost,
    }
    return SessionSettings(
        model=model,
        endpoint=EMBEDDED if settings.embedded else settings.base_url or settings.provider,
        provider=settings.provider,
        desk=str(expanded(settings.desk, "desk").resolve()) if settings.desk else "",
        protocol=settings.protocol,
        caps={kind: float(cap) for kind, cap in caps.items() if cap is not None},
        reasoning_cap=settings.max_reasoning or preset.reasoning,
        prices=settings.prices,
        approve=settings.approve,
        context=settings.context,
        context_window=window,
        temperature=settings.temperature,
        offline=settings.offline,
        search_url=settings.search_url,
        search_backend=settings.search_backend,
        policy=settings.policy,
    )
