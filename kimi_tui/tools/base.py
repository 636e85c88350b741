"""The tool interface: typed parameters, declared effects, one asynchronous run.

A tool says what a call would touch before it runs, so that policy can decide on the effects and never on a
name. It returns an observation for the model or raises `ToolError` with words the model can act on. It keeps
what it retrieved as a source, so that the memo can cite it.
"""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, ClassVar, Protocol, TypeVar, Unpack

import msgspec

from kimi_tui.cells import Cell
from kimi_tui.config import RetrievalSettings
from kimi_tui.events import Effect, Status
from kimi_tui.evidence.source_lookup import SourceLookup
from kimi_tui.sources import NewSource, Source, SourceRef
from kimi_tui.tools.desk.desk_index import DeskIndex
from kimi_tui.tools.workers.pool import WorkerPool

Result = TypeVar("Result")


class ToolError(Exception):
    """A call that gave no result; the message tells the model what was wrong and what to do instead."""

    def __init__(self, message: str, status: Status = "error") -> None:
        super().__init__(message)
        self.status: Status = status


class Observation(msgspec.Struct, frozen=True):
    """The result of a call."""

    text: str
    """What the model reads."""
    sources: tuple[SourceRef, ...] = ()
    """Every source that the text names."""
    artifact: dict[str, Any] | None = None
    """For front ends: `{"kind": "table", "columns": [...], "rows": [[...]]}`, `{"kind": "plan", ...}`, ..."""
    status: Status = "ok"
    fetched: int = 0
    """Bytes that came from the network for it."""
    lasting: bool = True
    """True when the same call gives the same again as long as what it touches stays as it is."""
    notes: tuple[str, ...] = ()
    """What was cut, guessed or left out, each a sentence; the text says it too."""
    leads: tuple[str, ...] = ()
    """Addresses that the model may want to open next, the most likely first."""


class SessionSources(Protocol):
    """Storage of retrieved sources; one per session."""

    def add(self, **source: Unpack[NewSource]) -> SourceRef:
        """Keep a source and give it its id; the same address with the same bytes keeps its first id."""
        ...

    async def add_in_thread(self, **source: Unpack[NewSource]) -> SourceRef:
        """Store a source that may be large without blocking other work."""
        ...

    async def read_in_thread(self, work: Callable[[SourceLookup], Result]) -> Result:
        """Return what `work` makes of the sources, in a thread that delays nothing else."""
        ...

    def find_same(self, address: str, digest: str) -> SourceRef | None:
        """Return the source of the bytes with this SHA-256 from this address, or None."""
        ...

    def get(self, source_id: str) -> Source | None:
        """Return a source with its text, or None."""
        ...

    def cells(self, source_id: str, label: str = "") -> tuple[Cell, ...]:
        """Return the cells of a source, or of its part with this label; none for an unknown source."""
        ...

    def refs(self) -> tuple[SourceRef, ...]:
        """All sources so far, in order of their ids."""
        ...


class ToolSettings(msgspec.Struct, frozen=True):
    """The settings that tools may read."""

    desk: Path | None = None
    """The folder of documents and databases that may be read."""
    cache: Path | None = None
    """A folder for the index of the desk; None keeps it in memory."""
    offline: bool = False
    """No network tool is offered."""
    search_url: str = ""
    """Base URL of a SearXNG server; empty uses ddgs."""
    search_backend: str = "duckduckgo"
    """The one ddgs backend that queries go to."""
    query_seconds: float = 4.0
    """Processor time that one query may take."""
    table_seconds: float = 60.0
    """Processor time that a CSV file may take to become a table, once."""
    reading_seconds: float = 30.0
    """Processor time that reading one document may take."""
    allow_hosts: tuple[str, ...] = ()
    """Private hosts that may be opened all the same."""
    retrieval: RetrievalSettings = RetrievalSettings()
    """How pages are found on the desk."""


class RerankServer(Protocol):
    """A server that reranks search results."""

    async def rank(self, question: str, texts: Sequence[str]) -> tuple[list[int], str]:
        """Return the places of the texts, the best first; or none, and why in words. Never raises."""
        ...

    async def close(self) -> None:
        """Close what is open."""
        ...


class ToolContext(msgspec.Struct, frozen=True):
    """The context of a running tool; one per session, closed with it."""

    settings: ToolSettings
    sources: SessionSources
    workers: WorkerPool = msgspec.field(default_factory=WorkerPool)
    """The child processes that parse untrusted bytes and run outside SQL; none is started before it is needed."""
    index: DeskIndex | None = None
    """What stands in the desk's documents; made from the settings, None without a desk."""
    reorderer: RerankServer | None = None
    """Re-orders the results of a search; None unless the settings name a server."""

    def __post_init__(self) -> None:
        desk, settings = self.settings.desk, self.settings
        if self.index is None and desk is not None:
            index = DeskIndex(
                desk,
                settings.cache,
                self.workers,
                glossary=settings.retrieval.glossary,
                seconds=settings.reading_seconds,
            )
            msgspec.structs.force_setattr(self, "index", index)

    async def close(self) -> None:
        """End what the session's tools started."""
        if self.index is not None:
            await self.index.close()
        if self.reorderer is not None:
            await self.reorderer.close()
        await self.workers.close()


class SubmittedMemo(msgspec.Struct, frozen=True):
    """A memo as a call submits it."""

    title: str
    text: str


class Tool(Protocol):
    """One tool of the model; the engine knows it by its flags and effects, never by its name."""

    name: ClassVar[str]
    """`[a-z0-9_]+`: hyphens and dots are lost by some servers' parsers."""
    description: ClassVar[str]
    """What the model is told: what it does, when to use it, what comes back."""
    parameters: ClassVar[type[msgspec.Struct]]
    """A flat frozen struct with `forbid_unknown_fields`; each field's description by `msgspec.Meta`."""
    read_only: ClassVar[bool]
    """True when running it twice is harmless."""
    timeout: ClassVar[float]
    """Seconds after which it is ended."""
    helps_to_answer: ClassVar[bool] = False
    """True when it still runs in the step that is kept for the answer when a budget is spent."""
    prefetches: ClassVar[bool] = False
    """True when it can fetch an address before the model asks for it."""

    def effects(self, arguments: Any) -> tuple[Effect, ...]:
        """Return what this call would touch; `arguments` is an instance of `parameters`."""
        ...

    def label(self, arguments: Any) -> str:
        """One short line for people: `Read S3, pages 4-6`."""
        ...

    async def run(self, arguments: Any, context: ToolContext) -> Observation:
        """Run the call; raises `ToolError`."""
        ...

    def is_prefetch_useful(self, address: str) -> bool:
        """Return whether an address can be fetched ahead and is not held already."""
        return False

    async def prefetch(self, address: str, context: ToolContext) -> int:
        """Fetch an address in case the model asks for it; return its bytes. Raises `ToolError`."""
        return 0

    def draft(self, arguments: dict[str, Any]) -> SubmittedMemo | None:
        """Return the memo that a call with these arguments submits; None for a tool that submits none.

        The arguments may not have been valid.
        """
        return None
