"""Search signals of a part: headings, the section it continues, contents entries, statements.

Made beside the text in the worker, so that a search weighs it and the program's own process reads nothing twice.
"""

import re
from collections.abc import Sequence

import msgspec

from kimi_tui.sources import Part
from kimi_tui.tools.desk.contents_pages import titles_from_contents
from kimi_tui.tools.desk.statements import statement_kinds
from kimi_tui.tools.text.parts import Extraction

MAX_SIGNAL_CHARS = 800
"""Of one signal of one part."""
NEAR_PARTS = 5
"""Statements of different kinds this close together are the ones of the document."""
_SECTION = re.compile(r"(?i)^\W*(item\s+\d{1,2}[a-c]?|part\s+[ivx]+|chapter\s+\w+)\b")
_NOTE = re.compile(r"(?i)^\W*(note\s+\d{1,2}|\d{1,2}\.\s+[A-Z])")


class PartSignals(msgspec.Struct, frozen=True):
    """The signals of one part; untrusted text."""

    heading: str = ""
    """Its headings."""
    contents: str = ""
    """What the contents pages or the bookmarks call it."""
    carried: str = ""
    """The section and note that it goes on with."""
    kinds: str = ""
    """The financial statements that it is, by name, those of the document's own group in capitals."""


def compute_part_signals(extraction: Extraction) -> tuple[PartSignals, ...]:
    """Return the signals of each part of a document."""
    parts = extraction.parts
    contents = titles_from_contents(parts)
    for title, place in extraction.outline:
        contents.setdefault(place, []).append(title)
    headings = _headings(extraction)
    kinds = _kinds(parts)
    found = []
    for place, (own, carried) in enumerate(zip(headings, _carried_sections(headings, contents), strict=True)):
        found.append(
            PartSignals(
                _joined(own), _joined(contents.get(place, [])), _joined(carried), ", ".join(kinds.get(place, ()))
            )
        )
    return tuple(found)


def _headings(extraction: Extraction) -> list[Sequence[str]]:
    """Return the headings of each part."""
    own = extraction.headings
    if len(own) != len(extraction.parts):
        return [tuple(filter(None, part.title.split(" › "))) for part in extraction.parts]
    return list(own)


def _carried_sections(headings: Sequence[Sequence[str]], contents: dict[int, list[str]]) -> list[tuple[str, ...]]:
    """For each part, the section and the note that began before it or on it."""
    section = note = listed = ""
    found = []
    for place, own in enumerate(headings):
        before = (section, note, listed)
        for heading in own:
            if _SECTION.match(heading):
                section, note = heading, ""
            elif _NOTE.match(heading):
                note = heading
        if place in contents:
            listed = contents[place][-1]
        found.append(tuple(dict.fromkeys(filter(None, (*before, section, note, listed)))))
    return found


def _kinds(parts: Sequence[Part]) -> dict[int, tuple[str, ...]]:
    """Return the statements by part; a group of different statements is the document's own."""
    found = {place: kinds for place, part in enumerate(parts) if (kinds := statement_kinds(part))}
    group = {
        place: len({kind for other, kinds in found.items() if abs(other - place) <= NEAR_PARTS for kind in kinds})
        for place in found
    }
    most = max(group.values(), default=0)
    return {
        place: tuple(kind.upper() if group[place] >= max(most - 1, 2) or most < 2 else kind for kind in kinds)
        for place, kinds in found.items()
    }


def _joined(texts: Sequence[str]) -> str:
    return " · ".join(dict.fromkeys(texts))[:MAX_SIGNAL_CHARS]
