"""The map's filter and its picture."""

import pytest
from textual.app import App, ComposeResult

from kimi_tui.projections.calls import Call
from kimi_tui.tui.panels.call_map import COLUMNS, describe_target, kind_of_effect, matches_filter_word
from kimi_tui.tui.rendering.glyphs import UNICODE
from kimi_tui.tui.widgets.call_heatmap import MAX_LINES, CallHeatmap
from tests.tui.timeline_story import Story


def vetoed() -> Story:
    """Three calls: one that went well, one that failed, one that was vetoed."""
    story = Story()
    story.step()
    story.observe(story.propose("Read notes", "read", "notes.txt"), "word " * 1_000, duration=12.0)
    story.step()
    story.observe(story.propose("Look it up", "web_search", "search.example.org"), "gone", "error")
    call = story.propose("Look again", "web_search", "search.example.org")
    story.wait(call)
    story.resolve(call, "veto")
    story.observe(call, "vetoed", "vetoed")
    return story


def calls(story: Story) -> list[Call]:
    return list(story.state.calls.by_id.values())


@pytest.mark.parametrize(
    ("word", "ids"),
    [
        ("notes", ["c1"]),
        ("tool:web", ["c2", "c3"]),
        ("kind:read", ["c1", "c2", "c3"]),
        ("host:example.org", ["c2", "c3"]),
        ("state:error", ["c2"]),
        ("decision:veto", ["c3"]),
        ("step:2", ["c2", "c3"]),
        ("step:1-2", ["c1", "c2", "c3"]),
        ("tokens:>1000", ["c1"]),
        ("seconds:<10", ["c2", "c3"]),
        ("seconds:>", ["c1", "c2", "c3"]),
        ("step:", ["c1", "c2", "c3"]),
        ("other:read", []),
    ],
)
def test_a_word_of_the_filter_lets_some_calls_through(word: str, ids: list[str]) -> None:
    assert [call.id for call in calls(vetoed()) if matches_filter_word(call, word, {})] == ids


def test_map_panel_read_source_shows_its_title() -> None:
    story = Story()
    story.step()
    story.call("Read S3", "words", sources=(3,))
    read = [story.propose(f"Read {target}", "read", target) for target in ("S3", "S9", "notes.txt")]
    nothing = story.propose("Plan", "update_plan")
    sources = story.state.sources.by_id
    named = [describe_target(story.state.calls.by_id[call], sources) for call in (*read, nothing)]
    assert named == ["Annual report 2025", "", "notes.txt", ""]
    assert matches_filter_word(story.state.calls.by_id[read[0]], "host:annual", sources)


@pytest.mark.parametrize(
    ("tool", "kind"), [("update_plan", "plan"), ("submit_memo", "memo"), ("calculate", "calculate")]
)
def test_the_kind_of_a_call_that_touches_nothing_fits_its_column(tool: str, kind: str) -> None:
    story = Story()
    story.step()
    call = story.state.calls.by_id[story.propose("Something", tool)]
    assert kind_of_effect(call) == kind
    assert len(kind) <= next(column.width for column in COLUMNS if column.title == "kind")


class PictureApp(App[None]):
    """The picture and nothing else."""

    def __init__(self) -> None:
        super().__init__()
        self.picked: list[str] = []

    def compose(self) -> ComposeResult:
        yield CallHeatmap(ascii=False)

    def on_call_heatmap_picked(self, message: CallHeatmap.Picked) -> None:
        self.picked.append(message.call_id)


def cells(picture: CallHeatmap) -> str:
    return "".join(picture.render_line(y).text for y in range(picture.size.height)).rstrip()


async def test_each_call_is_one_cell_whose_sign_says_how_it_went() -> None:
    async with PictureApp().run_test(size=(20, 12)) as pilot:
        picture = pilot.app.query_one(CallHeatmap)
        picture.show(calls(vetoed()), {"c1", "c2", "c3"})
        await pilot.pause()
        assert cells(picture) == UNICODE.ok + UNICODE.error + UNICODE.vetoed
        picture.show(calls(vetoed()), {"c2"})
        assert cells(picture) == UNICODE.info + UNICODE.error + UNICODE.info


async def test_a_click_picks_the_call_unless_it_was_left_out() -> None:
    app = PictureApp()
    async with app.run_test(size=(20, 12)) as pilot:
        app.query_one(CallHeatmap).show(calls(vetoed()), {"c1", "c2"})
        await pilot.pause()
        for x in (1, 2, 10):
            await pilot.click(CallHeatmap, offset=(x, 0))
        assert app.picked == ["c2"]


async def test_call_heatmap_more_calls_than_cells_shows_worst_state() -> None:
    story = Story()
    for number in range(20 * MAX_LINES * 2):
        story.observe(story.propose("Read", "read"), "text", "error" if number == 41 else "ok")
    async with PictureApp().run_test(size=(20, 12)) as pilot:
        picture = pilot.app.query_one(CallHeatmap)
        picture.show(calls(story), set(story.state.calls.by_id))
        await pilot.pause()
        assert picture.size.height == MAX_LINES
        assert cells(picture).count(UNICODE.error) == 1
        assert cells(picture)[20] == UNICODE.error


async def test_no_call_is_an_empty_picture() -> None:
    async with PictureApp().run_test(size=(20, 12)) as pilot:
        picture = pilot.app.query_one(CallHeatmap)
        picture.show([], ())
        await pilot.pause()
        assert cells(picture) == ""
