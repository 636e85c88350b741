"""Parse which parts of a source are wanted: `p.4`, `4-6`, `§3`, `rows 1-50`, lists, `4@12000` inside a part."""

import re
from collections.abc import Iterator, Sequence

import msgspec

from kimi_tui.sources import Part
from kimi_tui.text import one_line
from kimi_tui.tools.base import ToolError

_LABEL = re.compile(r"(p\.|§|rows )(\d+)(?:-(\d+))?")
_WORDS = {"p.": ("page", "pages"), "§": ("section", "sections"), "rows ": ("row", "rows"), "": ("part", "parts")}
_WANTED = re.compile(
    r"(?P<kind>p\.?|pp\.?|pages?|§+|sections?|rows?|parts?)?\s*(?P<first>\d{1,9})"
    r"(?:\s*(?:-|–|—|to)\s*(?:p\.|§|row )?\s*(?P<last>\d{1,9}))?(?:\s*@\s*(?P<offset>\d{1,9}))?",
    re.IGNORECASE,
)


class LabelSpan(msgspec.Struct, frozen=True):
    """The range of a label: pages, sections, rows, or plain parts."""

    kind: str
    """How labels of this kind begin: `p.`, `§`, `rows `, or nothing."""
    first: int
    last: int

    def __str__(self) -> str:
        """Return the label's form, both ends with the kind unless they are rows."""
        if self.first == self.last:
            return f"{self.kind}{self.first}"
        return f"{self.kind}{self.first}-{'' if self.kind == 'rows ' else self.kind}{self.last}"

    def in_words(self) -> str:
        """`page 4`, `pages 4-5`."""
        one, many = _WORDS[self.kind]
        return f"{one} {self.first}" if self.first == self.last else f"{many} {self.first}-{self.last}"


class PartChoice(msgspec.Struct, frozen=True):
    """A part that is to be shown, from a character on."""

    index: int
    """Its place in the source, from 0."""
    offset: int = 0
    """How many characters of its text come before what is shown."""


def span_of_part(part: Part, index: int) -> LabelSpan:
    """Return the range that a part's label names; a part with a label of its own kind counts by its place, from 1."""
    match = _LABEL.fullmatch(part.label)
    if match is None:
        return LabelSpan("", index + 1, index + 1)
    first = int(match.group(2))
    return LabelSpan(match.group(1), first, int(match.group(3) or first))


def document_extent(last_label: str) -> str:
    """Return how much a document has, from the label of its last part: `32 pages`."""
    counted = span_of_part(Part(last_label, ""), 0)
    return f"{counted.last} {_WORDS[counted.kind][counted.last != 1]}"


def choose_parts(spans: Sequence[LabelSpan], wanted: str) -> list[PartChoice]:
    """Return the parts that `wanted` names, in its order; raises `ToolError` in words that the model can act on.

    `spans` are those of all parts of the source, at least one.
    """
    choices: list[PartChoice] = []
    for piece in filter(None, re.split(r"[,;]", wanted)):
        match = _WANTED.fullmatch(piece.strip())
        if match is None:
            what = one_line(piece, 60)
            raise ToolError(f'parts "{what}" cannot be understood: give {_example(spans)}, or leave it empty.')
        choices += _matching(spans, piece, match)
    return choices


def _matching(spans: Sequence[LabelSpan], piece: str, match: re.Match[str]) -> Iterator[PartChoice]:
    """Yield the parts that overlap one range; raises `ToolError` when there are none, or none of that kind."""
    kind = (match["kind"] or "").lower()
    here = spans[0].kind
    first = int(match["first"])
    last = int(match["last"] or first)
    found = [index for index, one in enumerate(spans) if one.first <= last and first <= one.last]
    if not found or (kind and not _WORDS[here][1].startswith(kind.rstrip(".")[:1].replace("§", "s"))):
        has = LabelSpan(here, spans[0].first, spans[-1].last).in_words()
        raise ToolError(f'There is no "{one_line(piece, 60)}" in this source; it has {has}.', "not-found")
    yield PartChoice(found[0], int(match["offset"] or 0))
    yield from map(PartChoice, found[1:])


def _example(spans: Sequence[LabelSpan]) -> str:
    """Return an example of `parts` for this source."""
    first, last = spans[0], spans[min(len(spans), 3) - 1]
    return f'"{first}" or "{LabelSpan(first.kind, first.first, last.last)}"'
