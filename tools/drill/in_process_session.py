"""One session in this process: a real engine, journal and provider, with a countable tool."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import msgspec

from kimi_tui.commands import AnyCommand
from kimi_tui.config import Settings, recorded_settings
from kimi_tui.engine.ledger import Ledger
from kimi_tui.engine.loop import Engine
from kimi_tui.engine.session import EngineSession
from kimi_tui.engine.toolbox import Toolbox
from kimi_tui.events import AnyEvent, SessionOpened
from kimi_tui.journal.writer import JournalWriter
from kimi_tui.projections.state import SessionState
from kimi_tui.projections.trajectory import TrajectoryState
from kimi_tui.providers import connect
from kimi_tui.providers.base import SilenceLimits
from kimi_tui.tools.base import ToolContext, ToolSettings
from kimi_tui.tools.submit_memo import SubmitMemo
from kimi_tui.tools.update_plan import UpdatePlan
from tools.drill.lookup_tool import LookupTool
from tools.drill.record_checks import entries_of, find_faults


class InProcessSession:
    """A session that works on its question inside the context."""

    def __init__(self, folder: Path, settings: Settings) -> None:
        self.lookup = LookupTool()
        """The tool, and what it was run with."""
        self.path = folder / "journal.sqlite"
        """The session's file."""
        journal = JournalWriter(folder, folder.name)
        self._context = ToolContext(ToolSettings(), journal.sources)
        toolbox = Toolbox((self.lookup, SubmitMemo(), UpdatePlan()), self._context)
        patience = SilenceLimits(settings.first_byte_seconds, settings.idle_seconds)
        self._provider = connect("openai", settings.base_url, "", patience=patience)
        quiet = msgspec.structs.replace(settings, judge="off")  # a drill counts requests, and looks at no memo
        effective = recorded_settings(quiet, model="scripted", window=settings.context_window)
        ledger = Ledger(journal, SessionState())
        engine = Engine(
            ledger,
            self._provider,
            toolbox,
            effective,
            retries=settings.retries,
            return_seconds=settings.return_seconds,
        )
        recorded: dict[str, Any] = msgspec.to_builtins(effective)
        ledger.record(SessionOpened("0", "scripted", effective.endpoint, recorded, "You look words up."))
        self.session = EngineSession(engine)

    async def __aenter__(self) -> Self:
        self._work = self.session.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.session.close()
        await self._context.close()
        await self._provider.close()

    @property
    def state(self) -> TrajectoryState:
        """The engine's live state."""
        return self.session.engine.ledger.state

    async def send(self, command: AnyCommand) -> None:
        """A command that must be taken; raises `RuntimeError` with the reason if it is not."""
        receipt = await self.session.send(command)
        if not receipt.accepted:
            raise RuntimeError(receipt.reason)

    async def until(self, condition: Callable[[], bool], seconds: float) -> bool:
        """Return whether the condition came to hold of the live state in time; raises what ended the engine."""
        deadline = asyncio.get_running_loop().time() + seconds
        while not condition():
            changed = self.session.engine.ledger.pulse.next_change()
            waiting = asyncio.create_task(changed.wait())
            left = deadline - asyncio.get_running_loop().time()
            await asyncio.wait({waiting, self._work}, timeout=max(left, 0), return_when=asyncio.FIRST_COMPLETED)
            waiting.cancel()
            if self._work.done():
                self._work.result()
            if left <= 0:
                return condition()
        return True

    def events(self) -> list[AnyEvent]:
        """Everything that was recorded."""
        return [entry.event for entry in entries_of(self.path)]

    def faults(self) -> list[str]:
        """Return what is wrong with the record."""
        return find_faults(self.path, {}, self.state)
