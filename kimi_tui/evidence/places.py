"""Places inside sources: parse `S12 p.4-5 "Net sales" 2018`, and find the text there."""

import re

import msgspec

from kimi_tui.quantities.text_periods import find_periods
from kimi_tui.sources import Part, Source

_ROW_NAME = r"(?:[\"\u201c\u201e](?P<row>[^\"\u201c\u201d\u201e]{1,200})[\"\u201d\u201c])"
_PLACE = re.compile(
    rf"(?P<id>S\d{{1,6}})(?:[\s,:]+(?P<unit>pp?\.?|pages?|\u00a7\u00a7?|sections?|sec\.|rows?|result)"
    r"\s*(?P<first>\d{1,7})?(?:\s*[-\u2013]\s*(?P<last>\d{1,7}))?)?"
    rf"(?:[\s,:]*{_ROW_NAME})?(?:[\s,:]+(?P<period>[^\[\]\";]{{1,60}}))?",
    re.IGNORECASE,
)
_QUOTED_ROW = re.compile(r"[\"\u201c\u201e][^\"\u201c\u201d\u201e]{1,200}[\"\u201d\u201c]")
_SEPARATOR = re.compile(r"\s*;\s*|\s*,\s*(?=S\d)")
_ROWS = re.compile(r"rows (\d+)-(\d+)")
_ROW_LINE = re.compile(r"(?m)^row (\d+):")


class SourcePlace(msgspec.Struct, frozen=True):
    """One place in one source."""

    source: str
    """The source's id."""
    label: str = ""
    """`p.4`, `p.4-5`, `\u00a73`, `row 7`, `rows 2-4`, `result`; empty for the whole source."""
    unit: str = ""
    """`p.`, `\u00a7`, `row` or `result`; empty for the whole source."""
    first: int = 0
    """The number of its first page, section or row; 0 when it has none."""
    last: int = 0
    """The same as `first` for one page, section or row."""
    row: str = ""
    """The label of the row that a figure stands in, if the writer names it; `Section > Row` with its section."""
    period: str = ""
    """The period of its column, as the writer names it."""


def parse_places(inside: str) -> tuple[SourcePlace, ...] | None:
    """Return the places named between a marker's brackets; None when it is not a citation."""
    places: list[SourcePlace] = []
    for piece in split_places(inside):
        match = _PLACE.fullmatch(piece.strip())
        period = (match["period"] or "").strip() if match else ""
        if match is None or (period and not find_periods(period)):
            return None
        places.append(msgspec.structs.replace(_place(match), row=(match["row"] or "").strip(), period=period))
    return tuple(places)


def split_places(inside: str) -> list[str]:
    """Return the places between a marker's brackets, each as written; a separator inside a quoted row parts nothing."""
    inside = inside.strip()
    bare = _QUOTED_ROW.sub(lambda row: "_" * len(row.group()), inside)
    edges = [0, *(edge for match in _SEPARATOR.finditer(bare) for edge in match.span()), len(inside)]
    return [inside[edges[at] : edges[at + 1]] for at in range(0, len(edges), 2)]


def text_at_place(source: Source, place: SourcePlace) -> str | None:
    """Return the text at a place, None if the source has no such place."""
    if not place.unit:
        return "\n".join(part.text for part in source.parts)
    if place.unit == "row":
        return _rows(source, place)
    by_label = {part.label: part.text for part in source.parts}
    if place.unit == "result":
        wanted = ["result"]
    elif place.last - place.first < len(by_label):
        wanted = [f"{place.unit}{n}" for n in range(place.first, place.last + 1)]
    else:
        return None
    if any(label not in by_label for label in wanted):
        return None
    return "\n".join(by_label[label] for label in wanted)


def part_labels(source: Source, place: SourcePlace) -> frozenset[str]:
    """Return the labels of the parts that a place lies in; all of them for a whole source."""
    if not place.unit or place.unit == "result":
        return frozenset(part.label for part in source.parts)
    if place.unit == "row":
        blocks = ((part.label, _ROWS.fullmatch(part.label)) for part in source.parts)
        return frozenset(
            label for label, block in blocks if block and int(block[1]) <= place.last and int(block[2]) >= place.first
        )
    return frozenset(f"{place.unit}{number}" for number in range(place.first, min(place.last, place.first + 500) + 1))


def _place(match: re.Match[str]) -> SourcePlace:
    unit, first, last = (match.group("unit") or "").lower(), match.group("first"), match.group("last")
    source = match.group("id").upper()
    low = int(first) if first else 0
    high = max(int(last), low) if last else low
    if not unit:
        return SourcePlace(source)
    if unit == "result":
        return SourcePlace(source, "result", "result")
    span = f"{low}-{high}" if high > low else str(low)
    if unit.startswith("row"):
        return SourcePlace(source, f"rows {span}" if high > low else f"row {span}", "row", low, high)
    kind = "p." if unit.startswith("p") else "\u00a7"
    return SourcePlace(source, f"{kind}{span}", kind, low, high)


def _rows(source: Source, place: SourcePlace) -> str | None:
    """Return the lines of some rows under the header, which every block of rows carries."""
    lines: list[str] = []
    seen = 0
    for part in source.parts:
        block = _ROWS.fullmatch(part.label)
        if block and int(block.group(1)) <= place.last and int(block.group(2)) >= place.first:
            found = [line for line in part.text.split("\n") if _is_in_rows(line, place)]
            seen += len(found)
            lines.extend(_header(part) + found)
    return "\n".join(lines) if seen == place.last - place.first + 1 else None


def _is_in_rows(line: str, place: SourcePlace) -> bool:
    match = _ROW_LINE.match(line)
    return match is not None and place.first <= int(match.group(1)) <= place.last


def _header(part: Part) -> list[str]:
    return [line for line in part.text.split("\n", 3)[:2] if not _ROW_LINE.match(line)]
