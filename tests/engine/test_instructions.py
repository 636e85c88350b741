"""The system message: the date and the extent of the desk are in it word for word, and nothing else changes it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kimi_tui.engine.instructions import system_message

DESK = "12 documents and 2 databases"
TODAY = "2026-12-01"


def test_system_message_says_the_date_and_ends_with_the_extent_of_the_desk() -> None:
    message = system_message(TODAY, DESK)

    assert f"Today is {TODAY}." in message
    assert message.endswith(f"\nDocuments and databases that you may read\n{DESK}\n")


def test_system_message_without_a_desk_names_none() -> None:
    message = system_message(TODAY, "")

    assert "Documents and databases that you may read" not in message
    assert message.endswith("need no citation.\n")
    assert system_message(TODAY, DESK).startswith(message)


@pytest.mark.parametrize("desk", ["{today}", "{desk}", "{", "}}", "{0}", "100 %s", "\u202e {x!r}"])
def test_system_message_braces_in_a_description_are_text(desk: str) -> None:
    assert system_message(TODAY, desk).endswith(f"\n{desk}\n")


@given(today=st.text(max_size=20), desk=st.text(min_size=1, max_size=60))
def test_system_message_same_input_is_the_same_prefix(today: str, desk: str) -> None:
    assert system_message(today, desk) == system_message(today, desk)
    assert system_message(today, desk).startswith(system_message(today, ""))


@pytest.mark.parametrize("tool", ["update_plan", "calculate", "submit_memo"])
def test_system_message_names_tools_by_their_names(tool: str) -> None:
    assert tool in system_message(TODAY, "")
