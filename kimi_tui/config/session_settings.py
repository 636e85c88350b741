"""The settings that a session records: everything that affects its course, and no secret."""

from collections.abc import Set

import msgspec

from kimi_tui.config.declaration import declared_settings
from kimi_tui.config.tree import (
    EMBEDDED,
    EMBEDDED_MODEL,
    PROTOCOLS,
    CourseSettings,
    JudgeMode,
    Settings,
    expand_home,
)
from kimi_tui.text import path_text


class SessionSettings(CourseSettings, frozen=True, kw_only=True):
    """The settings recorded in `SessionOpened`; no secrets."""

    model: str
    """As the server names it."""
    endpoint: str
    """The server's address, `embedded`, or the provider's name."""
    desk: str
    """An absolute path; empty without a desk."""
    caps: dict[str, float]
    """By budget kind: `steps`, `tokens`, `minutes`, `working`, `cost`, `bytes`; those without a cap are left out."""
    reasoning_cap: int
    """Reasoning tokens in a step."""
    context_window: int | None
    """Tokens, as set or as the server reported them."""
    judge: JudgeMode = "off"
    """Always off without a model, and in sessions that were recorded before there was a judge."""


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
    course = {name: getattr(settings, name) for name in CourseSettings.__struct_fields__}
    course["retrieval"] = msgspec.structs.replace(settings.retrieval, api_key="")
    course["judge"] = "off" if settings.embedded or model == EMBEDDED_MODEL else settings.judge
    return SessionSettings(
        **course,
        model=model,
        endpoint=EMBEDDED if settings.embedded else settings.base_url or settings.provider,
        desk=path_text(expand_home(settings.desk, "desk").resolve()) if settings.desk else "",
        caps={kind: float(cap) for kind, cap in caps.items() if cap is not None},
        reasoning_cap=settings.max_reasoning or preset.reasoning,
        context_window=window,
    )


def resumed_settings(fresh: SessionSettings, recorded: SessionSettings, flagged: Set[str]) -> SessionSettings:
    """Return today's settings with what a resumed session keeps of the recorded ones; `flagged` were typed."""
    declared = {one.name: one.setting for one in declared_settings(Settings)}
    kept = {name for name, setting in declared.items() if setting.is_kept and name not in flagged}
    changed = {value for name in flagged if name in declared for value in declared[name].sets}
    kept |= {"caps", "reasoning_cap"} - changed
    return msgspec.structs.replace(fresh, **{name: getattr(recorded, name) for name in kept})
