"""Events of a tool call, from proposed to withdrawn, and of a page that is fetched ahead of one."""

from typing import Any

from kimi_tui.events.vocabulary import Decision, Effect, Event, Status, Verdict
from kimi_tui.sources import SourceRef


class ToolCallProposed(Event, frozen=True, tag=True):
    """The model proposed one call."""

    call_id: str
    """Ours, unique in the session (`c12`); the server's ids are never used again."""
    tool: str
    """The tool's name as the model wrote it; it may not exist."""
    arguments: dict[str, Any]
    """The parsed arguments; empty when they could not be parsed."""
    raw: str
    """The arguments as they came, unparsed."""
    label: str = ""
    """What the tool says this call is, for people: `Read S3, pages 4-6`."""
    effects: tuple[Effect, ...] = ()
    """What the tool says it touches."""
    read_only: bool = True
    """True when it may be run again after a crash without asking."""
    problem: str = ""
    """Why it cannot be run as proposed (no such tool, bad arguments), in words the model can act on; empty if fine."""
    recovered: bool = False
    """True when it was salvaged from text instead of arriving as a call."""
    asks: str = ""
    """SHA-256 of what it asks for, the same for every way to write it; empty when it cannot be run."""
    inferred: bool = False
    """True when the model named no tool and this one was told by the arguments alone."""


class PolicyDecided(Event, frozen=True, tag=True):
    """The policy answered for one call."""

    call_id: str
    verdict: Verdict
    """What happens to it: it runs, a person is asked, or it is refused."""
    rule: str
    """The name of the rule that answered."""
    reason: str = ""
    """In a person's words: why."""


class HookAnswered(Event, frozen=True, tag=True):
    """The person's own program answered for one call; its failure is a denial with a problem."""

    call_id: str
    hook: str
    """The program's name."""
    verdict: Verdict
    """Its answer; what becomes of the call is in `PolicyDecided`."""
    reason: str
    """Why, in its words; untrusted text."""
    asks: str
    """What the call asked for when the program was asked, as in `ToolCallProposed`."""
    problem: str = ""
    """Why there was no answer; empty when there was one."""
    seconds: float = 0.0
    """How long it took."""


class ApprovalRequested(Event, frozen=True, tag=True):
    """A call waits for a person; nothing else holds it, so it survives any crash."""

    call_id: str
    rule: str
    """The rule that asked."""
    why: str
    """In a person's words: why it asks."""
    pattern: str = ""
    """The narrow standing rule that `always` would make (`TOOL EFFECT TARGET`); empty if it makes none."""
    schema: dict[str, Any] | None = None
    """The JSON Schema of the tool's parameters, for the form that edits them; None when it is not known."""


class ApprovalResolved(Event, frozen=True, tag=True):
    """A person decided a waiting call; the first answer wins."""

    call_id: str
    decision: Decision
    """What the person chose; `edit` and `always` approve as well."""
    by: str = "person"
    note: str = ""
    """Why, for a veto: the model reads it."""
    edited: dict[str, Any] | None = None
    """The arguments that will run instead, when the decision is `edit`."""
    pattern: str = ""
    """The standing rule made by `always`, as saved."""
    asks: str = ""
    """What the edited arguments ask for, as in `ToolCallProposed`."""


class RuleRevoked(Event, frozen=True, tag=True):
    """A standing rule made by `always` no longer holds."""

    pattern: str
    by: str = "person"


class ToolCallStarted(Event, frozen=True, tag=True):
    """A tool is about to run; committed before it does."""

    call_id: str
    attempt: int = 1
    """2 when it runs again after a crash."""


class OutgoingDataRecorded(Event, frozen=True, tag=True):
    """A call that is about to run sends data out of the session; committed with its start, before anything leaves."""

    call_id: str
    targets: tuple[str, ...]
    """The hosts, files or services that receive it, as the call declares them."""
    allowed_by: str
    """The policy's rule that let it run; `person` when a person approved it."""
    characters: int
    """Characters of all its arguments."""
    digest: str
    """SHA-256 of its arguments in canonical JSON."""
    carried: tuple[str, ...] = ()
    """In words: which of the words come from the desk or look encoded; empty when none was found."""


class ObservationRecorded(Event, frozen=True, tag=True):
    """The observation that the model reads for one call; exactly one for each proposed call."""

    call_id: str
    status: Status
    text: str
    sources: tuple[SourceRef, ...] = ()
    """Every source that the text names."""
    artifact: dict[str, Any] | None = None
    """Structured result for front ends, told apart by `kind`: `table`, `plan` or `memo`."""
    cached: bool = False
    """True when it was answered from an earlier identical call."""
    duration: float = 0.0
    """Seconds the tool ran."""
    fetched: int = 0
    """Bytes that it took from the network."""
    outcome: str = ""
    """SHA-256 of what the tool gave, wording of the call aside; empty when no tool ran."""
    stamp: str = ""
    """What the result depends on, see `tools.freshness`; empty when it may not answer another call."""
    cached_from: str = ""
    """The call whose result this is, when it is `cached`."""
    places: tuple[str, ...] = ()
    """For a search: a short digest of each place that it named, so that one found before is known again."""


class ObservationWithdrawn(Event, frozen=True, tag=True):
    """A person took a result back out of the context; the model reads a tombstone with the note."""

    call_id: str
    by: str = "person"
    note: str = ""


class PrefetchStarted(Event, frozen=True, tag=True):
    """A page that a search named is about to be fetched; committed before the request leaves."""

    address: str
    """As the search named it; untrusted."""
    host: str
    """The host that receives the request."""
    allowed_by: str
    """The policy's rule that let it be fetched."""


class PrefetchFinished(Event, frozen=True, tag=True):
    """A page was fetched, or could not be; it becomes a source only when the model opens it."""

    address: str
    fetched: int
    """Bytes that it took from the network; they count in the budget, and not again when the page is opened."""
    problem: str = ""
    """Why there is no page; empty when there is one."""
