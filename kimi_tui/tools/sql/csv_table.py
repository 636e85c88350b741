"""A CSV or TSV file as one typed table of a database.

The file is read twice: first every value is looked at to decide the type of its column, then the rows are written.
Header names are cleaned to identifiers that SQL can take as they are. Runs in a worker: the file is untrusted.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from itertools import zip_longest

import msgspec

from kimi_tui.storage import Connection, write
from kimi_tui.text import one_line
from kimi_tui.tools.text.column_numbers import ColumnDecision, decide_columns
from kimi_tui.tools.text.column_numbers import ColumnValues as Values
from kimi_tui.tools.text.csv_records import Record
from kimi_tui.tools.text.delimited import MAX_COLUMNS, DelimitedSheet
from kimi_tui.tools.text.encodings import decode_text
from kimi_tui.tools.text.file_signatures import is_page, is_pdf, refuse_other_kind
from kimi_tui.tools.text.number_forms import parse_number_form, to_decimal
from kimi_tui.tools.text.plain_reader import refuse_binary
from kimi_tui.tools.workers.child import RefusalError

Value = int | float | str | None

TABLE = "data"
"""What the table is called."""
_NOT_WORD = re.compile(r"\W+")
_BLANKS = " \t\n\r\x0b\x0c\u00a0"


class CsvColumn(msgspec.Struct, frozen=True):
    """One column of a table."""

    name: str
    """The identifier to use in SQL."""
    type: str
    """`INTEGER`, `REAL` or `TEXT`."""
    header: str
    """Its title in the file, on one line; empty if it has none."""
    remark: str = ""
    """What was or was not converted and why."""
    unit: str = ""
    """`%` or a currency, if every figure has it."""
    figures: bool = False
    """For text: whether figures are in it."""


class CsvFacts(msgspec.Struct, frozen=True):
    """The digest, columns and notes of a file converted to a table."""

    digest: str
    """SHA-256 of the file."""
    columns: tuple[CsvColumn, ...]
    rows: int
    notes: tuple[str, ...]
    """What was found, guessed or recovered, each a sentence."""


def write_table(data: bytes, digest: str, connection: Connection, *, tabs: bool = False) -> CsvFacts:
    """Write a file into an empty database as the table `data`; raises `RefusalError` in words for the model."""
    refuse_other_kind(data)
    if is_pdf(data) or is_page(data):
        raise RefusalError("it is a PDF or a page of HTML, whatever its name says; read it as a document")
    found = decode_text(data)
    refuse_binary(found.text)
    sheet = DelimitedSheet(found.text, preferred="\t" if tabs else "")
    if sheet.is_empty:
        raise RefusalError("the file is empty")
    decisions = _decisions(sheet)
    names = _names(sheet.titles() if sheet.header else [])
    headers = [one_line(title, 200) for title in [*sheet.header, *[""] * sheet.width][: sheet.width]]
    columns = tuple(
        CsvColumn(name, one.type, header, one.remark, one.unit, one.figures)
        for name, header, one in zip(names, headers, decisions, strict=True)
    )
    declared = ", ".join(f'"{column.name}" {column.type}' for column in columns)
    rows = 0
    with write(connection):
        connection.execute(" ".join(("CREATE TABLE", TABLE, f"({declared})")))
        places = ", ".join(
            f"nullif(trim(?{number}, ?1), '')" if one.plain else f"?{number}" for number, one in enumerate(decisions, 2)
        )
        statement = " ".join(("INSERT INTO", TABLE, "VALUES", f"({places})"))
        for batch in sheet.batches():
            connection.executemany(statement, _converted(batch, decisions))
            rows += len(batch)
    return CsvFacts(digest, columns, rows, found.notes + sheet.notes())


def _decisions(sheet: DelimitedSheet) -> list[ColumnDecision]:
    """Return the type of each column, from all its values; raises `RefusalError` for too many columns."""
    values = [Values() for _ in sheet.header]
    for batch in sheet.batches():
        for column, cells in enumerate(zip_longest(*(record.cells for record in batch), fillvalue="")):
            if column >= MAX_COLUMNS:
                break
            if column == len(values):
                values.append(Values())
            values[column].add(map(str.strip, cells))
    if max(sheet.width, len(sheet.header)) > MAX_COLUMNS:
        raise RefusalError(f"it has {sheet.width} columns, more than the {MAX_COLUMNS} that are read")
    return decide_columns(values[: sheet.width], sheet.delimiter)


def _converted(batch: Sequence[Record], decisions: Sequence[ColumnDecision]) -> Iterator[list[Value]]:
    """Yield the rows as stored, blanks stripped; SQLite converts plain numbers."""
    width = len(decisions)
    others = [(n, _converter(one)) for n, one in enumerate(decisions) if not one.plain]
    for record in batch:
        cells: list[Value] = [_BLANKS, *record.cells[:width]]
        if len(cells) <= width:
            cells += [None] * (width + 1 - len(cells))
        for column, convert in others:
            cells[column + 1] = convert(cells[column + 1])
        yield cells


def _converter(decision: ColumnDecision) -> Callable[[Value], Value]:
    """Return how a figure of this column becomes a number."""
    number: Callable[[str], Value] = int if decision.type == "INTEGER" else float

    def convert(text: Value) -> Value:
        """The value of one cell."""
        form = parse_number_form(text.strip()) if isinstance(text, str) else None
        return number(to_decimal(form, decision.mark)) if form else None

    return convert


def _names(titles: Sequence[str]) -> list[str]:
    """Identifiers for the titles of a header, each once."""
    names: list[str] = []
    taken: set[str] = set()
    for number, title in enumerate(titles, 1):
        base = _NOT_WORD.sub("_", title.strip().lower()).strip("_")[:60] or f"column_{number}"
        if base[0].isdigit():
            base = f"c_{base}"
        name, again = base, 2
        while name in taken:
            name, again = f"{base}_{again}", again + 1
        names.append(name)
        taken.add(name)
    return names
