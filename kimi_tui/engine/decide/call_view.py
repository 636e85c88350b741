"""The facts that the steps of a decision may use, and the answer that they give."""

import msgspec

from kimi_tui.engine.toolbox import Toolbox
from kimi_tui.events import AnyEvent, ObservationRecorded
from kimi_tui.policy.rules import Ruling
from kimi_tui.projections.calls import Call, Calls


class CallView(msgspec.Struct, frozen=True):
    """One open call and what is known of its session at this moment; a step reads it and changes nothing."""

    call: Call
    calls: Calls
    """Every call of the session."""
    toolbox: Toolbox
    """The session's tools, asked only what they say of themselves."""
    ruling: Ruling
    """The policy's answer to this call."""
    now: str
    """The time of the decision, as entries carry it."""
    exhausted: str = ""
    """The budget that is spent; empty while none is."""
    stamp: str = ""
    """The state of the call's target at this moment; empty when no earlier call could answer it."""
    fresh_seconds: float = 0.0
    """How old an earlier result from the network may be."""
    unexplained: str = ""
    """What the call would send out that nobody explains; empty if all is explained."""
    person: bool = True
    """True when somebody is there to ask."""


class Settlement(msgspec.Struct, frozen=True):
    """The answer to a call; the loop records it in one transaction."""

    events: tuple[AnyEvent, ...] = ()
    """The decision and what led to it; with no observation either, the call stays open as it is."""
    observation: ObservationRecorded | None = None
    """The result, where the decision already settles it."""
