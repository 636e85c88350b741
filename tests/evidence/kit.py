"""A desk of small sources with their cells, for the tests of what a memo's figures mean."""

from collections.abc import Sequence

import msgspec

from kimi_tui.cells import Cell
from kimi_tui.evidence.memo import CheckedMemo, Citation
from kimi_tui.evidence.memo_check import check_memo
from kimi_tui.evidence.source_lookup import InMemorySources
from kimi_tui.sources import Part, Source, SourceKind, SourceRef

YEARS = (("2025", "2024-06-01", "2025-05-31"), ("2024", "2023-06-01", "2024-05-31"))


def source(source_id: str, kind: SourceKind, address: str, parts: tuple[Part, ...], title: str = "T") -> Source:
    return Source(SourceRef(source_id, "d" * 64, title, address, "text/html", kind, "2026-11-03T10:00:00Z"), parts)


def grid(
    part: str,
    rows: Sequence[tuple[str, ...]],
    columns: Sequence[tuple[str, str, str]] = YEARS,
    *,
    section: str = "",
    table: int = 1,
    scale: int | None = 6,
    unit: str = "USD",
    entity: str = "ACME CORP",
) -> tuple[Cell, ...]:
    """Cells of a table: each row a label and its figures as shown, each column its header and period."""
    cells = []
    for number, (label, *shown) in enumerate(rows, 1):
        for at, (text, (header, start, end)) in enumerate(zip(shown, columns, strict=True), 1):
            value = text.replace(",", "").replace("%", "").strip("$ ")
            value = f"-{value[1:-1]}" if value.startswith("(") else value
            percent = text.endswith("%")
            cells.append(
                Cell(
                    part=part,
                    start=0,
                    end=len(text),
                    text=text,
                    value=value,
                    origin="grid",
                    scale=0 if percent else scale,
                    unit="%" if percent else unit,
                    period_start=start,
                    period_end=end,
                    row=label,
                    section=section,
                    column=header,
                    entity=entity,
                    row_number=number,
                    column_number=at,
                    table=table,
                )
            )
    return tuple(cells)


INCOME = grid(
    "p.2",
    [
        ("Revenues", "46,309", "51,362"),
        ("Gross profit", "19,790", "22,887"),
        ("Operating income", "3,702", "6,311"),
        ("Net income", "3,219", "5,700"),
        ("Net income (loss) of the joint venture", "(14)", "21"),
        ("Total current assets", "23,362", "25,382"),
        ("Total assets", "36,579", "38,110"),
        ("Gross margin", "42.7%", "44.6%"),
    ],
)
CASH = grid(
    "p.3",
    [
        ("Purchases of property", "(430)", "(812)"),
        ("Dividends", "(2,300)", "(2,169)"),
        ("Proceeds from debt", "1,995", "0"),
    ],
    table=2,
)
BARE = grid("p.4", [("Footwear", "29,143", "33,427")], table=3, scale=None, unit="")
PAGES = (
    Part("p.1", "ACME CORP makes shoes. It had three segments. Ad revenue increased 11% in 2024 and 28% in 2023."),
    Part("p.2", "Statements of income", "Income"),
    Part("p.3", "Statements of cash flows"),
    Part("p.4", "Segments"),
    Part("p.5", "We are subject to taxation in many places. No impairment was recorded. Litigation on BRAND goes on."),
)
QUERY = (
    Cell(part="rows 1-2", start=0, end=6, text="40321", value="40321", origin="query", scale=6, unit="USD",
         period_end="2022-05-31", row="Assets", column="value", row_number=1, column_number=2),
    Cell(part="rows 1-2", start=7, end=12, text="38294", value="38294", origin="query", scale=6, unit="USD",
         period_end="2023-02-28", row="Assets", column="value", row_number=2, column_number=2),
)  # fmt: skip
ROWS = "fact | value\n--- | ---\nrow 1: Assets | 40321\nrow 2: Assets | 38294"
SOURCES = {
    "S1": source("S1", "document", "acme-2025.pdf", PAGES, "Annual report of Acme"),
    "S2": source("S2", "query", "facts.csv: select fact, value from data", (Part("rows 1-2", ROWS),)),
    "S3": source("S3", "calculation", "pct_change(5700, 3219) * 100", (Part("result", "-43.5263157895"),)),
    "S4": source("S4", "calculation", "999.9", (Part("result", "999.9"),)),
    "S5": source("S5", "query", "facts.csv: select 'Revenue' as fact, 9900 as value", (Part("rows 1-1", ROWS[:43]),)),
    "S6": source("S6", "calculation", "pct_change(5750, 3219) * 100", (Part("result", "-44.0173913043"),)),
}
STORED = InMemorySources(SOURCES, {"S1": INCOME + CASH + BARE, "S2": QUERY})


def checked(text: str, title: str = "") -> CheckedMemo:
    return check_memo(title, text, STORED)


def only(text: str) -> Citation:
    """The one citation of a text."""
    [cite] = checked(text).citations
    return cite


def renamed(cells: tuple[Cell, ...], **known: str) -> tuple[Cell, ...]:
    return tuple(msgspec.structs.replace(cell, **known) for cell in cells)
