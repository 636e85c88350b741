"""Join the parts of one working session: settings, model, tools, journal, engine.

Model and context window are asked of the server before anything is recorded, so a wrong address, key or model name
is one clear error and leaves no session behind.
"""

import asyncio
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec

from kimi_tui import __version__
from kimi_tui.commands import AskQuestion
from kimi_tui.config import EMBEDDED, LoadedSettings, SessionSettings, Settings, recorded_settings, resumed_settings
from kimi_tui.engine.instructions import system_message
from kimi_tui.engine.ledger import Ledger
from kimi_tui.engine.loop import Engine
from kimi_tui.engine.session import EngineSession
from kimi_tui.engine.toolbox import Toolbox
from kimi_tui.events import SessionOpened
from kimi_tui.journal.reader import JournalReader
from kimi_tui.journal.session_store import SessionStore
from kimi_tui.policy.rules import digest_policy
from kimi_tui.projections.state import SessionState
from kimi_tui.providers.base import ModelInfo, Provider
from kimi_tui.runner.model_server import choose_model, make_provider
from kimi_tui.runner.recorded_places import refuse_unknown_places, remember_session_places
from kimi_tui.runner.startup_probe import start_probe
from kimi_tui.runner.tool_settings import reorderer, tool_settings
from kimi_tui.session import SessionError
from kimi_tui.text import text_path
from kimi_tui.tools import offered_tools
from kimi_tui.tools.base import ToolContext
from kimi_tui.tools.desk.files import count_inventory


class WorkingSession:
    """One working session with everything it started; `close` ends all of it."""

    def __init__(self, session: EngineSession, provider: Provider, context: ToolContext, server: Any) -> None:
        self.session = session
        self._provider = provider
        self._context = context
        self._server = server
        self.probing: asyncio.Task[None] | None = None
        """The probe of the server that is under way; None when there is none."""

    async def close(self) -> None:
        """End the engine, the tools' child processes, the connections and the embedded server."""
        if self.probing is not None:
            self.probing.cancel()
            await asyncio.gather(self.probing, return_exceptions=True)
        await self.session.close()
        await self._context.close()
        await self._provider.close()
        if self._server is not None:
            await self._server.close()


async def open_working_session(
    loaded: LoadedSettings, session_id: str = "", *, question: str = "", person: bool = True
) -> WorkingSession:
    """Open a new session, or the one of that id; with a question, make it if need be and begin its turn.

    Raises `SessionError` (`SessionBusy` when another process works on it) with one clear line.
    """
    settings = loaded.settings
    shelf = SessionStore(settings.home_path)
    recorded = _recorded_settings(shelf, session_id, may_be_new=bool(question)) if session_id else None
    if recorded is not None:
        refuse_unknown_places(loaded, session_id, recorded)
    fallback = EMBEDDED if settings.embedded else settings.provider
    endpoint = settings.base_url or (recorded.endpoint if recorded else fallback)
    provider, server = await make_provider(settings, endpoint, recorded)
    try:
        known = await choose_model(provider, settings, recorded, endpoint)
        effective = _effective_settings(loaded, recorded, known, endpoint)
        workplace = _assemble(settings, effective, shelf, session_id, question, (provider, server, person))
        remember_session_places(settings, effective)
        workplace.probing = start_probe(workplace.session.engine.ledger, settings, effective)
        return workplace
    except BaseException:
        await provider.close()
        if server is not None:
            await server.close()
        raise


def _assemble(
    settings: Settings,
    effective: SessionSettings,
    shelf: SessionStore,
    session_id: str,
    question: str,
    parts: tuple[Provider, Any, bool],
) -> WorkingSession:
    """Open the journal, fold it, and put the engine on top."""
    provider, server, person = parts
    journal = shelf.create(session_id) if question or not session_id else shelf.open_writer(session_id)
    try:
        context = ToolContext(tool_settings(effective, settings), journal.sources, reorderer=reorderer(settings))
        toolbox = Toolbox(offered_tools(context.settings), context)
        state = _replay_state(journal.path)
        ledger = Ledger(journal, state, patient=person)  # with nobody there to free space, a full disk ends the run
        engine = Engine(
            ledger,
            provider,
            toolbox,
            effective,
            person=person,
            retries=settings.retries,
            return_seconds=settings.return_seconds,
        )
        _record_opening(ledger, effective, toolbox)
        if question:
            _ask_question(engine, question)
        session = EngineSession(engine, shelf.log_path)
    except BaseException:
        journal.close()
        if not session_id:
            with suppress(SessionError, OSError):  # what went wrong first is told, not what it hinders
                shelf.delete_for_good(journal.session)
        raise
    return WorkingSession(session, provider, context, server)


def _ask_question(engine: Engine, question: str) -> None:
    from kimi_tui.engine.control import handle_command

    receipt = handle_command(engine, AskQuestion(question))
    if not receipt.accepted:
        raise SessionError(receipt.reason)


def _replay_state(path: Path) -> SessionState:
    """Replay the state of a session; raises `SessionError` when its chain does not hold."""
    state = SessionState()
    reader = JournalReader(path)
    try:
        if broken := reader.verify_chain():
            raise SessionError(
                f"session {reader.session} is damaged: {broken.why}; `kimi-tui replay {reader.session}` shows it, "
                f"`kimi-tui salvage {reader.session}` saves its intact part"
            )
        for entry in reader.entries():
            state.apply(entry)
    finally:
        reader.close()
    return state


def _record_opening(ledger: Ledger, effective: SessionSettings, toolbox: Toolbox) -> None:
    """Record the opening, unless the session was opened with the very same settings before."""
    settings: dict[str, Any] = msgspec.to_builtins(effective)
    run = ledger.state.run
    event = SessionOpened(
        version=__version__,
        model=effective.model,
        endpoint=effective.endpoint,
        settings=settings,
        instructions=run.instructions or system_message(f"{datetime.now(UTC):%Y-%m-%d}", _desk_extent(effective)),
        policy_digest=digest_policy(effective.policy, effective.approve),
        tools_digest=toolbox.digest,
    )
    if run.opened != event:
        ledger.record(event)


def _desk_extent(effective: SessionSettings) -> str:
    return count_inventory(text_path(effective.desk)) if effective.desk else ""


def _recorded_settings(shelf: SessionStore, session_id: str, *, may_be_new: bool) -> SessionSettings | None:
    """Return the settings that a session recorded; None for one that is to be made, or was killed before it opened."""
    if may_be_new and not shelf.path(session_id).exists():
        return None
    opened = _replay_state(shelf.path(session_id)).main.run.opened
    if opened is None and may_be_new:
        return None
    if opened is None:
        raise SessionError(f"session {session_id} was never opened; delete it and ask again")
    return msgspec.convert(opened.settings, SessionSettings)


def _effective_settings(
    loaded: LoadedSettings, recorded: SessionSettings | None, known: ModelInfo, endpoint: str
) -> SessionSettings:
    """Return the settings of this opening: those recorded, except for typed flags, and always today's policy."""
    fresh = recorded_settings(loaded.settings, model=known.id, window=known.context_window)
    fresh = msgspec.structs.replace(fresh, endpoint=endpoint)
    if recorded is None:
        return fresh
    flagged = {name for name, origin in loaded.origins.items() if origin == "flag"}
    if not loaded.settings.base_url and "provider" not in flagged:
        fresh = msgspec.structs.replace(fresh, provider=recorded.provider)
    return resumed_settings(fresh, recorded, flagged)
