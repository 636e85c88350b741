"""Calls of a streaming reply, put together whatever a server does to their indexes and ids."""

import pytest

from kimi_tui.providers.call_drafts import CallDrafts
from kimi_tui.providers.chunks import CallDelta
from kimi_tui.providers.written_calls import WrittenCall

Fragment = tuple[int | None, str | None, str, str]
"""Index, id, name and arguments."""


def assembled(*fragments: Fragment) -> tuple[list[tuple[str, str]], bool]:
    drafts = CallDrafts()
    for index, call_id, name, arguments in fragments:
        draft = drafts.draft_for(CallDelta(index, call_id), name, bool(arguments))
        if arguments:
            draft.parts.append(arguments)
    return [(draft.name, draft.raw) for draft in drafts.all], drafts.split


@pytest.mark.parametrize(
    ("fragments", "calls", "split"),
    [
        ([], [], False),
        ([(0, "a", "read", ""), (0, None, "", '{"n"'), (0, None, "", ": 1}")], [("read", '{"n": 1}')], False),
        ([(0, "a", "read", "{}"), (1, "b", "read", "{}")], [("read", "{}"), ("read", "{}")], False),
        ([(0, "a", "read", "{}"), (0, "b", "find", "{}")], [("read", "{}"), ("find", "{}")], True),
        ([(0, "a", "read", "{}"), (0, "a", "find", "{}")], [("read", "{}"), ("find", "{}")], True),
        ([(0, "a", "read", "{}"), (0, "b", "read", "{}")], [("read", "{}"), ("read", "{}")], True),
        ([(0, "a", "read", '{"n"'), (0, "a", "read", ": 1}")], [("read", '{"n": 1}')], False),
        ([(0, None, "read", "{}"), (0, None, "read", '{"n": 2}')], [("read", "{}"), ("read", '{"n": 2}')], True),
        ([(None, None, "read", "{"), (None, None, "", "}")], [("read", "{}")], False),
        ([(0, None, "", "{"), (0, None, "read", "}")], [("read", "{}")], False),
        ([(0, "a", "read", "{"), (1, "b", "find", "{"), (0, None, "", "}"), (1, None, "", "}")],
         [("read", "{}"), ("find", "{}")], False),
        ([(0, "a", "read", ""), (0, "b", "", "{}")], [("read", "{}")], False),
    ],
)  # fmt: skip
def test_draft_for_fragment_is_its_call(fragments: list[Fragment], calls: list[tuple[str, str]], split: bool) -> None:
    assert assembled(*fragments) == (calls, split)


def test_drafts_count_their_positions() -> None:
    drafts = CallDrafts()
    for index in (3, 7, 1):
        drafts.draft_for(CallDelta(index), "read", False)
    assert [draft.position for draft in drafts.all] == [0, 1, 2]


def test_add_written_calls_leaves_those_that_came_as_calls() -> None:
    drafts = CallDrafts()
    drafts.draft_for(CallDelta(0), "functions.read:0", True).parts.append(' {"n": 1} ')

    found = drafts.add_written_calls(
        [WrittenCall("read", '{"n": 1}'), WrittenCall("read", '{"n": 2}'), WrittenCall("read", '{"n": 2}')]
    )
    assert [(draft.name, draft.raw, draft.recovered, draft.position) for draft in found] == [
        ("read", '{"n": 2}', True, 1)
    ]
    assert len(drafts.all) == 2
    assert drafts.add_written_calls([]) == []


def test_drop_empty_forgets_what_has_neither_name_nor_arguments() -> None:
    drafts = CallDrafts()
    drafts.draft_for(CallDelta(0), "", False)
    drafts.draft_for(CallDelta(1), "read", False)
    drafts.draft_for(CallDelta(2), "", True).parts.append("{}")
    drafts.draft_for(CallDelta(3), "", True).parts.append("  \n")
    drafts.drop_empty()
    assert [draft.index for draft in drafts.all] == [1, 2]
    drafts.drop_empty()
    assert len(drafts.all) == 2
