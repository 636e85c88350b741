"""The table model: captions, headers, rows with their titles, and notes."""

import pytest

from kimi_tui.tools.text.table import build_table_from_texts, remember_search
from tests.tools.model_tables import table


def test_build_table_of_nothing_is_none() -> None:
    assert build_table_from_texts([]) is None
    assert build_table_from_texts([["", " "], []]) is None


def test_build_table_with_years_over_its_columns() -> None:
    found = table("| 2024 | 2023", "Net sales | 1,234 | 1,100", "Costs | (5) | -", captions=("Income",))
    assert found.captions == ["Income"]
    assert found.columns == 3
    [block] = found.blocks
    assert [block.header(column) for column in range(3)] == ["", "2024", "2023"]
    assert [(row.number, row.label, row.cells) for row in block.rows] == [
        (1, "Net sales", ["Net sales", "1,234", "1,100"]),
        (2, "Costs", ["Costs", "(5)", "-"]),
    ]
    assert found.amounts() == ["Net sales", "1,234", "1,100", "Costs", "(5)", "-"]


def test_build_table_joins_header_lines_from_top_to_bottom() -> None:
    found = table("| Europe | Asia", "| 2024 | 2024", "Net sales | 1 | 2")
    assert found.blocks[0].header(1, " > ") == "Europe > 2024"
    assert found.blocks[0].header(2) == "Asia 2024"


def test_build_table_of_text_has_its_first_row_as_header() -> None:
    found = table("Name | Role", "Ann | chair", "Bob | clerk")
    assert [found.blocks[0].header(column) for column in range(2)] == ["Name", "Role"]
    assert [row.label for row in found.blocks[0].rows] == ["Ann \u203a chair", "Bob \u203a clerk"]


def test_build_table_of_one_row_has_no_header() -> None:
    [block] = table("Name | Role").blocks
    assert [block.header(column) for column in range(2)] == ["", ""]
    assert len(block.rows) == 1


def test_build_table_titles_of_rows_are_their_sections() -> None:
    found = table("| 2024", "Assets |", "Cash | 5", "Debt |", "Bonds | 7", "Total debt | 8", "2023 |", "Cash | 4")
    sections = {f"{row.label} {row.number}": row.sections for row in found.blocks[0].rows}
    assert sections["Cash 2"] == ("Assets",)
    assert sections["Bonds 4"] == ("Debt",)
    assert sections["Total debt 5"] == ()
    assert sections["Cash 7"] == ("2023",)


def test_build_table_row_of_years_further_down_begins_a_new_block() -> None:
    found = table("| 2024 | 2023", "Net sales | 1,000 | 2,000", "| 2022 | 2021", "Net sales | 3,000 | 4,000")
    assert [[block.header(1), block.header(2)] for block in found.blocks] == [["2024", "2023"], ["2022", "2021"]]
    assert [row.number for block in found.blocks for row in block.rows] == [1, 2]


def test_build_table_row_that_gives_years_is_a_row() -> None:
    found = table("| Acme | Globex", "Founded | 1998 | 2004", "Stores | 12 | 7")
    assert [row.label for row in found.blocks[0].rows] == ["Founded", "Stores"]


def test_build_table_notes_and_units_are_taken_out_of_its_rows() -> None:
    note = "(1) " + "The figures of this year were restated for the change of policy described above, in all. " * 2
    found = table("(in millions) |", "| 2024", "Net sales | 1,234", f"{note} |")
    assert found.captions == ["(in millions)"]
    assert [one.strip() for one in found.notes] == [" ".join(note.split())]
    assert [row.label for row in found.blocks[0].rows] == ["Net sales"]


def test_build_table_label_has_no_mark_of_a_note() -> None:
    [row] = table("| 2024", "Net sales ^(1) | 5").blocks[0].rows
    assert row.label == "Net sales"


@pytest.mark.parametrize(("text", "found"), [("Year ended", True), ("YEAR", False), ("", False)])
def test_remember_search_gives_the_same_again(text: str, found: bool) -> None:
    names_year = remember_search("Year")
    assert names_year(text) is found
    assert names_year(text) is found
