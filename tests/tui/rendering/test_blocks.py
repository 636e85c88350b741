"""Every kind of block as lines."""

from typing import Any

import msgspec
import pytest
from rich.cells import cell_len

from kimi_tui.events import BudgetExhausted, RunPaused, StepFailed, ToolCallProposed, TurnFinished
from kimi_tui.tui.rendering.blocks import (
    block_sections,
    default_level,
    estimate_height,
    gap_before,
    max_level,
    searchable_text,
)
from kimi_tui.tui.rendering.glyphs import ASCII, UNICODE, Glyphs
from kimi_tui.tui.rendering.lines import StyledLine
from kimi_tui.tui.rendering.sections import DrawContext, cut_preview, format_seconds
from tests.tui.timeline_story import Story


def lines_of(
    story: Story, index: int = -1, level: int | None = None, width: int = 100, glyphs: Glyphs = UNICODE, **more: Any
) -> list[StyledLine]:
    """A block's lines at a width."""
    block = story.state.timeline.blocks[index]
    call = story.state.calls.by_id.get(block.call_id)
    place = DrawContext(width, glyphs, default_level(block) if level is None else level, call=call, **more)
    return [line for section in block_sections(block, place) for line in section.draw()]


def texts(story: Story, index: int = -1, level: int | None = None, width: int = 100, **more: Any) -> list[str]:
    return [line.text.rstrip() for line in lines_of(story, index, level, width, **more)]


@pytest.fixture
def story() -> Story:
    made = Story()
    made.ask("How did the margin develop?")
    made.step()
    return made


def test_a_question_has_a_bar_beside_it(story: Story) -> None:
    assert texts(story, 0) == ["▌ How did the margin develop?"]
    assert lines_of(story, 0)[0].fill == "band"


def test_folded_reasoning_is_one_line_with_its_figures_and_first_words(story: Story) -> None:
    story.reason("First look at the desk.\nThen read." + " More." * 100)
    (line,) = texts(story)
    assert line.startswith("▸ reasoning 12 s · 1,840 tokens · First look at the desk. Then read.")
    assert line.endswith("step 1")


def test_opened_reasoning_shows_all_of_it_beside_a_rail(story: Story) -> None:
    story.reason("one\ntwo")
    assert texts(story, level=1)[1:] == ["│ one", "│ two"]


def test_a_call_is_one_line_that_says_how_it_went(story: Story) -> None:
    story.call("Read S3, pages 4-6", "Gross margin was 41.2 %\nand more", sources=(3, 4))
    (line,) = texts(story)
    assert line.startswith("● Read S3, pages 4-6 · Gross margin was 41.2 %")
    assert line.endswith("S4  0.4 s")


@pytest.mark.parametrize(
    ("status", "sign", "words"),
    [
        ("error", "✗", "error"),
        ("lookup-failed", "✗", "lookup failed"),
        ("interrupted", "✗", "interrupted"),
        ("vetoed", "⊘", "vetoed"),
        ("denied", "⊘", "denied"),
        ("not-found", "●", "nothing found"),
    ],
)
def test_a_call_that_did_not_go_well_says_so(story: Story, status: str, sign: str, words: str) -> None:
    story.call("Open a page", "what happened", status)
    assert texts(story)[0].startswith(f"{sign} Open a page · {words} · what happened")


def test_call_block_before_observation_shows_state(story: Story) -> None:
    call = story.propose("Open a page", target="example.org")
    assert texts(story) == ["◌ Open a page · example.org"]
    story.wait(call)
    assert texts(story) == ["○ Open a page · waits for you · example.org"]
    story.start(call)
    assert texts(story, seconds=12.0) == ["◐ Open a page · running · 12 s · example.org"]


def test_call_block_parallel_calls_have_bracket(story: Story) -> None:
    story.propose("One")
    story.propose("Two")
    assert texts(story, -2, group=2, position=0) == ["╭─ step 1 · 2 calls side by side", "│ ◌ One"]
    assert texts(story, -1, group=2, position=1) == ["╰ ◌ Two"]


def test_an_opened_call_shows_arguments_decision_and_observation(story: Story) -> None:
    call = story.propose("Query", sql="SELECT 1\nFROM t", limit=100)
    story.wait(call)
    story.resolve(call, "edit", "ten are enough", {"sql": "SELECT 1\nFROM t", "limit": 10})
    story.observe(call, "the result")
    assert texts(story, level=1)[1:] == [
        "│   sql    SELECT 1",
        "│          FROM t",
        "│ - limit  100",
        "│ + limit  10",
        "│ asked because of new-host: a host that is new to this session",
        "│ approved by a person, with other arguments: ten are enough",
        "│",
        "│ the result",
    ]


