"""A session in which a call waits that would carry words of the desk outside."""

from typing import Any

from kimi_tui import events
from kimi_tui.events import Effect, Usage
from tests.tui.sessions import MemorySession, asked, running_session, source

SEARCH_SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "query": {"type": "string", "minLength": 1},
        "limit": {"type": "integer", "minimum": 1, "maximum": 20, "default": 8},
        "time": {"enum": ["any", "year", "month"], "type": "string", "default": "any"},
        "safe": {"type": "boolean", "default": True},
        "hosts": {"type": "array", "items": {"type": "string"}, "default": []},
    },
    "required": ["query"],
}
"""The parameters of the search that waits in `asking_session`."""


def asking_session(session_id: str = "s3") -> MemorySession:
    """A session in which a search with words from the desk waits, after others of its kind."""
    session = running_session(session_id)
    filing = source(2, "Tharnholm letter to Corvanne")
    touched = (Effect("network", "search.example.org"),)

    def search(call_id: str, query: str, **more: Any) -> events.ToolCallProposed:
        arguments = {"query": query} | more
        return events.ToolCallProposed(call_id, "web_search", arguments, "{}", f"Search the web for “{query}”", touched)

    session.record(
        events.StepStarted(3, "", 2_400),
        events.ToolCallProposed("c3", "read", {"source": "S2"}, "{}", "Read the letter to Corvanne"),
        search("c4", "Tharnholm operating margin 2024"),
        events.StepFinished(Usage(2_400, 90, 15), 2.8, "tool_calls"),
        events.PolicyDecided("c3", "allow", "reads-only"),
        events.ToolCallStarted("c3"),
        events.ObservationRecorded(
            "c3",
            "ok",
            "[S2] Letter\nIn confidence: we offer Corvanne a rebate of 17,450 thousand EUR on the HX-4 contract.",
            (filing.ref,),
        ),
        events.PolicyDecided("c4", "ask", "leaves-the-building", "it sends data to search.example.org"),
        asked("c4", "web_search network search.example.org"),
        events.ApprovalResolved("c4", "approve"),
        events.ToolCallStarted("c4"),
        events.ObservationRecorded("c4", "ok", '2 results for "Tharnholm operating margin 2024".', duration=1.2),
        events.StepStarted(4, "", 3_600),
        events.ReasoningRecorded(
            "The letter speaks of a rebate. The press may have written about it already.", 2.0, 15
        ),
        search("c5", "Tharnholm operating margin 2024 Corvanne rebate of 17,450 thousand", limit=5),
        events.StepFinished(Usage(3_600, 80, 15), 2.8, "tool_calls"),
        events.PolicyDecided("c5", "ask", "leaves-the-building", "it sends data to search.example.org"),
        events.ApprovalRequested(
            "c5",
            "leaves-the-building",
            "it sends data to search.example.org",
            "web_search network search.example.org",
            SEARCH_SCHEMA,
        ),
    )
    return session
