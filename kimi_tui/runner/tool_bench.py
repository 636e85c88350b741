"""Run the model's tools, and the judge of a memo, without a session: over sources in a temporary folder."""

import contextlib
import tempfile
from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path
from typing import NamedTuple

from kimi_tui.config import EMBEDDED_MODEL, ConfigError, LoadedSettings, Settings, recorded_settings
from kimi_tui.engine.judge.judge import Judge
from kimi_tui.engine.judge.memo_judging import judge_memo
from kimi_tui.engine.toolbox import Toolbox
from kimi_tui.export.memo_file import JudgeMemo
from kimi_tui.journal.session_store import SessionStore
from kimi_tui.runner.model_server import choose_model, make_provider
from kimi_tui.runner.tool_settings import reorderer, tool_settings
from kimi_tui.tools import offered_tools
from kimi_tui.tools.base import ToolContext


class ToolBench(NamedTuple):
    """The parts that are needed to run tools."""

    toolbox: Toolbox
    context: ToolContext


@contextlib.asynccontextmanager
async def open_tool_bench(loaded: LoadedSettings) -> AsyncIterator[ToolBench]:
    """Yield the tools of a session with these settings; retrieved sources are deleted afterwards.

    Raises `SessionError` when the desk is not there.
    """
    effective = recorded_settings(loaded.settings, model="", window=None)
    settings = tool_settings(effective, loaded.settings)
    with tempfile.TemporaryDirectory(prefix="kimi-tui-") as folder:
        journal = SessionStore(Path(folder)).create()
        context = ToolContext(settings, journal.sources, reorderer=reorderer(loaded.settings))
        try:
            yield ToolBench(Toolbox(offered_tools(settings), context), context)
        finally:
            await context.close()
            journal.close()


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
