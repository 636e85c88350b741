"""Give front ends all sessions of one data folder."""

import asyncio
import importlib
import threading
import time
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from kimi_tui.cells import Cell
from kimi_tui.config import LoadedSettings
from kimi_tui.config.tree import expand_home
from kimi_tui.events import Entry
from kimi_tui.journal.labels import Label
from kimi_tui.journal.lock import SessionBusy
from kimi_tui.journal.reader import ChainBreak, JournalReader, NoSession
from kimi_tui.journal.recorded_session import RecordedSession
from kimi_tui.journal.search import SessionSearcher
from kimi_tui.journal.session_store import SessionFiles, SessionStore
from kimi_tui.projections.state import SessionState
from kimi_tui.projections.summary import make_preview, make_summary
from kimi_tui.projections.trajectory import TrajectoryState
from kimi_tui.runner.client import attach, launch
from kimi_tui.runner.idle_session import OVER_STATES, IdleSession
from kimi_tui.runner.recorded_places import is_known_desk
from kimi_tui.runner.runner_address import unreachable_error
from kimi_tui.runner.summary_cache import SummaryCache
from kimi_tui.session import (
    DeskReading,
    ExportFormat,
    SearchHit,
    Session,
    SessionError,
    SessionPreview,
    SessionSummary,
    VerificationCheck,
)
from kimi_tui.sources import PagePicture, TextMark

if TYPE_CHECKING:
    from kimi_tui.runner.desk_reading import DeskReader
    from kimi_tui.runner.page_drawing import PageDrawer

SAMPLE_DESK = Path(__file__).parents[1] / "sample_desk"
"""Filings of made-up companies, to try the program on."""
_MAX_ATTACH_SECONDS = 15.0
"""Seconds until a process that holds a session has to listen, or to end: a runner starts slowly on a busy machine."""
_PAUSE_SECONDS = 0.1
"""Seconds between tries to attach to it."""


