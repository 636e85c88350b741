"""The guard against loops: the same calls with the same outcomes, whatever the length of one round.

It looks at what was asked and what came back, so that paging through a document is no loop. The third identical
round is remarked on, a call that would begin a fourth is refused, and a model that goes on is paused for its person.
"""

import hashlib
import json

from kimi_tui.projections.calls import Call, Calls

LONGEST_PERIOD = 8
ROUNDS = 3
"""Identical rounds in a row that make a loop."""
REFUSALS = 4
"""Refused calls in a row after which the run pauses."""


def key_of(call: Call) -> str:
    """What was asked: the tool and its arguments in canonical form."""
    return f"{call.tool} {json.dumps(call.arguments, sort_keys=True, ensure_ascii=False)}"


def outcome_of(call: Call) -> str:
    """What was asked and what came back, as a digest."""
    text = call.observation.text if call.observation else ""
    return hashlib.sha256(f"{key_of(call)}\n{text}".encode("utf-8", "replace")).hexdigest()


def repeated_round(calls: Calls) -> list[Call]:
    """The latest calls, when they are a round that came `ROUNDS` times in a row with the same outcomes; else none."""
    settled = [call for call in calls.by_id.values() if call.observation and call.rule != "loop"]
    outcomes = [outcome_of(call) for call in settled[-LONGEST_PERIOD * ROUNDS :]]
    for period in range(1, LONGEST_PERIOD + 1):
        tail = outcomes[-period * ROUNDS :]
        if len(tail) == period * ROUNDS and all(tail[i] == tail[i % period] for i in range(len(tail))):
            return settled[-period:]
    return []


def refusal(calls: Calls, call: Call) -> str:
    """Why a call is refused as part of a loop, empty if it is not."""
    for earlier in reversed(repeated_round(calls)):
        if key_of(earlier) == key_of(call):
            return (
                f"this call was made {ROUNDS} times with the same result ({earlier.id}); use that result, "
                "ask for something else, or submit the memo"
            )
    return ""


def refused_in_a_row(calls: Calls) -> int:
    """How many of the latest calls were refused as a loop."""
    count = 0
    for call in reversed(calls.by_id.values()):
        if call.rule != "loop":
            break
        count += 1
    return count
