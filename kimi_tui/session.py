"""Protocols for sessions and libraries: all that a front end may use.

A front end never imports the engine or the journal: it tails entries, watches deltas and sends commands.
Whether the engine lives in this process, in a runner process or only in a file is not its business.
"""

from collections.abc import AsyncIterator, Iterable
from pathlib import Path
from typing import Literal, Protocol

import msgspec

from kimi_tui.cells import Cell
from kimi_tui.commands import AnyCommand, Receipt
from kimi_tui.events import Delta, Entry, PlanStep
from kimi_tui.sources import PagePicture, Source, TextMark

State = Literal["running", "waiting", "paused", "finished", "stopped", "budget", "failed", "empty", "damaged"]
ExportFormat = Literal["md", "html", "docx", "bundle", "jsonl", "messages", "sqlite"]
TroubleKind = Literal["busy", "full", "quota", "read-only", "failing"]


NOTABLE_STATES: frozenset[State] = frozenset({"waiting", "paused", "finished", "stopped", "budget", "failed"})
"""States that are worth a notification to a person who looks elsewhere."""


class SessionError(Exception):
    """An error of a session that a person can act on; the text says what, why and what to do."""


class DamagedSession(SessionError):
    """The file of a session cannot be read at all; its intact part may be salvaged."""

    def __init__(self, session: str, message: str) -> None:
        super().__init__(message)
        self.session = session
        """Its id."""


class NotInTrash(SessionError):
    """A deleted session cannot be restored any more: the trash was emptied."""


class StorageTrouble(
    msgspec.Struct, frozen=True, rename={"free_bytes": "free", "needed_bytes": "needed", "message": "told"}
):
    """A reason why nothing can be recorded now, in parts that fit a line of any width."""

    kind: TroubleKind
    """`busy` is a file that another program holds; `failing` what the disk or system cannot do for another reason."""
    path: str
    """The folder that cannot be written."""
    message: str
    """The whole message: what is wrong, why, and what to do."""
    free_bytes: int = -1
    """Bytes that are free there; below 0 when that is not known."""
    needed_bytes: int = 0
    """Bytes with which work goes on for a good while."""


class StorageError(SessionError):
    """Nothing can be written now, although nothing is damaged: a full disk, a quota, a read-only folder."""

    def __init__(self, trouble: StorageTrouble) -> None:
        super().__init__(trouble.message)
        self.trouble = trouble
        """The same in parts."""


class Session(Protocol):
    """One session, live or recorded."""

    @property
    def id(self) -> str:
        """The session's id."""
        ...

    @property
    def live(self) -> bool:
        """Return whether commands can be sent; False for a replay."""
        ...

    @property
    def damage(self) -> str:
        """A description of damage for people; only entries before it are shown; empty for a sound session."""
        ...

    @property
    def storage_trouble(self) -> StorageTrouble | None:
        """Why the session cannot be recorded now; None while it can."""
        ...

    @property
    def engine_failure(self) -> str:
        """Why the session's engine failed, for people; empty while it works or when that is unknown."""
        ...

    def tail(self, after: int = 0) -> AsyncIterator[Entry]:
        """Yield every entry with `seq > after`, the recorded ones at once, then each new one as it comes."""
        ...

    def deltas(self) -> AsyncIterator[Delta]:
        """Yield fragments as they stream; past ones are not repeated."""
        ...

    async def send(self, command: AnyCommand) -> Receipt:
        """Send a command; never raises for a refusal."""
        ...

    async def source(self, source_id: str) -> Source | None:
        """Return a source with its text, or None."""
        ...

    async def close(self) -> None:
        """Close the handle; a running session continues wherever its engine lives."""
        ...


