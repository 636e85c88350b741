"""CSV files as tables of a database, for tests of what becomes of their values."""

from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from kimi_tui.tools.sql.csv_store import prepare
from kimi_tui.tools.sql.csv_table import CsvFacts
from kimi_tui.tools.sql.select import query


class Table(NamedTuple):
    """A file as it was made ready for queries."""

    database: str
    facts: CsvFacts
    rows: list[tuple[Any, ...]]


def table(tmp_path: Path, data: str | bytes, name: str = "x.csv") -> Table:
    path = tmp_path / name
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    stored = prepare(str(path), str(tmp_path / "store"))
    facts = msgspec.convert(stored["facts"], CsvFacts)
    database = str(tmp_path / "store" / stored["database"])
    found = query(database, "SELECT * FROM data", 1000, 5.0, facts.columns)
    return Table(database, facts, [tuple(row) for row in found["rows"]])


def column(tmp_path: Path, cells: list[str], delimiter: str = ",") -> tuple[str, tuple[object, ...], str]:
    """Type, values and remark of a column of these cells, in a file with this delimiter."""
    rows = "".join(f'k{delimiter}"{cell}"\n' for cell in cells)
    found = table(tmp_path, f"key{delimiter}value\n{rows}")
    return found.facts.columns[1].type, tuple(row[1] for row in found.rows), found.facts.columns[1].remark
