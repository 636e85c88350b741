"""Run the model's tools without a session: the engine's own toolbox, over sources in a temporary folder."""

import contextlib
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path
from typing import NamedTuple

from kimi_tui.config import LoadedSettings, recorded_settings
from kimi_tui.engine.toolbox import Toolbox
from kimi_tui.journal.session_store import SessionStore
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