class SessionSummary(msgspec.Struct, frozen=True):
    """One line of the library."""

    id: str
    question: str
    """The first question; untrusted text."""
    state: State
    steps: int
    tokens: int
    """Prompt and completion tokens of all steps."""
    cost: float
    """US dollars by the price table in the settings; 0 when there is none."""
    opened: str
    """UTC, ISO 8601."""
    updated: str
    """UTC, ISO 8601."""
    model: str = ""
    desk: str = ""
    calls: int = 0
    attached: bool = False
    """True when a process is working on it now."""
    problem: str = ""
    """Why it cannot be read, when the state is `damaged`."""
    name: str = ""
    """What a person calls it; empty for none."""
    pinned: bool = False
    """True when a person wants it first."""
    waits_for_storage: bool = False
    """True when the process that works on it can record nothing now."""
    server: str = ""
    """How clean its server was, in one line; empty before the first step."""
    findings: dict[str, int] = {}
    """How many statements its memo has, and how many of each finding; empty without a memo that says so."""


class SessionPreview(msgspec.Struct, frozen=True):
    """A preview of a session that is not opened; every text in it is untrusted."""

    session: str
    """The id."""
    questions: tuple[str, ...] = ()
    """Every question, oldest first."""
    plan: tuple[PlanStep, ...] = ()
    """The plan as last noted."""
    waiting: tuple[str, ...] = ()
    """The labels of the calls that wait for a person."""
    last: tuple[str, ...] = ()
    """What happened last, a line each."""
    memo_title: str = ""
    """The memo's title; empty when there is none."""
    memo: str = ""
    """How the memo begins, as Markdown with marks behind its citations; empty when there is none."""
    findings: dict[str, int] = {}
    """The same as in a summary."""


_MAX_STEPS_CHARS = 40
"""Characters of a filter on steps; a longer one names no steps of ours, and Python refuses to read such a number."""


class SearchQuery(msgspec.Struct, frozen=True):
    """A search with its filters, such as `tool:read`, `host:sec.gov`, `step:3-9`, `is:error`.

    A source passes with the calls that read it; `is:source` leaves nothing but sources.
    """

    words: str = ""
    """All of these must stand in one place; the last may be unfinished."""
    tool: str = ""
    """A part of the tool's name, in lower case; empty for any."""
    host: str = ""
    """A part of what the call touches, in lower case; empty for any."""
    steps: tuple[int, int] | None = None
    """The first and the last step; None for all."""
    errors: bool = False
    """Only what went wrong."""
    sources: bool = False
    """Only the texts of sources."""

    @classmethod
    def parse(cls, text: str) -> "SearchQuery":
        """Parse a typed line; an unfinished filter filters nothing."""
        words: list[str] = []
        tool = host = ""
        steps, errors, sources = None, False, False
        for word in text.split():
            name, colon, value = word.lower().partition(":")
            if not colon or name not in ("tool", "host", "step", "is"):
                words.append(word)
            elif name == "tool":
                tool = value
            elif name == "host":
                host = value
            elif name == "step":
                first, _, last = value.partition("-")
                if first.isdecimal() and (not last or last.isdecimal()) and len(value) <= _MAX_STEPS_CHARS:
                    steps = (int(first), int(last or first))
            else:
                errors, sources = errors or value == "error", sources or value == "source"
        return cls(" ".join(words), tool, host, steps, errors, sources)

    @property
    def is_call_filter(self) -> bool:
        """Return whether only calls and their observations can match."""
        return bool(self.tool or self.host or self.errors)

    @property
    def is_empty(self) -> bool:
        """Return whether nothing is searched."""
        return not (self.words or self.is_call_filter or self.steps)

    def includes_step(self, step: int) -> bool:
        """Return whether a step is in the searched range."""
        return self.steps is None or self.steps[0] <= step <= self.steps[1]

    def matches_call(self, tool: str, targets: Iterable[str]) -> bool:
        """Return whether a call of this tool that touches these targets passes the filters."""
        if self.tool not in tool.lower():
            return False
        return not self.host or any(self.host in target.lower() for target in targets)


class SearchHit(msgspec.Struct, frozen=True):
    """One match of a search."""

    session: str
    seq: int
    """The entry, or 0 for a source."""
    kind: str
    """`question`, `reasoning`, `message`, `call`, `observation`, `memo` or `source`."""
    snippet: str
    """The words around it; untrusted text."""
    source: str = ""
    """The source's id, for a source."""
    part: str = ""
    """The label of the source's part; untrusted text."""
    title: str = ""
    """The source's title; untrusted text."""
    call_id: str = ""
    """The call that the entry belongs to; empty for none."""


