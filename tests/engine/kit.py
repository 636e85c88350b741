"""Run a real engine on a real journal for tests, asked by a scripted server over loopback.

Every scene is checked at its end, whatever its test looked at: the live state is the one on disk, each call has at
most one observation, the chain holds, and each recorded digest is that of what the server received.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Annotated, Any, ClassVar, TypeVar

import msgspec

from kimi_tui.commands import AnyCommand, AskQuestion, Receipt
from kimi_tui.config import SessionSettings, Settings, recorded_settings
from kimi_tui.embedded.script import Script, ScriptedCall, ScriptStep
from kimi_tui.embedded.server import EmbeddedModel, EmbeddedServer
from kimi_tui.engine.judge.prompt import JUDGE_INSTRUCTIONS
from kimi_tui.engine.ledger import Ledger
from kimi_tui.engine.loop import Engine
from kimi_tui.engine.session import EngineSession
from kimi_tui.engine.toolbox import Toolbox
from kimi_tui.events import (
    AnyEvent,
    CompactionProposed,
    Effect,
    Entry,
    ObservationRecorded,
    SessionOpened,
    StepFinished,
    StepStarted,
    ToolCallProposed,
    TurnFinished,
)
from kimi_tui.journal.reader import JournalReader
from kimi_tui.journal.writer import JournalWriter
from kimi_tui.messages import Message
from kimi_tui.projections.calls import Call
from kimi_tui.projections.context import Context
from kimi_tui.projections.state import SessionState
from kimi_tui.projections.trajectory import TrajectoryState
from kimi_tui.providers import connect
from kimi_tui.providers.base import SilenceLimits
from kimi_tui.providers.request_dialect import SELF_HOSTED, wire_messages
from kimi_tui.sources import Part
from kimi_tui.tools.base import Observation, Tool, ToolContext, ToolError, ToolSettings
from kimi_tui.tools.submit_memo import SubmitMemo
from kimi_tui.tools.update_plan import UpdatePlan

SECONDS = 60.0
"""After so long a scene that does not come to what is awaited has failed."""
MEMO = "The alpha figure is 25 [S1 p.1]."

SomeEvent = TypeVar("SomeEvent")


class Word(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The parameter of the tools below."""

    word: Annotated[str, msgspec.Meta(description="One word.", min_length=1)] = "alpha"


class Lookup(Tool):
    """Reads: each word is a source with one page."""

    name: ClassVar[str] = "lookup"
    description: ClassVar[str] = "Looks a word up."
    parameters: ClassVar[type[msgspec.Struct]] = Word
    read_only: ClassVar[bool] = True
    timeout: ClassVar[float] = 5.0

    def effects(self, arguments: Word) -> tuple[Effect, ...]:
        return (Effect("read", arguments.word),)

    def label(self, arguments: Word) -> str:
        return f"Look up {arguments.word}"

    async def run(self, arguments: Word, context: ToolContext) -> Observation:
        if arguments.word == "nothing":
            raise ToolError("there is no such word", "not-found")
        if arguments.word == "fault":
            raise RuntimeError("the tool is broken")
        text = f"the {arguments.word} figure is 25"
        ref = context.sources.add(
            kind="document",
            title=arguments.word,
            address=f"{arguments.word}.txt",
            media_type="text/plain",
            data=text.encode(),
            parts=(Part("p.1", text),),
        )
        return Observation(f"[{ref.id}] {text}", sources=(ref,))


class Held(Lookup):
    """Reads, and takes until it is released; a stubborn one needs a moment to clear up when it is ended."""

    name: ClassVar[str] = "held"

    def __init__(self, *, stubborn: bool = False) -> None:
        self.begun: list[str] = []
        """The words of the calls that began, in order."""
        self.ended: list[str] = []
        """The words of the calls that were cancelled."""
        self.go = asyncio.Event()
        self.stubborn = stubborn

    async def run(self, arguments: Word, context: ToolContext) -> Observation:
        self.begun.append(arguments.word)
        try:
            await self.go.wait()
        except asyncio.CancelledError:
            if self.stubborn:
                for _ in range(20):
                    await asyncio.sleep(0)
            self.ended.append(arguments.word)
            raise
        return await super().run(arguments, context)


class Visit(Lookup):
    """Reaches a host, so that the rules ask."""

    name: ClassVar[str] = "visit"

    def effects(self, arguments: Word) -> tuple[Effect, ...]:
        return (Effect("network", arguments.word),)


class Query(Lookup):
    """Queries a file of the desk."""

    name: ClassVar[str] = "query"

    def effects(self, arguments: Word) -> tuple[Effect, ...]:
        return (Effect("query", arguments.word),)


