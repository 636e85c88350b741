"""A judge without a session: the model of the settings, for memos that anybody wrote."""

import contextlib
from collections.abc import AsyncIterator
from functools import partial

from kimi_tui.config import EMBEDDED_MODEL, ConfigError, Settings
from kimi_tui.engine.judge.judge import Judge
from kimi_tui.engine.judge.without_session import judge_memo
from kimi_tui.export.memo_file import JudgeMemo
from kimi_tui.runner.model_server import choose_model, make_provider

_NO_MODEL = "there is no model to judge with; name a server with --base-url, or set `base_url`"


@contextlib.asynccontextmanager
async def open_judge(settings: Settings) -> AsyncIterator[JudgeMemo]:
    """Yield what judges a checked memo; raises `ConfigError` without a model, `SessionError` without its server."""
    if settings.embedded:
        raise ConfigError(_NO_MODEL)
    endpoint = settings.base_url or settings.provider
    provider, _ = await make_provider(settings, endpoint, None)
    try:
        known = await choose_model(provider, settings, None, endpoint)
        if known.id == EMBEDDED_MODEL:
            raise ConfigError(_NO_MODEL)
        judge = Judge(provider, known.id, seconds=settings.judge_seconds, temperature=settings.temperature)
        yield partial(judge_memo, judge=judge, settings=settings)
    finally:
        await provider.close()