class FolderLibrary:
    """Implements `session.Library` over a data folder."""

    def __init__(self, loaded: LoadedSettings) -> None:
        self._loaded = loaded
        self.shelf = SessionStore(loaded.settings.home_path)
        self._finder = SessionSearcher(self.shelf)
        self._cache = SummaryCache(self.shelf.home)
        self._listing = threading.Lock()
        self._desk: DeskReader | None = None
        self._drawer: PageDrawer | None = None
        self._desk_folder: str | None = None

    def use_settings(self, loaded: LoadedSettings) -> None:
        """Use other settings from the next session on; the data folder stays."""
        home = self._loaded.settings.home
        settings = msgspec.structs.replace(loaded.settings, home=home)
        self._loaded = LoadedSettings(settings, loaded.origins)

    async def sessions(self) -> list[SessionSummary]:
        """Every session, the latest first; a damaged one is listed as such."""
        return await asyncio.to_thread(self.summaries)

    def summaries(self) -> list[SessionSummary]:
        """The same, without a loop."""
        with self._listing:
            listing = self.shelf.list_files()
            self._cache.load()
            lines = [self._summary_line(listed) for listed in listing]
            self._cache.save({listed.session for listed in listing})
        return [line for line in lines if line is not None]

    async def desk_reading(self) -> DeskReading | None:
        """How much of the desk has been read; the first call begins to read it. None without a desk."""
        try:
            if self._desk_folder != self._loaded.settings.desk:
                self._desk_folder = self._loaded.settings.desk
                await self.close()
                # It brings the tools' side of reading, a tenth of a second of imports: the screen goes on meanwhile.
                module = await asyncio.to_thread(importlib.import_module, "kimi_tui.runner.desk_reading")
                self._desk = module.desk_reader(self._loaded.settings)
                if self._desk is not None:
                    await self._desk.begin()
            return await self._desk.reading() if self._desk is not None else None
        except OSError:  # a desk that cannot be listed is told when a question goes to it
            return None

    async def desk_paths(self, desk: str | None = None) -> tuple[str, ...]:
        """Return the paths of the files on a desk; none for one that cannot be listed, or that only a session names."""
        folder = self._loaded.settings.desk if desk is None else desk
        if desk and not is_known_desk(self._loaded.settings, desk):
            return ()
        return await asyncio.to_thread(_desk_paths, folder) if folder else ()

    async def close(self) -> None:
        """End what works in the background."""
        desk, self._desk = self._desk, None
        if desk is not None:
            await desk.close()
        drawer, self._drawer = self._drawer, None
        if drawer is not None:
            await drawer.close()

    async def page_picture(
        self, session_id: str, source_id: str, label: str, marks: tuple[TextMark, ...], width: int
    ) -> PagePicture:
        """Return a picture of the page of a source; raises `SessionError` with the reason when there is none."""
        if self._drawer is None:
            from kimi_tui.runner.page_drawing import PageDrawer  # brings the workers; few sessions need them

            self._drawer = PageDrawer(self.shelf)
        return await self._drawer.draw(self.shelf.resolve_id(session_id), source_id, label, marks, width)

    async def cells(self, session_id: str, parts: tuple[tuple[str, str], ...]) -> dict[str, tuple[Cell, ...]]:
        """Return the figures of some parts of sources, by the source's id; raises `SessionError`."""
        return await asyncio.to_thread(self._cells, self.shelf.resolve_id(session_id), parts)

    async def running_ids(self) -> list[str]:
        """The ids of sessions that a process holds."""
        return await asyncio.to_thread(self.shelf.running_ids)

    async def start(self, question: str, *, sample: bool = False) -> Session:
        """Create a session and begin its first turn; raises `SessionError`."""
        loaded = self._loaded
        if sample:
            settings = msgspec.structs.replace(loaded.settings, desk=str(SAMPLE_DESK))
            loaded = LoadedSettings(settings, loaded.origins | {"desk": "flag"})
        return await launch(loaded, question=question)

    async def open(self, session_id: str) -> Session:
        """The session at its living runner, at rest when its turn is over, else at a new runner; raises `SessionError`.

        A damaged one can only be read.
        """
        return await self._open_session(
            self.shelf.resolve_id(session_id), rest="flag" not in self._loaded.origins.values()
        )

    async def _open_session(self, session: str, *, rest: bool) -> Session:
        """Open a session; `rest` is whether it may do without a runner for now."""
        deadline = time.monotonic() + _MAX_ATTACH_SECONDS
        while time.monotonic() < deadline:  # a process that holds it may be about to listen, or about to end
            attached = await attach(self.shelf, session)
            if attached is not None:
                return attached
            if self.shelf.holder(session) is None:
                reader, broken, sound = await self._open_sound(session)
                if broken is not None:
                    return RecordedSession(reader, broken, sound)
                summary = self._summary(session) if rest else None
                if summary is not None and summary.state in OVER_STATES:
                    return IdleSession(reader, partial(self._open_session, session, rest=False), sound)
                reader.close()
                with suppress(SessionBusy):  # another front end started one in the same moment
                    return await launch(self._loaded, session)
            await asyncio.sleep(_PAUSE_SECONDS)
        raise unreachable_error(self.shelf, session)

    async def replay(self, session_id: str) -> Session:
        """A recorded session with nothing behind it; raises `SessionError`."""
        return RecordedSession(*await self._open_sound(self.shelf.resolve_id(session_id)))

    async def salvage(self, session_id: str) -> str:
        """Replace a damaged session by its sound part and report what was saved; raises `SessionError`."""
        from kimi_tui.runner.salvage_session import salvage_and_pause  # seldom needed

        return await asyncio.to_thread(salvage_and_pause, self.shelf, self.shelf.resolve_id(session_id))

    async def delete(self, session_id: str) -> None:
        """Put a session into the trash; raises `SessionError` when a process works on it."""
        await asyncio.to_thread(self.shelf.move_to_trash, session_id)

    async def restore(self, session_id: str) -> None:
        """Take a session out of the trash; raises `SessionError`."""
        await asyncio.to_thread(self.shelf.trash.restore, session_id, self.shelf.folder)

    async def relabel(self, session_id: str, name: str, pinned: bool) -> None:
        """Call a session by a name, and pin it or not; raises `SessionError`."""
        await asyncio.to_thread(self.shelf.relabel, session_id, Label(name, pinned))

    async def preview(self, session_id: str) -> SessionPreview:
        """Return a preview of a session; raises `SessionError`."""
        return await asyncio.to_thread(self._preview, session_id)

    async def export(self, session_id: str, format: ExportFormat, target: Path | None = None) -> Path:
        """Write an export and return where; raises `SessionError`."""
        return await asyncio.to_thread(self._export, self.shelf.resolve_id(session_id), format, target)

    async def verify(self, session_id: str) -> list[VerificationCheck]:
        """Return the checks of a session, all computed again from what is stored; raises `SessionError`."""
        return await asyncio.to_thread(self._verify, self.shelf.resolve_id(session_id))

    async def search(self, text: str, session_id: str = "", limit: int = 200) -> list[SearchHit]:
        """Return matches of all words, session by session."""
        return await asyncio.to_thread(self._finder.search, text, session_id, limit)

    async def _open_sound(self, session: str) -> tuple[JournalReader, ChainBreak | None, list[Entry]]:
        """Return a session's reader, its first damage and the entries before it; raises `SessionError`."""
        reader = self.shelf.open_reader(session)
        sound: list[Entry] = []
        return reader, await asyncio.to_thread(reader.verify_chain, sound), sound

    def _cells(self, session: str, parts: tuple[tuple[str, str], ...]) -> dict[str, tuple[Cell, ...]]:
        reader = self.shelf.open_reader(session)
        found: dict[str, tuple[Cell, ...]] = {}
        try:
            for source_id, label in parts:
                found[source_id] = (*found.get(source_id, ()), *reader.sources.cells(source_id, label))
        finally:
            reader.close()
        return found

    def _preview(self, session: str) -> SessionPreview:
        reader = self.shelf.open_reader(session)
        try:
            return make_preview(_replay(reader))
        finally:
            reader.close()

    def _export(self, session: str, format: ExportFormat, target: Path | None) -> Path:
        from kimi_tui.export.file_writer import write_export  # brings the exports; only an export needs them

        reader = self.shelf.open_reader(session)
        try:
            return write_export(reader, format, target)
        finally:
            reader.close()

    def _verify(self, session: str) -> list[VerificationCheck]:
        from kimi_tui.runner.session_verification import verify_library_session  # brings the exports and the tools

        reader = self.shelf.open_reader(session)
        try:
            return asyncio.run(verify_library_session(self._loaded, reader))
        finally:
            reader.close()

    def _summary(self, session: str) -> SessionSummary | None:
        """The line kept by the writer when it is up to date, else folded anew; None for one that is being made."""
        try:
            reader = self.shelf.open_reader(session)
        except SessionError as error:
            if isinstance(error, NoSession) and self.shelf.is_being_created(session):
                return None
            return _damaged_summary(session, str(error))
        try:
            kept = reader.summary()
            if kept is not None and kept[0] == reader.last_seq():
                summary = msgspec.json.decode(kept[1], type=SessionSummary)
            else:
                summary = make_summary(_replay(reader))
        except (SessionError, msgspec.MsgspecError) as error:
            return _damaged_summary(session, str(error))
        finally:
            reader.close()
        return self._with_live_facts(session, summary)

    def _summary_line(self, listed: SessionFiles) -> SessionSummary | None:
        """The line of a session: for one at rest the kept one, if its file was not touched since."""
        if not listed.is_at_rest:
            return self._summary(listed.session)
        kept = self._cache.get(listed.session, listed.stamp)
        if kept is not None:
            return kept if not listed.is_labelled else self._with_label(kept)
        line = self._summary(listed.session)
        if line is not None and not line.attached and line.state != "damaged":
            self._cache.put(listed.session, listed.stamp, msgspec.structs.replace(line, name="", pinned=False))
        return line

    def _with_label(self, line: SessionSummary) -> SessionSummary:
        label = self.shelf.label(line.id)
        return msgspec.structs.replace(line, name=label.name, pinned=label.pinned)

    def _with_live_facts(self, session: str, summary: SessionSummary) -> SessionSummary:
        """Add to a line the facts that only the running process and the label know."""
        attached = self.shelf.holder(session) is not None
        state_name = summary.state if attached or summary.state != "running" else "paused"
        label = self.shelf.label(session)
        return msgspec.structs.replace(
            summary,
            id=session,
            attached=attached,
            state=state_name,
            name=label.name,
            pinned=label.pinned,
            waits_for_storage=attached and self.shelf.is_waiting(session),
        )


def _desk_paths(folder: str) -> tuple[str, ...]:
    from kimi_tui.tools.desk.files import list_desk  # the tools' side of reading; few screens complete a document

    with suppress(OSError, ValueError):
        return tuple(file.path for file in list_desk(expand_home(folder, "desk")).files)
    return ()


def _replay(reader: JournalReader) -> TrajectoryState:
    folded = SessionState()
    state = folded.main
    for entry in reader.entries():
        folded.apply(entry)
    return state


def _damaged_summary(session: str, problem: str) -> SessionSummary:
    return SessionSummary(session, "", "damaged", 0, 0, 0.0, "", "", problem=problem)
