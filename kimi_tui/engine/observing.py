"""Recording what a call gave, with what the detectors and the guard say of it; nothing else records a tool's result."""

import msgspec

from kimi_tui.engine.guard import remark, repeated_round
from kimi_tui.engine.ledger import Ledger
from kimi_tui.events import AnyEvent, ContentFlagged, LoopSuspected, ObservationRecorded, PolicyDecided
from kimi_tui.policy.detectors import SUSPICIOUS_NOTICE, find_suspicious
from kimi_tui.projections.calls import DUPLICATE_RULE, LOOP_RULE, Call, outcome_digest


def observe(ledger: Ledger, call: Call, observation: ObservationRecorded, *before: AnyEvent) -> None:
    """Record the observation behind the events that led to it; raises `StorageError`."""
    observation, flags = _flagged(call, observation)
    after: list[AnyEvent] = list(flags)
    has_outcome = not any(
        isinstance(event, PolicyDecided) and event.rule in (LOOP_RULE, DUPLICATE_RULE) for event in before
    )
    outcome = outcome_digest(observation)
    repeated = repeated_round(ledger.state.calls, call, outcome) if has_outcome else []
    if repeated:
        text = observation.text + remark(repeated)
        observation = msgspec.structs.replace(observation, text=text, outcome=outcome, stamp="")
        after.append(LoopSuspected(len(repeated), tuple(one.id for one in repeated), "warned"))
    ledger.record(*before, observation, *after, turn=call.turn, step=call.step)


def unmarked(text: str) -> str:
    """An observation's text without what the detectors put before it."""
    return text.removeprefix(f"{SUSPICIOUS_NOTICE}\n")


def _flagged(call: Call, observation: ObservationRecorded) -> tuple[ObservationRecorded, list[ContentFlagged]]:
    """The observation with a notice when its text looks like orders, and where it does."""
    findings = find_suspicious(observation.text) if observation.sources else []
    if not findings:
        return observation, []
    shift = len(SUSPICIOUS_NOTICE) + 1
    flags = [
        ContentFlagged(call.id, found.detector, (found.start + shift, found.end + shift), "marked")
        for found in findings
    ]
    return msgspec.structs.replace(observation, text=f"{SUSPICIOUS_NOTICE}\n{observation.text}"), flags
