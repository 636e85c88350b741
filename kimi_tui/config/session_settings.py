"""The settings that a session records: everything that affects its course, and no secret."""

import msgspec

from kimi_tui.config.tree import (
    EMBEDDED,
    EMBEDDED_MODEL,
    PROTOCOLS,
    ApproveMode,
    CompactionMode,
    ContextPolicy,
    JudgeMode,
    PolicySettings,
    Prices,
    ProtocolName,
    ProviderName,
    RetrievalSettings,
    Settings,
    expand_home,
)
from kimi_tui.text import path_text


class SessionSettings(msgspec.Struct, frozen=True):
    """The settings recorded in `SessionOpened`; no secrets."""

    model: str
    endpoint: str
    provider: ProviderName
    desk: str
    protocol: ProtocolName
    caps: dict[str, float]
    """By budget kind: `steps`, `tokens`, `minutes`, `working`, `cost`, `bytes`; those without a cap are left out."""
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
    compaction: CompactionMode = "auto"
    fresh_minutes: float = 15.0
    """Minutes for which what the network gave answers the same call again."""
    prefetch: bool = True
    """Whether pages of allowed hosts are fetched while the model thinks."""
    retrieval: RetrievalSettings = RetrievalSettings()
    """How pages are found on the desk, without the key."""
    stall_steps: int = 25
    """Steps without anything new after which the model is told; 0 for never."""
    judge: JudgeMode = "off"
    """Whether the model is asked about what nothing mechanical can decide in its memo; always off without a model."""
    judge_statements: int = 12
    """Statements in a turn."""
    judge_tokens: int = 100_000
    """Tokens in a turn."""
    judge_seconds: float = 120.0
    """The longest that one request may take."""


def recorded_settings(settings: Settings, *, model: str, window: int | None) -> SessionSettings:
    """Return the settings to record, with the model and window that the server reported."""
    preset = PROTOCOLS[settings.protocol]
    caps = {
        "steps": settings.max_steps or preset.steps,
        "tokens": settings.max_tokens,
        "minutes": settings.max_minutes,
        "working": settings.max_working,
        "cost": settings.max_cost,
        "bytes": settings.max_bytes,
    }
    return SessionSettings(
        model=model,
        endpoint=EMBEDDED if settings.embedded else settings.base_url or settings.provider,
        provider=settings.provider,
        desk=path_text(expand_home(settings.desk, "desk").resolve()) if settings.desk else "",
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
        compaction=settings.compaction,
        fresh_minutes=settings.fresh_minutes,
        prefetch=settings.prefetch,
        retrieval=msgspec.structs.replace(settings.retrieval, api_key=""),
        stall_steps=settings.stall_steps,
        judge="off" if settings.embedded or model == EMBEDDED_MODEL else settings.judge,
        judge_statements=settings.judge_statements,
        judge_tokens=settings.judge_tokens,
        judge_seconds=settings.judge_seconds,
    )
