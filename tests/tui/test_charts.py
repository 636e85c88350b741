"""Small charts: no peak is lost, a whole keeps its width, and ASCII draws nothing else."""

from hypothesis import given
from hypothesis import strategies as st

from kimi_tui.tui.rendering.sparklines import FILLINGS, downsample_to_peaks, sparkline, stacked_bar
from kimi_tui.tui.widgets.charts import Chart, Charts, StackedBar
from tests.tui.sessions import MemoryLibrary, running_session
from tests.tui.stage import staged

parts = st.lists(st.floats(0, 1e6), min_size=1, max_size=6)


@given(parts, st.integers(6, 200))
def test_the_parts_of_a_whole_fill_its_width_and_none_above_nothing_is_lost(sizes, width):
    drawn = stacked_bar(sizes, width)
    assert len("".join(drawn)) == (width if sum(sizes) > 0 else 0)
    assert all(bool(piece) == (size > 0) for size, piece in zip(sizes, drawn, strict=True) if sum(sizes) > 0)


@given(st.lists(st.floats(0, 1e6), max_size=500), st.integers(1, 80))
def test_a_long_series_is_gathered_without_losing_its_peak(values, width):
    drawn = downsample_to_peaks(values, width)
    assert len(drawn) == min(len(values), width)
    assert max(drawn, default=0) == max(values, default=0)


def test_ascii_charts_are_ascii():
    assert sparkline([0, 1, 2, 3], 4, ascii=True).isascii()
    assert "".join(stacked_bar([1, 2, 3, 4, 5, 6], 40, FILLINGS[True])).isascii()
    assert len(set(FILLINGS[0])) == len(FILLINGS[0])


async def test_charts_are_drawn_with_their_figures_and_empty_ones_are_left_out():
    async with staged(MemoryLibrary(running_session()), session_id="s1") as stage:
        await stage.press("escape", "b")
        charts = stage.app.screen.query_one(Charts)
        charts.show([Chart("reading", (1.0, 2.0), "last 2"), Chart("nothing", (), "none")])
        lines = str(charts.render()).split("\n")
        assert len(lines) == 1
        assert lines[0].startswith("reading ")
        assert lines[0].endswith("last 2")


async def test_stacked_bar_context_shows_parts():
    async with staged(MemoryLibrary(running_session()), session_id="s1") as stage:
        await stage.press("escape", "c")
        words = str(stage.app.screen.query_one(StackedBar).render())
        assert "reasoning" in words
        assert "results" in words
        assert "hidden results" not in words
