"""Record and list what left a session: which call sent what to whom, and by which rule."""

import hashlib
import json
from collections import Counter
from collections.abc import Sequence

import msgspec

from kimi_tui.egress.outgoing_data import OUTGOING_EFFECTS, OutgoingText, argument_texts, outgoing_texts, sends_data
from kimi_tui.events import OutgoingDataRecorded
from kimi_tui.projections.calls import Call
from kimi_tui.projections.trajectory import TrajectoryState
from kimi_tui.text import one_line, printable

MAX_CARRIED = 12
"""Findings that are recorded for one call."""


PREFETCH_TOOL = "prefetch"
"""Name in place of a tool for a page that was fetched before the model asked for it."""


class SentData(msgspec.Struct, frozen=True):
    """One call that left the session, or one page that was fetched ahead of a call."""

    at: str
    """When it was started last; UTC, ISO 8601."""
    call_id: str
    """Empty for a page that was fetched ahead."""
    step: int
    tool: str
    targets: tuple[str, ...]
    allowed_by: str
    """The policy's rule, or `person`."""
    characters: int
    arguments: dict[str, object]
    """All that was sent; untrusted."""
    carried: tuple[str, ...]
    """In words: which of the words come from the desk or look encoded."""
    attempts: int
    """How often it was sent."""
    received: int = 0
    """Bytes that came back, as far as they were counted."""


class ReceiverTotal(msgspec.Struct, frozen=True):
    """All that one receiver was sent in a session."""

    receiver: str
    """A host, file or service; untrusted."""
    calls: int
    """How often something was sent."""
    characters: int
    """Sent in all of them."""
    received: int
    """Bytes that came back, as far as they were counted."""


def describe_outgoing(call: Call, state: TrajectoryState) -> OutgoingDataRecorded | None:
    """Return the event that records what a call is about to send; None when it sends nothing out."""
    if not sends_data(call):
        return None
    canonical = json.dumps(call.arguments, sort_keys=True, ensure_ascii=False)
    return OutgoingDataRecorded(
        call.id,
        _targets(call),
        _allowed_by(call),
        sum(len(text) for _, text in argument_texts(call.arguments)),
        hashlib.sha256(canonical.encode("utf-8", "replace")).hexdigest(),
        tuple(finding for item in outgoing_texts(call, state) for finding in describe_findings(item))[:MAX_CARRIED],
    )


def describe_findings(item: OutgoingText) -> list[str]:
    """Return in words which words of a text come from the desk, and how much of it looks encoded."""
    found = []
    for mark in item.marks:
        if mark.origin == "desk":
            words = one_line(mark.decoded or item.text[mark.start : mark.end], 120)
            how = f" ({', then '.join(mark.how)})" if mark.how else ""
            found.append(f"\u201c{words}\u201d from {one_line(mark.source, 40)}{how}")
    if item.opaque_chars:
        found.append(f"{item.opaque_chars} characters that look encoded: not readable")
    return found


def list_sent_data(state: TrajectoryState) -> list[SentData]:
    """Return every call that was sent out, and every page fetched ahead, in the order in which they left.

    Also for sessions older than the events.
    """
    return sorted([*_sent_calls(state), *_prefetched_pages(state)], key=lambda row: row.at)


def _prefetched_pages(state: TrajectoryState) -> list[SentData]:
    return [
        SentData(
            at=page.at,
            call_id="",
            step=page.step,
            tool=PREFETCH_TOOL,
            targets=(page.host,),
            allowed_by=page.allowed_by,
            characters=len(page.address),
            arguments={"url": page.address},
            carried=(),
            attempts=1,
            received=page.fetched,
        )
        for page in state.prefetches.pages
    ]


def _sent_calls(state: TrajectoryState) -> list[SentData]:
    return [
        SentData(
            at=call.started_at,
            call_id=call.id,
            step=call.step,
            tool=call.tool,
            targets=_targets(call),
            allowed_by=call.sent.allowed_by if call.sent else _allowed_by(call),
            characters=sum(len(text) for _, text in argument_texts(call.arguments)),
            arguments=dict(call.arguments),
            carried=call.sent.carried if call.sent else (),
            attempts=call.attempts,
            received=call.observation.fetched if call.observation else 0,
        )
        for call in state.calls.by_id.values()
        if call.attempts and sends_data(call)
    ]


def describe_sent_data(row: SentData) -> list[str]:
    """Return one call in lines: when, to whom, by which rule, all that was sent, and what of it is of the desk."""
    times = f", sent {row.attempts} times" if row.attempts > 1 else ""
    who = (
        "approved by a person" if row.allowed_by == "person" else f"allowed by the rule {one_line(row.allowed_by, 60)}"
    )
    what = (
        f"{row.call_id}  step {row.step}  {one_line(row.tool, 40)}" if row.call_id else f"ahead of step {row.step + 1}"
    )
    came = f", {row.received:,} bytes came back" if row.received else ""
    lines = [
        f"{row.at[:19].replace('T', ' ')}  {what} to {one_line(', '.join(row.targets), 200)}  "
        f"{row.characters:,} characters, {who}{times}{came}"
    ]
    lines += [f"    {one_line(name, 24)}: {printable(str(value))}" for name, value in row.arguments.items()]
    return [*lines, *(f"    of the desk: {one_line(words, 300)}" for words in row.carried)]


def sum_by_receiver(sent: Sequence[SentData]) -> list[ReceiverTotal]:
    """Return what each receiver was sent and gave back, the one with the most calls first."""
    calls: Counter[str] = Counter()
    characters: Counter[str] = Counter()
    received: Counter[str] = Counter()
    for row in sent:
        for target in row.targets:
            calls[target] += row.attempts
            characters[target] += row.characters * row.attempts
            received[target] += row.received
    return [ReceiverTotal(name, count, characters[name], received[name]) for name, count in calls.most_common()]


def _targets(call: Call) -> tuple[str, ...]:
    return tuple(dict.fromkeys(effect.target for effect in call.effects if effect.kind in OUTGOING_EFFECTS))


def _allowed_by(call: Call) -> str:
    return "person" if call.decision in ("approve", "edit", "always") else call.rule
