"""Single values in the forms in which people write them."""

from typing import Any

import pytest

from kimi_tui import events
from kimi_tui.egress.person_values import collect_person_values
from kimi_tui.events import ToolCallProposed
from tests.tui.sessions import MemorySession, opened

QUESTION = (
    "Book the Hotel Adler from May 3rd to 2026-06-07 for 1,200.50, and look at www.firm.example/a. "
    "Add Charlie to the channel starting with External; the code is 13."
)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("Hotel Adler", True),
        ("hotel adler", True),
        ("Adle", False),
        ("2026-05-03", True),
        ("2026-05-03 10:00", True),
        ("2026-06-07T10:00:00Z", True),
        ("2026-05-04", False),
        (1200.5, True),
        (1200, False),
        ("13", True),
        ("1", False),
        ("https://firm.example/a", True),
        ("https://firm.example", False),
        ("https://firm.example/a/b", False),
        ("https://evil.example/?u=www.firm.example/a", False),
        ("External_0", True),
        ("External_4711", False),
        ("Charlie_Brown", False),
        (["Charlie", "Adler"], True),
        (["Charlie", "Eve"], False),
        ({"a": {"b": "Eve"}}, False),
        (None, True),
        (False, True),
        ("", True),
    ],
)
def test_has_knows_a_value_in_the_usual_forms_and_only_whole(value: Any, expected: bool) -> None:
    session = MemorySession()
    session.record(opened(), events.QuestionAsked(QUESTION), ToolCallProposed("c1", "t", {}, "{}"))
    values = collect_person_values(session.state.calls.by_id["c1"], session.state)
    assert values.has(value) is expected
