"""Reading a CSV or TSV file as one typed table.

A column becomes a number only if every value in it is one, so that no figure is ever half converted and an
identifier such as `00123` keeps its zeros. Header names are cleaned to identifiers that SQL can take as they are.
Runs in a worker: the file is untrusted.
"""

import csv
import io
import re
from collections.abc import Callable
from itertools import zip_longest
from pathlib import Path

import msgspec

from kimi_tui.tools.text.plain_reader import decode, delimiter_of
from kimi_tui.tools.workers.child import RefusalError

Value = int | float | str | None

MAX_BYTES = 32 << 20
"""The largest file taken."""
MAX_COLUMNS = 500
"""The widest table taken."""

_INTEGER = re.compile(r"[+-]?(0|[1-9]\d{0,17})", re.ASCII)
_REAL = re.compile(r"[+-]?((0|[1-9]\d*)(\.\d*)?|\.\d+)([eE][+-]?\d{1,3})?", re.ASCII)
_GROUPED = re.compile(r"[+-]?\d{1,3}(,\d{3})+(\.\d+)?", re.ASCII)
_NOT_WORD = re.compile(r"\W+")


class Column(msgspec.Struct, frozen=True):
    """One column of a table."""

    name: str
    """The identifier to use in SQL."""
    type: str
    """`INTEGER`, `REAL` or `TEXT`."""
    header: str
    """As it stands in the file."""


class Table(msgspec.Struct, frozen=True):
    """A whole file."""

    columns: tuple[Column, ...]
    rows: list[tuple[Value, ...]]
    """As long as `columns` each; an empty cell is None."""


def read_table(path: Path, *, tabs: bool = False) -> Table:
    """Read a file; raises `RefusalError` in words that the model can act on."""
    if path.stat().st_size > MAX_BYTES:
        raise RefusalError(f"{path.name} is larger than {MAX_BYTES >> 20} MB, too large to query as a table")
    text = decode(path.read_bytes())
    delimiter = "\t" if tabs else delimiter_of(text[:65536])
    csv.field_size_limit(MAX_BYTES)
    try:
        rows = [row for row in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter) if row]
    except csv.Error as error:
        raise RefusalError(f"{path.name} cannot be read as a table: {error}") from None
    if not rows:
        raise RefusalError(f"{path.name} is empty")
    width = max(len(row) for row in rows)
    if width > MAX_COLUMNS:
        raise RefusalError(f"{path.name} has {width} columns, more than the {MAX_COLUMNS} that are read")
    return _typed(rows[0] + [""] * (width - len(rows[0])), rows[1:])


def _typed(header: list[str], rows: list[list[str]]) -> Table:
    """The table with each column's type found and its values converted."""
    names = _names(header)
    columns: list[Column] = []
    converted: list[list[Value]] = []
    cells = zip_longest(*rows, fillvalue="") if rows else ()
    for name, title, texts in zip_longest(names, header, cells, fillvalue=()):
        kind, convert = _guess([text.strip() for text in texts if text.strip()])
        columns.append(Column(name=str(name), type=kind, header=str(title)))
        converted.append([convert(text.strip()) if text.strip() else None for text in texts])
    return Table(columns=tuple(columns), rows=list(zip(*converted, strict=True)))


def _guess(texts: list[str]) -> tuple[str, Callable[[str], Value]]:
    """The narrowest type that holds every text, and how to convert to it."""
    if not texts:
        return "TEXT", str
    if all(_INTEGER.fullmatch(text) for text in texts):
        return "INTEGER", int
    if all(_REAL.fullmatch(text) or _GROUPED.fullmatch(text) for text in texts):
        if any("." in text or "e" in text.lower() or len(text) > 18 for text in texts):
            return "REAL", lambda text: float(text.replace(",", ""))
        return "INTEGER", lambda text: int(text.replace(",", ""))
    return "TEXT", str


def _names(header: list[str]) -> list[str]:
    """Identifiers for the titles of a header, each once."""
    names: list[str] = []
    for number, title in enumerate(header, 1):
        base = _NOT_WORD.sub("_", title.strip().lower()).strip("_")[:60] or f"column_{number}"
        if base[0].isdigit():
            base = f"c_{base}"
        name, again = base, 2
        while name in names:
            name, again = f"{base}_{again}", again + 1
        names.append(name)
    return names