class Change(Lookup):
    """Changes something, so that it may not be run twice; it counts how often it was."""

    name: ClassVar[str] = "change"
    read_only: ClassVar[bool] = False

    def __init__(self) -> None:
        self.done: list[str] = []

    def effects(self, arguments: Word) -> tuple[Effect, ...]:
        return (Effect("write", arguments.word),)

    async def run(self, arguments: Word, context: ToolContext) -> Observation:
        self.done.append(arguments.word)
        return Observation(f"changed {arguments.word}")


def call(tool: str, word: str = "alpha") -> ScriptedCall:
    """A call of one of the tools above."""
    return ScriptedCall(tool, {"word": word})


def memo(text: str = MEMO, *, final: bool = False) -> ScriptedCall:
    """The call that hands the memo in."""
    return ScriptedCall("submit_memo", {"title": "Alpha", "memo": text, "final": final})


LOOK = ScriptStep(reasoning="I look it up.", calls=(call("lookup"),))
ANSWER = ScriptStep(reasoning="I know enough.", calls=(memo(),))


class Scene:
    """One session at work, with the server that plays its model."""

    def __init__(self, folder: Path, server: EmbeddedServer, tools: tuple[Tool, ...], settings: Settings) -> None:
        self.folder = folder
        self.server = server
        self.tools = tools
        self.settings = settings
        self.person = True
        self.model = "scripted"
        self.patience = SilenceLimits(first_seconds=5.0, between_seconds=5.0)
        self.kind = "openai"
        self.address = ""
        """Where the server is reached; empty for its own address."""

    async def open(self) -> None:
        """Open the session, new or where it stood; it works from `start` on."""
        self.journal = JournalWriter(self.folder, "scene")
        self.context = ToolContext(ToolSettings(), self.journal.sources)
        toolbox = Toolbox((*self.tools, SubmitMemo(), UpdatePlan()), self.context)
        self.provider = connect(self.kind, self.address or self.server.base_url, "", patience=self.patience)
        ledger = Ledger(self.journal, replayed(self.journal.path), patient=self.person)
        effective = recorded_settings(self.settings, model=self.model, window=self.settings.context_window)
        engine = Engine(
            ledger,
            self.provider,
            toolbox,
            effective,
            person=self.person,
            retries=self.settings.retries,
            return_seconds=self.settings.return_seconds,
        )
        ledger.record(opening(effective, toolbox))
        self.session = EngineSession(engine)
        self.is_open = True

    def start(self) -> None:
        """Set the engine to work."""
        self.work = self.session.start()

    async def close(self) -> None:
        """End the engine where it is; safe to call twice."""
        if not self.is_open:
            return
        self.is_open = False
        await self.session.close()
        await self.context.close()
        await self.provider.close()

    async def reopen(self) -> None:
        """End the engine and go on with another on the same journal."""
        await self.close()
        await self.open()
        self.start()

    @property
    def state(self) -> TrajectoryState:
        """The engine's live state."""
        return self.session.engine.ledger.state

    @property
    def sent(self) -> list[list[dict[str, Any]]]:
        """The messages of every request that the server received."""
        return [request["messages"] for request in self.server.requests]

    def calls(self) -> list[Call]:
        """Every call, in order of proposal."""
        return list(self.state.calls.by_id.values())

    async def send(self, command: AnyCommand) -> Receipt:
        """A command that must be taken."""
        receipt = await self.session.send(command)
        assert receipt.accepted, receipt.reason
        return receipt

    async def ask(self, text: str = "What is alpha?") -> None:
        """Begin a turn."""
        await self.send(AskQuestion(text))

    async def until(self, condition: Callable[[], object]) -> None:
        """Wait for a condition on the live state; an engine that died fails the test with its error."""
        async with asyncio.timeout(SECONDS):
            while not condition():
                if self.work.done():
                    self.work.result()
                    raise AssertionError("the engine ended")
                changed = self.session.engine.ledger.pulse.next_change()
                waiting = asyncio.create_task(changed.wait())
                await asyncio.wait({waiting}, timeout=0.05)
                waiting.cancel()

    async def finished(self) -> TurnFinished:
        """Wait until the turn is over and return how it ended."""
        await self.until(lambda: self.state.run.turn_open is False and self.state.run.questions)
        return self.events(TurnFinished)[-1]

    async def waiting(self, count: int = 1) -> list[Call]:
        """Wait until so many calls wait for a person, and return them."""
        await self.until(lambda: len(self.state.calls.waiting) >= count)
        return self.state.calls.waiting

    def entries(self) -> list[Entry]:
        """Every entry on disk."""
        return entries_of(self.folder)

    def events(self, kind: type[SomeEvent]) -> list[SomeEvent]:
        """Every recorded event of a kind."""
        return [entry.event for entry in self.entries() if isinstance(entry.event, kind)]

    def check(self) -> None:
        """Assert what holds of every session at every moment."""
        check_record(self.folder, self.state)
        check_sent(self.entries(), [sent for sent in self.sent if not is_for_judge(sent)])


