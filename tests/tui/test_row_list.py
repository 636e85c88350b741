"""The list of rows: columns, the cursor, the mouse, and only what is visible is drawn."""

from pathlib import Path

import pytest
from textual.app import App, ComposeResult

import kimi_tui.tui
from kimi_tui.tui.themes import THEMES
from kimi_tui.tui.widgets.row_list import ListCell, ListColumn, ListRow, RowList

COLUMNS = (ListColumn("id", 4), ListColumn("words"), ListColumn("count", 6, right=True, min_list_width=40))


class ListApp(App[None]):
    """Nothing but a list."""

    def __init__(self, count: int) -> None:
        super().__init__()
        self.count = count
        self.chosen: list[str] = []
        self.drawn = 0

    def compose(self) -> ComposeResult:
        """The list."""
        yield RowList(COLUMNS, empty="nothing")

    def on_mount(self) -> None:
        """Fill it."""
        rows = self.query_one(RowList)
        rows.show(
            [
                ListRow(f"r{n}", (ListCell(str(n)), ListCell(f"row [b]{n}[/b] 日本語" * 9), ListCell(str(n))))
                for n in range(self.count)
            ]
        )
        rows.focus()

    def on_row_list_chosen(self, message: RowList.Chosen) -> None:
        """Remember."""
        self.chosen.append(message.row_id)


class StyledListApp(ListApp):
    """The same in the look of our own app."""

    CSS_PATH = Path(kimi_tui.tui.__file__).with_name("kimi.tcss")


def lines(app: App[None]) -> list[str]:
    """Return the lines that the list draws."""
    rows = app.query_one(RowList)
    return [rows.render_line(y).text for y in range(rows.size.height)]


async def test_row_list_any_text_lines_have_full_width():
    for width in (10, 37, 40, 41, 80):
        app = ListApp(30)
        async with app.run_test(size=(width, 12)) as pilot:
            await pilot.pause()
            rows = app.query_one(RowList)
            assert {rows.render_line(y).cell_length for y in range(12)} == {rows.size.width}


async def test_a_column_leaves_when_there_is_no_room_for_it_and_cells_are_plain_text():
    app = ListApp(3)
    async with app.run_test(size=(80, 8)) as pilot:
        await pilot.pause()
        assert "count" in lines(app)[0]
        assert "row [b]0[/b]" in lines(app)[1]
        assert "…" in lines(app)[1]
        await pilot.resize_terminal(30, 8)
        await pilot.pause()
        assert "count" not in lines(app)[0]


async def test_the_cursor_stays_in_view_and_on_its_row_when_the_rows_change():
    app = ListApp(1_000)
    async with app.run_test(size=(60, 12)) as pilot:
        rows = app.query_one(RowList)
        await pilot.press("end")
        assert rows.current == "r999"
        assert any(line.startswith(" 999") for line in lines(app))
        await pilot.press("pageup", "up")
        at = rows.current
        assert any(line.startswith(f" {at[1:]} ") for line in lines(app))
        rows.show([row for row in rows.rows if row.id != "r5"])
        assert rows.current == at
        rows.show([row for row in rows.rows if row.id in ("r1", "r2")])
        assert rows.current == "r2"
        rows.show([])
        assert rows.current == ""
        assert "nothing" in lines(app)[1]
        await pilot.press("up", "down", "home", "end", "enter")
        assert app.chosen == []


async def test_enter_and_a_double_click_choose_and_one_click_only_moves():
    app = ListApp(20)
    async with app.run_test(size=(60, 12)) as pilot:
        await pilot.press("down", "enter")
        await pilot.pause()
        assert app.chosen == ["r1"]
        await pilot.click(RowList, offset=(5, 5))
        assert app.query_one(RowList).current == "r4"
        assert app.chosen == ["r1"]
        await pilot.click(RowList, offset=(5, 5), times=2)
        await pilot.pause()
        assert app.chosen == ["r1", "r4"]
        await pilot.click(RowList, offset=(5, 0))
        assert app.query_one(RowList).current == "r4", "the headings are no row"


@pytest.mark.parametrize("theme", THEMES, ids=lambda theme: theme.name)
async def test_row_list_selected_row_keeps_the_colours_of_its_cells(theme):
    tones = ("accent", "good", "warning", "error", "muted")
    cells = tuple(ListCell("words", tone) for tone in tones)
    app = StyledListApp(0)
    for known in THEMES:
        app.register_theme(known)
    app.theme = theme.name
    async with app.run_test(size=(60, 10)) as pilot:
        rows = RowList(tuple(ListColumn(tone, 8) for tone in tones), empty="nothing")
        await app.mount(rows)
        rows.show([ListRow("a", cells), ListRow("b", cells)])
        rows.focus()
        await pilot.pause()
        chosen, other = (
            [piece.style for piece in rows.render_line(y) if piece.style and piece.text.strip()] for y in (1, 2)
        )
        assert [style.color for style in chosen] == [style.color for style in other]
        assert len(chosen) == len(tones)
        assert theme.ansi or chosen[0].bgcolor != other[0].bgcolor
