"""Run one simulated session from question to memo, and measure it."""

import asyncio
import tempfile
from pathlib import Path
from statistics import median, quantiles
from typing import Any

import msgspec

from kimi_tui.commands import AskQuestion, Steer
from kimi_tui.config import ContextPolicy, Settings, recorded_settings
from kimi_tui.engine.instructions import system_message
from kimi_tui.engine.ledger import Ledger
from kimi_tui.engine.loop import Engine
from kimi_tui.engine.session import EngineSession
from kimi_tui.engine.toolbox import Toolbox
from kimi_tui.events import ContextCompacted, Entry, SessionOpened, StepFailed
from kimi_tui.journal.reader import JournalReader
from kimi_tui.journal.writer import JournalWriter
from kimi_tui.projections.state import SessionState
from kimi_tui.projections.trajectory import TrajectoryState
from kimi_tui.providers import connect
from kimi_tui.tools.base import ToolContext, ToolSettings
from kimi_tui.tools.submit_memo import SubmitMemo
from kimi_tui.tools.update_plan import UpdatePlan
from tools.simulator.lookup_tool import SimulatedLookUp
from tools.simulator.model import MODEL, PromptSize
from tools.simulator.model_server import SimulatorServer, run_server
from tools.simulator.timing import StepGap, TimedProvider
from tools.simulator.workload import ORDERS, QUESTION, Workload

_AROUND = 50
"""Steps that the figures at a step are taken from."""


class SimulationResult(msgspec.Struct, frozen=True):
    """The measurements of one session."""

    workload: Workload
    reason: str
    """How the turn ended; `answered` when it lived to its memo."""
    steps: int
    overflows: int
    """Prompts that the server refused as too long."""
    hidings: int
    foldings: int
    mechanical: int
    """Foldings whose checkpoint the model did not write."""
    prompts: list[PromptSize]
    gaps: list[StepGap]
    orders_seen: int

    @property
    def reached_memo(self) -> bool:
        """Return whether it came to its memo."""
        return self.reason == "answered" and self.steps > self.workload.calls

    @property
    def reread(self) -> int:
        """Tokens that the server had read before and had to read again."""
        return sum(prompt.reread for prompt in self.prompts)

    @property
    def read(self) -> int:
        """Tokens that were no prefix of the prompt before: those above, and each new one once."""
        return sum(prompt.tokens - prompt.shared for prompt in self.prompts)

    @property
    def kept_share(self) -> float:
        """The share of what could be shared with the prompt before that was, in the median prompt."""
        return median(min(prompt.shared / max(prompt.earlier, 1), 1.0) for prompt in self.prompts[1:])

    @property
    def whole(self) -> int:
        """Return the number of prompts that contain question, orders and plan word for word."""
        return sum(prompt.whole for prompt in self.prompts)

    def overhead(self, step: int) -> tuple[float, float]:
        """Median and 95th percentile of what the engine adds to a step around step `step`, in milliseconds."""
        return _shares([gap.wall for gap in self.gaps[max(step - _AROUND, 0) : step]])

    def busy(self, step: int) -> tuple[float, float]:
        """The same in processor time, which other programs do not lengthen."""
        return _shares([gap.busy for gap in self.gaps[max(step - _AROUND, 0) : step]])


def _shares(seconds: list[float]) -> tuple[float, float]:
    if len(seconds) < 2:
        return 0.0, 0.0
    cuts = quantiles(seconds, n=20)
    return round(median(seconds) * 1000, 2), round(cuts[18] * 1000, 2)


async def simulate(workload: Workload, *, apart: bool = True, home: Path | None = None) -> SimulationResult:
    """Run one session in a temporary folder, inside `home` if it is given."""
    async with run_server(workload, apart=apart) as server:
        with tempfile.TemporaryDirectory(prefix="kimi-tui-simulated-", dir=home) as folder:
            session, provider = _open(workload, server.base_url, Path(folder))
            work = session.start()
            try:
                await session.send(AskQuestion(QUESTION))
                await _watch(session, workload, work)
            finally:
                entries = _entries(session)
                await session.close()
                await provider.close()
    return _measured(workload, session.engine.ledger.state, entries, provider, server)


def _entries(session: EngineSession) -> list[Entry]:
    reader = JournalReader(session.engine.ledger.journal.path)
    try:
        return list(reader.entries())
    finally:
        reader.close()


def _open(workload: Workload, base_url: str, folder: Path) -> tuple[EngineSession, TimedProvider]:
    """A session as the runner would open it, with the simulated tool in place of the desk's."""
    policy: ContextPolicy = msgspec.convert(workload.policy, ContextPolicy)
    settings = Settings(
        base_url=base_url, context=policy, protocol="search", max_steps=workload.calls + 20, judge="off"
    )
    effective = recorded_settings(settings, model=MODEL, window=workload.window)
    journal = JournalWriter(folder, "simulated")
    tool = SimulatedLookUp(workload.result)
    toolbox = Toolbox((tool, SubmitMemo(), UpdatePlan()), ToolContext(ToolSettings(), journal.sources))
    provider = TimedProvider(connect("openai", base_url, ""), tool)
    ledger = Ledger(journal, SessionState())
    engine = Engine(ledger, provider, toolbox, effective)
    recorded: dict[str, Any] = msgspec.to_builtins(effective)
    reported = system_message("2026-11-03", "")
    ledger.record(SessionOpened("0", MODEL, base_url, recorded, reported, tools_digest=toolbox.digest))
    return EngineSession(engine), provider


async def _watch(session: EngineSession, workload: Workload, work: "asyncio.Task[None]") -> None:
    """Say the orders when their time has come, until the turn is over or holds."""
    ledger = session.engine.ledger
    orders = list(zip(workload.order_at, ORDERS, strict=True))
    while ledger.state.run.turn_open and not ledger.state.run.paused and not work.done():
        if orders and ledger.state.run.step >= max(orders[0][0], 1):
            await session.send(Steer(orders.pop(0)[1]))
        await ledger.pulse.next_change().wait()


def _measured(
    workload: Workload, state: TrajectoryState, entries: list[Entry], provider: TimedProvider, server: SimulatorServer
) -> SimulationResult:
    events = [entry.event for entry in entries]
    folds = [event for event in events if isinstance(event, ContextCompacted) and event.kind == "fold"]
    return SimulationResult(
        workload=workload,
        reason=state.run.reason or "failed",
        steps=state.run.step,
        overflows=sum(isinstance(event, StepFailed) and event.kind == "overflow" for event in events),
        hidings=state.compactions.hidings,
        foldings=state.compactions.foldings,
        mechanical=sum(event.author == "journal" for event in folds),
        prompts=server.prompts,
        gaps=provider.gaps,
        orders_seen=len(server.orders_seen),
    )