def test_a_long_observation_shows_its_beginning_then_all_of_it(story: Story) -> None:
    story.call("Read", "\n".join(f"row {number}" for number in range(100)))
    opened = texts(story, level=1)
    assert opened[-2] == "│ row 11"
    assert opened[-1].startswith("│ … ")
    assert opened[-1].endswith(" more")
    assert max_level(story.state.timeline.blocks[-1], story.state.calls.by_id["c1"]) == 2
    assert texts(story, level=2)[-1] == "│ row 99"


def test_a_table_artifact_is_an_aligned_table(story: Story) -> None:
    rows = [[2024, "Controls", 1234.5], [2025, None, 9]]
    story.call("Query", "2 rows", artifact={"kind": "table", "columns": ["year", "segment", "revenue"], "rows": rows})
    assert texts(story, level=1)[-4:] == [
        "│ year │ segment  │ revenue",
        "│ ─────┼──────────┼────────",
        "│ 2024 │ Controls │  1234.5",
        "│ 2025 │          │       9",
    ]


@pytest.mark.parametrize(
    "artifact",
    [
        {"kind": "table"},
        {"kind": "table", "columns": 3, "rows": []},
        {"kind": "table", "columns": [], "rows": [1]},
        {"kind": "x"},
    ],
)
def test_an_artifact_of_another_shape_leaves_the_text(story: Story, artifact: dict[str, Any]) -> None:
    story.call("Query", "the text", artifact=artifact)
    assert texts(story, level=1)[-1] == "│ the text"


def test_rows_of_another_shape_do_no_harm(story: Story) -> None:
    story.call("Query", "t", artifact={"kind": "table", "columns": ["a", {"b": 1}], "rows": [7, [1], [1, 2, 3], "x"]})
    assert texts(story, level=2)


def test_a_plan_is_a_list_with_its_progress(story: Story) -> None:
    steps = [
        {"text": "search", "state": "done"},
        {"text": "read", "state": "doing"},
        {"text": "write", "state": "open"},
    ]
    story.call("Plan", "Plan noted", artifact={"kind": "plan", "steps": steps})
    assert texts(story, level=1)[-3:] == ["│ ✓ search", "│ ◐ read", "│ ○ write"]


def test_a_withdrawn_observation_is_struck_and_says_why(story: Story) -> None:
    call = story.call("Read", "the text")
    story.withdraw(call, "confidential")
    assert texts(story)[0].startswith("⊘ Read · withdrawn · confidential")
    lines = lines_of(story, level=1)
    assert lines[-2].text.strip() == "│ withdrawn by a person: confidential"
    assert all("strike" in span.style for span in lines[-1].spans if span.text == "the text")


def test_call_block_unparsable_arguments_shows_raw_text(story: Story) -> None:
    story.add(ToolCallProposed("c9", "nope", {}, '{"broken', problem="there is no tool called nope"))
    opened = texts(story, level=1)
    assert "│ there is no tool called nope" in opened
    assert '│ {"broken' in opened


def test_notices_are_as_loud_as_they_matter(story: Story) -> None:
    story.add(BudgetExhausted("steps", 300, 300))
    assert texts(story) == ["▲ Budget spent: steps 300 of 300"]
    story.add(StepFailed("503", "loading", 1, 5.0, "Wait five seconds."))
    assert texts(story) == ["✗ The model call failed: 503", "  Wait five seconds."]
    story.add(RunPaused("engine", "the same calls came round"))
    assert texts(story) == ["▲ Paused by engine", "  the same calls came round"]


def test_memo_marks_its_citations_and_says_what_was_checked(story: Story) -> None:
    story.call("Read", "x", sources=(3,))
    story.finish("The margin was 41.2 % in 2025 [S3 p.4]. In 2022 it was 12.0 % [S3 p.4].")
    lines = lines_of(story, sources=story.state.sources.by_id)
    assert lines[0].text.startswith("◆ Memo · 2 statements: 1 by the same words, 1 not found")
    targets = [span.target for line in lines for span in line.spans if span.target]
    assert targets == ["source:S3 p.4", "source:S3 p.4", "source:S3"]
    text = "\n".join(line.text for line in lines)
    assert "[S3 p.4 ✗]" in text.replace("\u00a0", " ")
    assert "S3  Annual report 2025" in text


