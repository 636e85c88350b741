"""Detect the layout of a delimited file: delimiter, shape of its rows, and header.

The delimiter is decided on lines from the whole file. The header is found by what is in the columns below it: lines
above it are kept as a caption, several header lines become one, and a file without any is said to have none.
"""

import csv
import io
import re
from collections import Counter
from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

from kimi_tui.text import one_line
from kimi_tui.tools.text.csv_records import Record, Shape, split_line

DELIMITERS = "\t;|,"
"""Those that are looked for; of two that fit equally well, the first."""
_RARE_DELIMITERS = "^~\x01\x1f\u00a6\u00a7"
"""Those that are looked for where none of the others fits."""
_HEAD_CHARS = 1 << 16
SAMPLED_LINES = 4_000
"""Lines that the delimiter is decided on."""
HEAD_RECORDS = 200
"""Records that the header is looked for in."""
MAX_TITLE_LINES = 30
"""Lines above a header."""
MAX_HEADER_LINES = 4
_MIN_WIDTH_WITH_PAIRS = 3
"""Narrower tables cannot be told from pairs of a name and a value above them."""
_MIN_SHARE = 0.9
_SEPARATOR_LINE = re.compile(r"sep=(.)\s*\n", re.IGNORECASE)
_FIGURE = re.compile(
    r"\(?\s*[-+\u2212]?\s*(?:[A-Z]{3}\s?|[$€£¥₹]\s?)?[-\u2212]?\(?[\d.,'’\u00a0\u202f ]*\d[\d.,'’\u00a0\u202f ]*"
    r"(?:[eE][-+]?\d{1,3})?\s*(?:[A-Z]{3}|[$€£¥₹%‰])?\s*\)?"
)
_DATE = re.compile(r"\d{1,4}[-./]\d{1,2}[-./]\d{1,4}(?:[ T]\d{1,2}:\d\d(?::\d\d)?.*)?")
_YEAR = re.compile(r"(?:FY\s?)?(?:1[89]|2[01])\d\d(?:[-/]\d\d(?:\d\d)?)?[A-Z]?|[QH][1-4].*\d{2,4}|\d{2,4}.?[QH][1-4]")
_UNIT = re.compile(
    r"\(?(?:in\s+)?(?:USD|EUR|GBP|JPY|CHF|CNY|CAD|AUD|INR|US\$|[$€£¥%‰])?\s*(?:'?000s?|thousands?|millions?|billions?|mn?|bn|k|tsd\.?|mio\.?|mrd\.?"
    r"|units?|shares?|pcs|kg|t|pct)?\)?",
    re.IGNORECASE,
)
_NOTHING = re.compile(r"[-\u2012-\u2015\u2212.]{1,3}|n\.?\s?[/a]\.?\s?\w?\.?|nan|null|none|#n/a", re.IGNORECASE)


class Layout(NamedTuple):
    """The header, titles and skipped lines of a file."""

    header: list[str]
    """The titles of the columns; empty for a file without header."""
    titles: list[str]
    """What is above the header, a line each."""
    skipped: int
    """How many records come before the first row."""
    notes: list[str]
    """What was found or guessed, each a sentence."""


def is_figure(text: str) -> bool:
    """Return whether a cell is a number or a date, in whatever locale."""
    text = text.strip()
    return bool(text) and (_FIGURE.fullmatch(text) is not None or _DATE.fullmatch(text) is not None)


def _is_blank(text: str) -> bool:
    """Return whether a cell says that there is nothing."""
    text = text.strip()
    return not text or _NOTHING.fullmatch(text) is not None


def detect_shape(text: str, preferred: str = "") -> tuple[Shape, int]:
    """Return the shape of most rows, and the characters of a `sep=;` line; `preferred` is the file type's own."""
    named = _SEPARATOR_LINE.match(text[:10])
    skipped = named.end() if named else 0
    text = text[skipped:] if skipped else text
    candidates = [named.group(1)] if named else [*preferred, *(one for one in DELIMITERS if one != preferred)]
    lines = _sample(text)
    measured = [_measure(text, lines, delimiter) for delimiter in candidates]
    best = max(score for _, score in measured)
    if best == 0.0 and not named:
        rare = [_measure(text, lines, one) for one in _RARE_DELIMITERS if any(one in line for line in lines[:2])]
        measured += [(shape, score) for shape, score in rare if score >= _MIN_SHARE]
        best = max(score for _, score in measured)
    return next(shape for shape, score in measured if score >= best - 0.05), skipped


def _measure(text: str, lines: Sequence[str], delimiter: str) -> tuple[Shape, float]:
    """Return the shape of most rows, were this the delimiter, and how many rows have it, from 0 to 1."""
    rows = _rows(text, lines, delimiter)
    shape = _measured(rows, delimiter, spaced=sum(f'{delimiter} "' in line for line in lines) * 2 > len(lines))
    return shape, _fit(rows, shape)


