"""Parse the tools' observations in the messages back into passages, hits and tables.

Nothing is remembered between requests; everything is read from the messages. A text that does not have the form
that its tool gives is an outcome (vetoed, denied, an error), never evidence. Marks inside a page cannot pass its
words off as another source's.
"""

import re
from typing import Any, Literal

import msgspec

from kimi_tui.embedded.chat_requests import ChatCall, ChatMessage

Outcome = Literal["ok", "not-found", "vetoed", "denied", "hidden", "error"]

_OK = {
    "search_documents": re.compile(r"\d+ (?:results? for|documents? on the desk)"),
    "read": re.compile(r"\[S\d+\] "),
    "open_page": re.compile(r"\[S\d+\] "),
    "find_in": re.compile(r"\d+ match(?:es)? for"),
    "query_database": re.compile(r"\[S\d+\] \d+ rows?|\d+ (?:databases?|tables?)|\W*\S+\.(?:sqlite3?|db|csv)\b", re.I),
    "calculate": re.compile(r"(?s).*\[S\d+\] "),
    "web_search": re.compile(r"\d+ results? for"),
    "update_plan": re.compile(r"Plan noted"),
    "submit_memo": re.compile(r"(?i)(?:the )?memo (?:is |was )?(?:accepted|submitted|recorded|kept|noted)"),
}
_OUTCOMES: tuple[tuple[Outcome, re.Pattern[str]], ...] = (
    ("vetoed", re.compile(r"(?i)\bveto(?:ed)?\b")),
    ("denied", re.compile(r"(?i)\b(?:denied|refused by|not allowed|policy|forbidden)\b")),
    ("hidden", re.compile(r"(?i)\b(?:hidden|withdrawn|withdrew)\b")),
    ("not-found", re.compile(r"(?i)^(?:no|0) \w+|\bno (?:match|results?)|\bnot found\b|\bnothing\b")),
)
_EDITED = re.compile(r"^\[The person changed the arguments; what ran: (\{.*\})\]\n")
_MARK = re.compile(r"^--- \[(S\d+)\s+([^\]]+)\]\s*(.*?)\s*---\s*$")
_HEADER = re.compile(r"^\[(S\d+)\] (.*?)(?: · [^·]*?)?(?: \(([^()]*)\))?\s*$")
_HIT = re.compile(r"^\[(S\d+)(?: ([^\]]+))?\] (.*?)(?: \(([^()]+)\))?\s*$")
_LISTED = re.compile(r"^- (.+?) · (.+)$")
_OUTLINE = re.compile(r"^outline (S\d+): (.+)$")
_MATCH = re.compile(r"^\[(S\d+)(?: ([^\]]+))?\] (.+)$")
_ROWS = re.compile(r"^\[(S\d+)\] (\d+) rows? from (.+?)(?: ·.*)?\.?$")
_ROW_NUMBER = re.compile(r"^row \d+: ")
_RESULT = re.compile(r"(?m)^\[(S\d+)\] (.+)$")


class ObservedCall(msgspec.Struct, frozen=True):
    """One call with its observation."""

    tool: str
    arguments: dict[str, Any]
    text: str
    outcome: Outcome

    @property
    def first_line(self) -> str:
        """Return the first line of the observation."""
        return self.text.strip().partition("\n")[0]


class ObservedPassage(msgspec.Struct, frozen=True):
    """Text of one part of a source, as observed."""

    source: str
    """`S3`."""
    label: str
    """`p.4`, `§3`, `rows 1-50`; empty for a source without parts."""
    text: str
    title: str = ""
    path: str = ""
    weight: float = 1.0
    """How much it counts: 1 when the part was read, less for a match or a snippet."""
    heading: str = ""
    """The heading of the part, where a read shows it."""

    @property
    def cite(self) -> str:
        """Return the citation, without brackets."""
        return f"{self.source} {self.label}".strip()


class ObservedHit(msgspec.Struct, frozen=True):
    """One result of a search on the desk, or a match inside a source."""

    source: str
    label: str
    title: str
    path: str
    rank: int
    """From 0 within its search."""


class ListedDocument(msgspec.Struct, frozen=True):
    """One line of the desk's listing."""

    path: str
    kind: str
    """The rest of the line: type and length."""

    @property
    def is_queryable(self) -> bool:
        """Return whether `query_database` takes it."""
        return self.path.lower().endswith((".sqlite", ".sqlite3", ".db", ".csv"))


class ObservedTable(msgspec.Struct, frozen=True):
    """The rows of one query."""

    source: str
    database: str
    """Its path on the desk."""
    sql: str
    """The statement that ran."""
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def parse_outcome(tool: str, text: str) -> Outcome:
    """Return how a call ended, from the form of its observation."""
    stripped = text.strip()
    form = _OK.get(tool)
    if form and form.match(stripped):
        return "not-found" if stripped.startswith("0 ") else "ok"
    first = stripped.partition("\n")[0]
    return next((outcome for outcome, pattern in _OUTCOMES if pattern.search(first)), "error")


def parse_observations(messages: tuple[ChatMessage, ...]) -> tuple[ObservedCall, ...]:
    """Every answered call of the messages, in order.

    Calls and answers are paired by id within the messages between two assistant messages, because servers give
    the same ids again in later steps.
    """
    found: list[ObservedCall] = []
    waiting: list[tuple[str, str, dict[str, Any]]] = []
    for message in messages:
        if message.role == "assistant":
            waiting = [(call.id, call.name, call.parsed_arguments()) for call in message.calls]
        elif message.role == "tool" and waiting:
            place = next((n for n, call in enumerate(waiting) if call[0] == message.call_id), 0)
            _, tool, arguments = waiting.pop(place)
            found.append(_parse_observation(tool, arguments, message.content))
    return tuple(found)


