"""Figures of a PDF's tables with their meaning."""

from tests.tools.drawn_pages import cells_of, page


def test_a_point_that_may_group_thousands_is_doubted() -> None:
    rows = [(50.0, 700.0, "Umsatz"), (300.0, 700.0, "1.234"), (50.0, 680.0, "Kosten"), (300.0, 680.0, "2.345")]
    assert all("groups thousands" in cell.notes[-1] for cell in cells_of(page(*rows)).values())
    shown = [*rows, (50.0, 660.0, "Quote"), (300.0, 660.0, "0.5")]
    assert not any("groups thousands" in note for cell in cells_of(page(*shown)).values() for note in cell.notes)
