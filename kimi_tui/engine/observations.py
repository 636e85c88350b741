"""Record the result of a call, with the findings of the detectors and the loop guard; no other code records one."""

import msgspec

from kimi_tui.engine.decide.loop_guard import find_loop, loop_warning
from kimi_tui.engine.ledger import Ledger
from kimi_tui.events import AnyEvent, ContentFlagged, LoopSuspected, ObservationRecorded, PolicyDecided
from kimi_tui.policy.detectors import SUSPICIOUS_NOTICE, find_suspicious
from kimi_tui.projections.calls import DUPLICATE_RULE, LOOP_RULE, Call, outcome_digest


def record_observation(ledger: Ledger, call: Call, observation: ObservationRecorded, *before: AnyEvent) -> None:
    """Record the observation after the events that led to it; raises `StorageError`."""
    observation, flags = _flag_suspicious(call, observation)
    after: list[AnyEvent] = list(flags)
    has_outcome = not any(
        isinstance(event, PolicyDecided) and event.rule in (LOOP_RULE, DUPLICATE_RULE) for event in before
    )
    outcome = outcome_digest(observation)
    repeated = find_loop(ledger.state.calls, call, outcome) if has_outcome else []
    if repeated:
        text = observation.text + loop_warning(repeated)
        observation = msgspec.structs.replace(observation, text=text, outcome=outcome, stamp="")
        after.append(LoopSuspected(len(repeated), tuple(one.id for one in repeated), "warned"))
    ledger.record(*before, observation, *after, turn=call.turn, step=call.step)


def strip_notices(text: str) -> str:
    """Return an observation's text without the detectors' notices."""
    return text.removeprefix(f"{SUSPICIOUS_NOTICE}\n")


def _flag_suspicious(call: Call, observation: ObservationRecorded) -> tuple[ObservationRecorded, list[ContentFlagged]]:
    """Return the observation with a notice when its text addresses the model, and the passages."""
    findings = find_suspicious(observation.text)
    if not findings:
        return observation, []
    shift = len(SUSPICIOUS_NOTICE) + 1
    flags = [
        ContentFlagged(call.id, found.detector, (found.start + shift, found.end + shift), "marked")
        for found in findings
    ]
    return msgspec.structs.replace(observation, text=f"{SUSPICIOUS_NOTICE}\n{observation.text}"), flags