def _parse_observation(tool: str, arguments: dict[str, Any], text: str) -> ObservedCall:
    """Return one observed call, with the arguments that ran if a person changed them."""
    if edited := _EDITED.match(text):
        arguments = ChatCall("", tool, edited.group(1)).parsed_arguments()
        text = text[edited.end() :]
    return ObservedCall(tool, arguments, text, parse_outcome(tool, text))


def parse_passages(observed: ObservedCall) -> list[ObservedPassage]:
    """Return the text of sources that a read, a match list or a search showed."""
    if observed.outcome != "ok":
        return []
    if observed.tool in ("read", "open_page"):
        return _read_passages(observed.text)
    if observed.tool == "find_in":
        return [
            ObservedPassage(match.group(1), match.group(2) or "", match.group(3), weight=0.7)
            for match in map(_MATCH.match, observed.text.splitlines()[1:])
            if match
        ]
    if observed.tool == "search_documents":
        return _snippets(observed.text)
    return []


def _read_passages(text: str) -> list[ObservedPassage]:
    """Return the parts of one read; only marks of the source in its first line divide it."""
    lines = text.strip().splitlines()
    header = _HEADER.match(lines[0]) if lines else None
    if not header:
        return []
    source, title, path = header.group(1), header.group(2), header.group(3) or ""
    label, heading, collected = "", "", list[str]()
    found: list[ObservedPassage] = []

    def finish() -> None:
        if "".join(collected).strip():
            found.append(ObservedPassage(source, label, "\n".join(collected), title, path, heading=heading))
        collected.clear()

    for line in lines[1:]:
        mark = _MARK.match(line)
        if mark and mark.group(1) == source:
            finish() if label else collected.clear()  # before the first mark stand only the tool's own notes
            label, heading = mark.group(2), mark.group(3)
        elif not line.startswith("More: "):
            collected.append(line)
    finish()
    return found


def _snippets(text: str) -> list[ObservedPassage]:
    """Return the snippets of a search, each under its hit."""
    found: list[ObservedPassage] = []
    for line in text.splitlines()[1:]:
        hit = _HIT.match(line)
        if hit:
            found.append(ObservedPassage(hit.group(1), hit.group(2) or "", "", hit.group(3), hit.group(4) or "", 0.5))
        elif found and line.startswith(" "):
            last = found.pop()
            found.append(msgspec.structs.replace(last, text=f"{last.text}\n{line.strip()}".strip()))
    return [passage for passage in found if passage.text]


def parse_hits(observed: ObservedCall) -> list[ObservedHit]:
    """Return the results of one search on the desk."""
    if observed.tool != "search_documents" or observed.outcome != "ok":
        return []
    matches = [match for match in map(_HIT.match, observed.text.splitlines()[1:]) if match]
    return [
        ObservedHit(match.group(1), match.group(2) or "", match.group(3), match.group(4) or "", rank)
        for rank, match in enumerate(matches)
    ]


def parse_matches(observed: ObservedCall) -> list[ObservedHit]:
    """Return the places that `find_in` found."""
    if observed.tool != "find_in":
        return []
    return [ObservedHit(p.source, p.label, p.title, p.path, rank) for rank, p in enumerate(parse_passages(observed))]


def read_as(observed: ObservedCall) -> str:
    """Return the owners whose documents a search took its words to mean; empty when it took none."""
    lines = observed.text.splitlines()[1:2] if observed.tool == "search_documents" and observed.outcome == "ok" else []
    return lines[0].removeprefix("read as: ") if lines and lines[0].startswith("read as: ") else ""


def outlines(observed: ObservedCall) -> dict[str, dict[str, str]]:
    """By source, where its statements are: `{"S1": {"income statement": "p.5"}}`."""
    found: dict[str, dict[str, str]] = {}
    if observed.tool == "search_documents" and observed.outcome == "ok":
        for match in filter(None, map(_OUTLINE.match, observed.text.splitlines())):
            places = (piece.rsplit(" ", 1) for piece in match.group(2).split(" · "))
            found[match.group(1)] = {one[0]: one[1] for one in places if len(one) == 2}
    return found


def parse_listing(observed: ObservedCall) -> list[ListedDocument]:
    """Return the documents of the desk, when this was the search that lists them."""
    if observed.tool != "search_documents" or observed.outcome != "ok" or observed.arguments.get("query"):
        return []
    return [
        ListedDocument(match.group(1), match.group(2))
        for match in map(_LISTED.match, observed.text.splitlines())
        if match
    ]


def parse_table(observed: ObservedCall) -> ObservedTable | None:
    """Return the rows of a query, or None when the call gave none."""
    lines = observed.text.strip().splitlines()
    header = _ROWS.match(lines[0]) if lines and observed.tool == "query_database" else None
    if not header or len(lines) < 3:
        return None
    columns = tuple(cell.strip() for cell in lines[1].split("|"))
    rows: list[tuple[str, ...]] = []
    for line in lines[2:]:
        row = tuple(cell.strip() for cell in _ROW_NUMBER.sub("", line).split("|"))
        if len(row) != len(columns) or len(rows) == int(header.group(2)):
            break
        if set(line) - set("-|: +"):  # a rule under the header is no row
            rows.append(row)
    sql = str(observed.arguments.get("sql", ""))
    return ObservedTable(header.group(1), header.group(3), sql, columns, tuple(rows))


def parse_calculation(observed: ObservedCall) -> tuple[str, str] | None:
    """Source id and result of a calculation, or None."""
    found = _RESULT.findall(observed.text) if observed.tool == "calculate" else []
    return (found[-1][0], found[-1][1].strip()) if found and observed.outcome == "ok" else None