class DeskReading(msgspec.Struct, frozen=True):
    """How much of a desk's documents has been read."""

    documents: int
    """Files on the desk for which there is a reader."""
    read: int
    """How many of them were read, those that gave no text included."""
    pages: int
    """Pages, sections and blocks of rows of all that were read."""
    unreadable: tuple[tuple[str, str], ...]
    """Path and reason of each that gave no text; untrusted."""
    left_alone: int
    """Further files for which there is no reader, or that may not be read."""
    is_reading: bool
    """True when more are being read now."""
    titles: tuple[str, ...] = ()
    """Titles of the longest documents that have text, tables left out, the longest first; untrusted."""


class VerificationCheck(msgspec.Struct, frozen=True):
    """The result of one check."""

    name: str
    """`manifest`, `chain`, `context`, `sources`, `citations`, `judge`, `decisions`, `file` or `memo file`."""
    passed: bool
    """True when it is as it should be."""
    detail: str
    """What was checked, or the first thing that is wrong."""


class Library(Protocol):
    """All sessions of one data folder."""

    async def desk_reading(self) -> DeskReading | None:
        """How much of the desk has been read; the first call begins to read it. None without a desk."""
        ...

    async def desk_paths(self, desk: str | None = None) -> tuple[str, ...]:
        """Return the paths of the files on a desk, untrusted; of the one in the settings for None, none for ``."""
        ...

    async def close(self) -> None:
        """End what works in the background."""
        ...

    async def sessions(self) -> list[SessionSummary]:
        """Return every session, the latest first; a damaged one is listed as such."""
        ...

    async def running_ids(self) -> list[str]:
        """Return the ids of sessions that a process works on now; quicker than `sessions`."""
        ...

    async def start(self, question: str, *, sample: bool = False) -> Session:
        """Create a session and begin its first turn; `sample` puts it on the sample desk."""
        ...

    async def open(self, session_id: str) -> Session:
        """Open a session to work in it; raises `SessionError`."""
        ...

    async def replay(self, session_id: str) -> Session:
        """Open a recorded session with nothing behind it; its entries come at once."""
        ...

    async def salvage(self, session_id: str) -> str:
        """Replace a damaged session by its sound part and report what was saved; raises `SessionError`.

        The damaged file is kept beside it, unchanged.
        """
        ...

    async def delete(self, session_id: str) -> None:
        """Put a session into the trash, which is emptied after some days; refused while a process works on it."""
        ...

    async def restore(self, session_id: str) -> None:
        """Take a session out of the trash."""
        ...

    async def relabel(self, session_id: str, name: str, pinned: bool) -> None:
        """Set a session's name, and pin it or not."""
        ...

    async def preview(self, session_id: str) -> SessionPreview:
        """Return a preview of a session, read from its journal."""
        ...

    async def export(self, session_id: str, format: ExportFormat, target: Path | None = None) -> Path:
        """Write an export and return where; with no target, a name of its own in the current folder."""
        ...

    async def verify(self, session_id: str) -> list[VerificationCheck]:
        """Return the checks of a session, all computed again from what is stored."""
        ...

    async def page_picture(
        self, session_id: str, source_id: str, label: str, marks: tuple[TextMark, ...], width: int
    ) -> PagePicture:
        """Return a picture, `width` pixels wide, of the page of a source, with pieces of its text marked.

        Raises `SessionError` with the reason when there is none.
        """
        ...

    async def cells(self, session_id: str, parts: tuple[tuple[str, str], ...]) -> dict[str, tuple[Cell, ...]]:
        """Return the figures of some parts of sources, given by id and label, by the id; raises `SessionError`."""
        ...

    async def search(self, text: str, session_id: str = "", limit: int = 200) -> list[SearchHit]:
        """Full text over reasoning, calls, observations, sources and memos, filters included (see `SearchQuery`).

        In one session the best places come first; in all, the session that was written last, with a few of its places.
        """
        ...
