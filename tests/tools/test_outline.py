"""The outline of a document: its statements, or else its sections, and the statements that a question names."""

from pathlib import Path

import pytest

from kimi_tui.tools.desk.outline import build_outline, named_statements, statement_rows
from kimi_tui.tools.desk.ranking import row_range
from kimi_tui.tools.desk.statements import BALANCE_SHEET, CASH_FLOWS, COMPREHENSIVE_INCOME, EQUITY, INCOME_STATEMENT
from tests.tools.indexes import filled_database


@pytest.mark.parametrize(
    ("question", "named"),
    [
        ("", []),
        ("What were net sales in 2018?", []),
        ("According to the balance sheet, ...", [BALANCE_SHEET]),
        ("STATEMENT OF FINANCIAL POSITION", [BALANCE_SHEET]),
        ("statement of financial condition", [BALANCE_SHEET]),
        ("the cash flow statement", [CASH_FLOWS]),
        ("statement of cash\nflows", [CASH_FLOWS]),
        ("the P&L", [INCOME_STATEMENT]),
        ("P & L statement", [INCOME_STATEMENT]),
        ("a profit and loss account", [INCOME_STATEMENT]),
        ("statements of consolidated operations", [INCOME_STATEMENT]),
        ("comprehensive loss", [COMPREHENSIVE_INCOME]),
        ("statements of changes in shareholders' equity", [EQUITY]),
        ("balance sheet and cash flow statement and income statement", [BALANCE_SHEET, CASH_FLOWS, INCOME_STATEMENT]),
        ("the income of the state", []),
        ("P&Lx", []),
    ],
)
def test_named_statements_are_those_of_the_question(question: str, named: list[str]) -> None:
    assert sorted(named_statements(question)) == sorted(named)


def test_named_statements_have_one_order_whatever_that_of_the_question() -> None:
    assert named_statements("balance sheet, cash flow statement") == named_statements(
        "cash flow statement, balance sheet"
    )


def test_build_outline_of_unknown_or_plain_documents_is_empty(tmp_path: Path) -> None:
    with filled_database(tmp_path, {"a.txt": ["Nothing but prose."]}) as database:
        assert build_outline(database, "a.txt") == ()
        assert build_outline(database, "b.txt") == ()
        assert build_outline(database, "") == ()


def test_statement_rows_of_nothing_wanted_or_nothing_there_are_none(tmp_path: Path) -> None:
    with filled_database(tmp_path, {"a.txt": ["Nothing but prose."]}) as database:
        assert statement_rows(database, (0, 1 << 60), []) == []
        assert statement_rows(database, (0, 1 << 60), [BALANCE_SHEET]) == []


BALANCE = """CONSOLIDATED BALANCE SHEETS
| | 2018 | 2017 |
|---|---|---|
| Cash and cash equivalents | $ 2,853 | $ 3,053 |
| Accounts receivable | 5,020 | 4,911 |
| Inventories | 4,366 | 4,034 |
| Total current assets | 13,709 | 14,277 |
| Total assets | 36,500 | 37,987 |
| Total current liabilities | 7,244 | 7,687 |
| Total liabilities | 26,652 | 26,365 |
| Total stockholders' equity | 9,848 | 11,622 |
| Total liabilities and equity | 36,500 | 37,987 |
"""


def test_build_outline_names_a_statement_once_with_its_first_part(tmp_path: Path) -> None:
    with filled_database(tmp_path, {"a.txt": ["Prose.", BALANCE, BALANCE]}) as database:
        assert build_outline(database, "a.txt") == ((BALANCE_SHEET, "§2"),)
        [first, *_] = statement_rows(database, (0, 1 << 60), [BALANCE_SHEET])
        assert statement_rows(database, row_range(first // row_range(1)[0] + 1), [BALANCE_SHEET]) == []
