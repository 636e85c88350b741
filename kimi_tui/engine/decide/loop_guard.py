"""Detect loops: the same calls with the same outcomes, whatever the length of one round.

It looks at what was asked and what came back, so that neither paging through a document nor asking a page that
changes is a loop, nor is reading again what has left the context. The observation that ends a repeated round says so,
a call that would begin another is refused, and a model that goes on is paused for its person. It looks at the last
calls only, so it costs the same at every step.
"""

from kimi_tui.projections.calls import Call, Calls

MAX_LOOP_CALLS = 8
"""Calls in the longest round that is looked for."""
MAX_REFUSALS = 3
"""Refused calls in a row after which the run pauses."""


def min_rounds(period: int) -> int:
    """Return how many rounds of this length make a loop; short ones repeat twice by chance."""
    return 3 if period <= 2 else 2


def find_loop(calls: Calls, settling: Call | None = None, outcome: str = "") -> list[Call]:
    """Return the latest calls when they repeat too often with the same outcomes; else none.

    `settling` is a call that is about to have this outcome.
    """
    settled = [call for call in calls.recent if call.has_own_outcome or call is settling]
    found = [calls.first_same(call, outcome) if call is settling else call.same_as for call in settled]
    for period in range(1, MAX_LOOP_CALLS + 1):
        tail = found[-period * min_rounds(period) :]
        if len(tail) == period * min_rounds(period) and all(tail[i] == tail[i % period] for i in range(len(tail))):
            return settled[-period:]
    return []


def loop_warning(round_of_calls: list[Call]) -> str:
    """Return the warning at the end of the observation that completes a repeated round."""
    times = min_rounds(len(round_of_calls))
    what = "This call" if len(round_of_calls) == 1 else f"These {len(round_of_calls)} calls in this order"
    return (
        f"\n[{what} gave the same results {times} times. Another time is refused: use what is there, ask for "
        "something else, or submit the memo.]"
    )


def loop_refusal(calls: Calls, call: Call) -> tuple[str, list[Call]]:
    """Return why a call is refused as part of a loop, and the loop; empty if it is not."""
    repeated = find_loop(calls)
    for earlier in repeated:
        if earlier.asks == call.asks and calls.is_seen(earlier):
            why = (
                f"this call gave the same result again and again (see {earlier.id}); use that result, ask for "
                "something else, or submit the memo"
            )
            return why, repeated
    return "", []


def persistent_loop(calls: Calls) -> list[str]:
    """Return the refused calls of a model that continues a loop; none while it may still turn."""
    return calls.refused[-MAX_REFUSALS:] if len(calls.refused) >= MAX_REFUSALS else []