@asynccontextmanager
async def scene(
    folder: Path,
    steps: Sequence[ScriptStep] = (LOOK, ANSWER),
    *,
    tools: tuple[Tool, ...] = (),
    person: bool = True,
    script: Script | None = None,
    question: str = "What is alpha?",
    others: tuple[EmbeddedModel, ...] = (),
    **settings: Any,
) -> AsyncIterator[Scene]:
    """A session at work on a question; `settings` are those of `config.Settings`, `others` play instead of a script."""
    played = None if others else script or Script(steps=tuple(steps))
    server = EmbeddedServer(script=played, keep_requests=10_000, others=others)
    await server.start()
    settings.setdefault("retries", 1)
    settings.setdefault("judge", "off")
    stage = Scene(folder / "scene", server, (Lookup(), *tools), Settings(base_url=server.base_url, **settings))
    stage.person = person
    stage.model = script.model if script else stage.model
    await stage.open()
    try:
        stage.start()
        if question:
            await stage.ask(question)
        yield stage
        await stage.close()
        stage.check()
    finally:
        await stage.close()
        await server.close()


def is_for_judge(messages: list[dict[str, Any]]) -> bool:
    """Return whether a request asks the judge, which has a context of its own."""
    return bool(messages[0]["content"] == JUDGE_INSTRUCTIONS)


def opening(effective: SessionSettings, toolbox: Toolbox) -> SessionOpened:
    """The first event of a session."""
    settings: dict[str, Any] = msgspec.to_builtins(effective)
    return SessionOpened(
        "0", effective.model, effective.endpoint, settings, "You look words up.", tools_digest=toolbox.digest
    )


def entries_of(folder: Path) -> list[Entry]:
    """Every entry of a session's file."""
    reader = JournalReader(folder / "journal.sqlite")
    try:
        return list(reader.entries())
    finally:
        reader.close()


def replayed(path: Path) -> SessionState:
    """The state folded from a session's file."""
    state = SessionState()
    state.apply_all(entries_of(path.parent))
    return state


def plain(state: TrajectoryState) -> dict[str, dict[str, Any]]:
    """Every field of every projection, hash objects as their digest."""
    fields: dict[str, dict[str, Any]] = {}
    for name, projection in vars(state).items():
        values = {key: value for key, value in vars(projection).items() if key not in ("_hash", "_hashed")}
        fields[name] = values | ({"digest": projection.digest} if isinstance(projection, Context) else {})
    return fields


def check_record(folder: Path, live: TrajectoryState | None = None) -> None:
    """Live equals replayed, one observation a call, none missing when the turn is over, an unbroken chain."""
    reader = JournalReader(folder / "journal.sqlite")
    try:
        assert reader.verify_chain() is None
    finally:
        reader.close()
    disk = replayed(folder / "journal.sqlite").main
    if live is not None:
        on_disk = plain(disk)
        for name, fields in plain(live).items():
            assert fields == on_disk[name], name
    events: list[AnyEvent] = [entry.event for entry in entries_of(folder)]
    proposed = [event.call_id for event in events if isinstance(event, ToolCallProposed)]
    observed = [event.call_id for event in events if isinstance(event, ObservationRecorded)]
    assert len(set(proposed)) == len(proposed)
    assert sorted(observed) == sorted(set(observed)), "a call has two observations"
    assert set(proposed) - set(observed) == set(disk.calls.open)
    if not disk.run.turn_open:
        assert not disk.calls.open, "the turn ended with an open call"


def check_sent(entries: Sequence[Entry], sent: Sequence[list[dict[str, Any]]]) -> None:
    """Each recorded digest is that of the context derived again, which is what the server received."""
    context, arrived = Context(), list(sent)
    prompt: list[dict[str, Any]] = []
    latest: list[dict[str, Any]] = []
    for entry in entries:
        event = entry.event
        if isinstance(event, StepStarted):
            assert event.context_digest == context.digest
            prompt = wire_messages(context.messages, SELF_HOSTED)
            if arrived and arrived[0] == prompt:
                latest = arrived.pop(0)
        if isinstance(event, CompactionProposed) and event.order:
            assert event.context_digest == context.digest
            asked = wire_messages((*context.messages, Message("user", event.order)), SELF_HOSTED)
            if arrived and arrived[0] == asked:
                arrived.pop(0)
        if isinstance(event, StepFinished):
            assert latest == prompt, f"the prompt of step {entry.step} never came"
        context.apply(entry)
    assert not arrived, "the server received a prompt that the journal does not give"