def _rows(text: str, lines: Sequence[str], delimiter: str) -> list[list[str]]:
    """Rows from everywhere, were this the delimiter; from the beginning alone where cells go over several lines."""
    if '"' not in text[:_HEAD_CHARS]:
        return [split_line(line, delimiter) for line in lines]
    head = io.StringIO(text[:_HEAD_CHARS], newline="\n")
    reader = csv.reader(head, delimiter=delimiter, strict=True, skipinitialspace=f'{delimiter} "' in text[:1000])
    rows: list[list[str]] = []
    try:
        rows.extend(row for row in reader if row)
    except csv.Error:
        if len(text) <= _HEAD_CHARS or reader.line_num < len(head.getvalue().split("\n")) - 1:
            return [split_line(line, delimiter) for line in lines]  # not only because the text was cut there
    if reader.line_num > len(rows):
        return rows
    return [split_line(line, delimiter) for line in lines]


def _sample(text: str) -> list[str]:
    """Lines from everywhere in the text."""
    if len(text) < 1 << 20:
        lines = text.split("\n")
        step = max(len(lines) // SAMPLED_LINES, 1)
        head = lines[:HEAD_RECORDS]
        return [line for line in head + lines[HEAD_RECORDS::step] if line.strip()]
    lines = text[: 1 << 16].split("\n")[:-1]
    step = len(text) // SAMPLED_LINES
    for start in range(1 << 16, len(text), step):
        begin = text.find("\n", start) + 1
        end = text.find("\n", begin)
        if 0 < begin < end < begin + 100_000:
            lines.append(text[begin:end])
    return [line for line in lines if line.strip()]


def _measured(rows: Sequence[list[str]], delimiter: str, *, spaced: bool) -> Shape:
    """Return the shape of most rows, were this the delimiter."""
    widths = Counter(map(len, rows))
    width = max(widths, key=lambda one: (widths[one], one), default=1)
    body = [row for row in rows if len(row) == width]
    figures = []
    for column in range(width):
        cells = [row[column] for row in body if not _is_blank(row[column])]
        if len(cells) >= 2 and sum(map(is_figure, cells[1:])) >= _MIN_SHARE * (len(cells) - 1):
            figures.append(column)
    return Shape(delimiter, width, tuple(figures), spaced)


def _fit(rows: Sequence[list[str]], shape: Shape) -> float:
    """Return how many of the rows have this shape, from 0 to 1; 0 for one column."""
    if shape.width < 2 or not rows:
        return 0.0
    if shape.delimiter == "," and shape.width == 2 and len(rows[0]) == 1 and _are_decimals(rows[1:]):
        return 0.0
    return sum(len(row) == shape.width and not _is_torn(row) for row in rows) / len(rows)


def _is_torn(row: Sequence[str]) -> bool:
    """Return whether a quoted cell was parted, or several were taken for one."""
    return any(cell.startswith('"') for cell in row)


def _are_decimals(rows: Sequence[list[str]]) -> bool:
    """Return whether what a comma parts are figures with a decimal comma."""
    return all(len(row) < 3 and all(cell.strip().lstrip("-").isdigit() for cell in row) for row in rows)


def detect_layout(head: Sequence[Record], shape: Shape) -> Layout:
    """Return where the header is in the first records."""
    if not head:
        return Layout([], [], 0, [])
    above = _title_lines(head, shape)
    rest = head[above:]
    figures = _figure_columns(rest[1:] or rest, shape.width)
    titles = [one_line(" ".join(filter(None, map(str.strip, record.cells)))) for record in head[:above]]
    notes = []
    if titles:
        lines = ", ".join(f'"{one_line(title, 80)}"' for title in titles[:4])
        notes.append(f"Above the header {_counted(above, 'line')}, no rows of the table: {lines}.")
    count, certain = _header_lines(rest, figures, shape)
    if count == 0:
        notes.append("The file has no header: its first line is a row like the others, and columns have numbers.")
    elif not certain:
        notes.append(f"Line {rest[0].line} was taken as the header; nothing in the columns shows whether it is one.")
    if count > 1:
        notes.append(f"The header has {count} lines ({rest[0].line}-{rest[count - 1].line}), joined with ›.")
    return Layout(_joined([record.cells for record in rest[:count]]), titles, above + count, notes)


def _counted(number: int, what: str) -> str:
    return f"is 1 {what}" if number == 1 else f"are {number} {what}s"


def _filled(record: Record) -> int:
    """Return how many cells hold something."""
    return sum(bool(cell.strip()) for cell in record.cells)


def _title_lines(head: Sequence[Record], shape: Shape) -> int:
    """Return how many records come before the header because they are narrower than the table."""
    if shape.width < 2:
        return 0
    most = max(1, shape.width // 3)
    for index, record in enumerate(head[:MAX_TITLE_LINES]):
        narrow = _filled(record) <= most or (len(record.cells) < shape.width - 1 and _filled(record) < shape.width - 1)
        if not narrow or not record.cells[0].strip():  # an upper line of a header leaves its first cell empty
            return max(index, _pairs_above(head, shape))
    return 0


def _pairs_above(head: Sequence[Record], shape: Shape) -> int:
    """Return how many records come before the header because they name one thing each, as `Currency,EUR,,`."""
    if shape.width < _MIN_WIDTH_WITH_PAIRS:
        return 0
    for index, record in enumerate(head[:MAX_TITLE_LINES]):
        filled = _filled(record)
        if filled == shape.width:
            body = head[index + 1 :]
            full = sum(_filled(row) == shape.width for row in body)
            is_header = not any(map(is_figure, record.cells[1:])) or _are_periods(head[index:], tuple(range(1, filled)))
            return index if index > 1 and body and full >= _MIN_SHARE * len(body) and is_header else 0
        if filled > 2 or any(cell.strip() for cell in record.cells[2:]) or not record.cells[0].strip():
            return 0
    return 0


def _figure_columns(rows: Sequence[Record], width: int) -> tuple[int, ...]:
    """Return the columns whose cells are almost all figures."""
    body = rows[MAX_HEADER_LINES:] if len(rows) > 2 * MAX_HEADER_LINES else rows[-max(len(rows) // 2, 1) :]
    found = []
    for column in range(width):
        cells = [row.cells[column] for row in body if column < len(row.cells) and not _is_blank(row.cells[column])]
        if cells and sum(map(is_figure, cells)) >= _MIN_SHARE * len(cells):
            found.append(column)
    return tuple(found)


def _header_lines(rest: Sequence[Record], figures: tuple[int, ...], shape: Shape) -> tuple[int, bool]:
    """Return how many of the first records are the header, and whether something shows it."""
    first = [rest[0].cells[column] for column in figures if column < len(rest[0].cells)]
    shown = [cell for cell in first if not _is_blank(cell)]
    if not figures or len(rest) == 1:
        return _header_by_form(rest, shape)
    if shown and all(map(is_figure, shown)) and not _are_periods(rest, figures):
        return 0, True
    count = 1
    while count < min(MAX_HEADER_LINES, len(rest) - 1) and _is_header_line(rest[count - 1], rest[count], figures):
        count += 1
    return count, True


def _are_periods(rest: Sequence[Record], figures: tuple[int, ...]) -> bool:
    """Return whether the figures of the first record are years over columns of other figures."""
    cells = [rest[0].cells[column].strip() for column in figures if column < len(rest[0].cells)]
    above = [cell for cell in cells if cell]
    below = [row.cells[column].strip() for row in rest[1:] for column in figures if column < len(row.cells)]
    below = [cell for cell in below if cell]
    return all(map(_YEAR.fullmatch, above)) and sum(bool(_YEAR.fullmatch(cell)) for cell in below) * 2 < len(below)


def _is_header_line(above: Record, record: Record, figures: tuple[int, ...]) -> bool:
    """Return whether a record below a header line is another one: words, or years, where figures are below.

    A row may have words there, too. So one of the two lines has to leave cells empty, or this one to name units.
    """
    cells = [record.cells[column].strip() for column in figures if column < len(record.cells)]
    shown = [cell for cell in cells if not _is_blank(cell)]
    if not shown:
        return False
    if all(map(_UNIT.fullmatch, shown)):
        return True
    spans = not record.cells[0].strip() or any(not cell.strip() for cell in above.cells[1:-1])
    return spans and (not any(map(is_figure, shown)) or all(map(_YEAR.fullmatch, shown)))


def _header_by_form(rest: Sequence[Record], shape: Shape) -> tuple[int, bool]:
    """Return the same for a file of words: a header differs in form from what is below it."""
    if len(rest) == 1:
        alone = any(map(is_figure, rest[0].cells))
        return (0, True) if alone else (1, True)
    first, body = rest[0].cells, rest[1:]
    for column, title in enumerate(first[: shape.width]):
        below = [row.cells[column].strip() for row in body if column < len(row.cells) and row.cells[column].strip()]
        if title.strip() in below and len(set(below)) < len(below):
            return 1, False
        forms = Counter(map(_form, below))
        if below and forms.most_common(1)[0][1] >= _MIN_SHARE * len(below) and _form(title) not in forms:
            return 1, len(below) > 2
    return 1, False


def _form(text: str) -> str:
    """Return the form of a cell: `AB-12` is `A-9`."""
    return re.sub(r"\d+", "9", re.sub(r"[^\W\d_]+", lambda word: "A" if word[0].isupper() else "a", text.strip()))


def _joined(lines: Sequence[list[str]]) -> list[str]:
    """Return the titles of the columns; an empty cell of an upper line belongs to the one before it."""
    width = max(map(len, lines), default=0)
    columns: list[list[str]] = [[] for _ in range(width)]
    for number, line in enumerate(lines):
        before = ""
        for column in range(width):
            cell = " ".join(line[column].split()) if column < len(line) else ""
            if not cell and number < len(lines) - 1 and column:
                cell = before
            before = cell
            if cell:
                columns[column].append(cell)
    return [" › ".join([one for one, after in pairwise([*parts, ""]) if one != after]) for parts in columns]
