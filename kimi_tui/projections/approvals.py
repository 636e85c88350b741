"""Lasting approvals of a session: what a person's decision allows beyond the call that it was made for."""

from typing import ClassVar

from kimi_tui.events import ApprovalRequested, ApprovalResolved, Entry, RuleRevoked
from kimi_tui.projections.calls import DESK_QUERIES_RULE
from kimi_tui.projections.projection import Handlers, Projection


class Approvals(Projection):
    """Standing rules and the approved desk; they hold for every trajectory, whichever of them asked."""

    def __init__(self) -> None:
        self.rules: list[str] = []
        """Standing rules (`TOOL EFFECT TARGET`) in force, oldest first."""
        self.desk_opened = False
        """True when the person has approved that the files of the desk are queried."""
        self._desk_requests: set[tuple[str, str]] = set()

    def _note_request(self, entry: Entry, event: ApprovalRequested) -> None:
        """Remember the calls that ask for the desk, by trajectory and id; a later request of a call replaces one."""
        call = (entry.trajectory, event.call_id)
        if event.rule == DESK_QUERIES_RULE:
            self._desk_requests.add(call)
        else:
            self._desk_requests.discard(call)

    def _apply_decision(self, entry: Entry, event: ApprovalResolved) -> None:
        asked_for_desk = (entry.trajectory, event.call_id) in self._desk_requests
        if asked_for_desk and event.decision != "veto" and event.by == "person":
            self.desk_opened = True
        if event.decision == "always" and event.pattern and event.pattern not in self.rules:
            self.rules.append(event.pattern)

    def _revoke_rule(self, entry: Entry, event: RuleRevoked) -> None:
        self.rules = [rule for rule in self.rules if rule != event.pattern]

    _HANDLERS: ClassVar[Handlers] = {
        ApprovalRequested: _note_request,
        ApprovalResolved: _apply_decision,
        RuleRevoked: _revoke_rule,
    }