@pytest.mark.parametrize("width", [8, 40, 80])
def test_sources_of_a_memo_take_one_line_each_without_hash_and_date(story: Story, width: int) -> None:
    story.call("Read", "x", sources=(3, 4))
    story.finish("The margin was 41.2 % in 2025 [S3 p.4].")
    refs = story.state.sources.by_id
    named = msgspec.structs.replace(refs["S3"], title="An annual report\x1b[31m\nof two lines " * 9)
    drawn = texts(story, width=width, sources={**refs, "S3": named}, flagged=frozenset({"S3"}))
    listed = drawn[next(index for index, line in enumerate(drawn) if line.strip() == "Sources") + 1 :]
    (line,) = [line for line in listed if line]
    assert line.strip().startswith("S3")
    assert cell_len(line) <= width
    assert "\x1b" not in line
    if width > 40:
        assert "▲ flagged as hostile · An annual report" in line
    assert not any(word in "".join(drawn) for word in ("SHA", "UTC", named.digest[:8]))


@pytest.mark.parametrize("width", [40, 60, 100])
def test_call_block_names_each_source_once_and_leads_to_it(story: Story, width: int) -> None:
    story.call("Read S3, pages 4-6", "--- [S3 p.4] ---\nGross margin was 41.2 %", sources=(3, 14))
    (line,) = lines_of(story, width=width)
    named = [(span.text, span.target) for span in line.spans if span.target]
    assert named == [("S3", "source:S3"), ("S14", "source:S14")]
    assert line.text.count("S3") == 1


def test_call_block_does_not_repeat_a_source_as_what_it_touches(story: Story) -> None:
    call = story.propose("Read the annual report", target="S3")
    story.start(call)
    story.observe(call, "[S3] Annual report\nThe margin", sources=(3,))
    (line,) = texts(story)
    assert line.count("S3") == 1


@pytest.mark.parametrize(
    "memo",
    [{}, {"text": "words"}, {"title": 3, "text": [1]}, {"title": "t", "text": "x", "citations": 3, "sources": []}],
)
def test_a_memo_of_another_shape_is_shown_as_its_text(story: Story, memo: dict[str, Any]) -> None:
    story.add(TurnFinished("answered", memo))
    assert texts(story)[0] == "◆ Memo"


def test_folded_calls_and_reasoning_are_estimated_exactly() -> None:
    story = Story()
    story.step()
    story.reason("long " * 5_000)
    story.call("Read", "long " * 5_000)
    for block in story.state.timeline.blocks:
        assert estimate_height(block, 0, 100) == 1
    assert gap_before(story.state.timeline.blocks[1], story.state.timeline.blocks[0]) == 0


def test_everything_of_a_call_can_be_searched(story: Story) -> None:
    call = story.propose("Label", query="argument words")
    story.wait(call)
    story.resolve(call, "veto", "note words")
    story.observe(call, "observation words", "vetoed")
    text = searchable_text(story.state.timeline.blocks[-1], story.state.calls.by_id[call])
    assert all(word in text for word in ("Label", "argument words", "note words", "observation words"))


@pytest.mark.parametrize("width", [8, 9, 17, 30, 80, 200])
@pytest.mark.parametrize("glyphs", [UNICODE, ASCII])
def test_no_block_is_wider_than_the_screen(story: Story, width: int, glyphs: Glyphs) -> None:
    story.reason("日本語 " * 50)
    call = story.propose(
        "Read 日本語 and a long label " * 5, target="example.org", query="日本" * 50, deep={"a": [1, 2]}
    )
    story.wait(call)
    story.resolve(call, "edit", "n " * 100, {"query": "y"})
    story.observe(call, "text " * 300, sources=(1, 2, 3, 4, 5, 6), duration=400.0)
    story.call("Query", "t", artifact={"kind": "table", "columns": ["a" * 30, "b" * 30], "rows": [["x " * 50, 2]] * 60})
    story.steer("leave it " * 20)
    story.add(StepFailed("e " * 100, "x", 1, 0, "advice " * 60))
    story.finish("Words [S3 p.4]. " * 30)
    for index in range(len(story.state.timeline.blocks)):
        for level in (0, 1, 2):
            for line in lines_of(story, index, level, width, glyphs, group=3, position=0):
                assert cell_len(line.text) <= width, line.text


def test_preview_cut_text_says_missing_size() -> None:
    assert cut_preview("short") == ("short", 0)
    text = "x" * 5_000
    shown, missing = cut_preview(text)
    assert len(shown) + missing == 5_000


@pytest.mark.parametrize(
    ("seconds", "text"), [(0.04, "0.0 s"), (9.96, "10 s"), (59.4, "59 s"), (60, "1 min 00 s"), (3_725, "1 h 02 min")]
)
def test_durations_are_written_for_people(seconds: float, text: str) -> None:
    assert format_seconds(seconds) == text
