"""Split a memo into sentences, and decide which of them need a source.

Every sentence, list item and table row does. Headings, code, table heads, lines that announce a list and sections on
what was not found or how the memo was made do where they hold a figure or a quote. A quote is never split.
"""

import re

import msgspec

from kimi_tui.evidence.amounts import find_amounts
from kimi_tui.evidence.markdown_text import code_lines
from kimi_tui.evidence.quotes import find_quoted_spans, find_quotes

_HEADING = re.compile(r"\s{0,3}(?P<marks>#{1,6})\s+(?P<title>.*)|\s{0,3}\*\*(?P<bold>[^*\n]{1,80}[^*\n.!?])\*\*:?\s*")
_EXEMPT = re.compile(
    r"\bnot (?:be )?(?:found|verified|checked|answered)\b|\bcould not\b|\blimitations?\b|^limits\b|^methods?\b"
    r"|\bmethodology\b|\bopen (?:question|point|gap|issue)s?\b|\bgaps\b|\bcaveats?\b|\b(?:how|about) this\b"
    r"|^sources?(?: (?:used|read|consulted))?$|\bnext steps?\b|\buncertain(?:ty|ties)?\b",
    re.IGNORECASE,
)
_MAX_HEADING_LEVEL = 7
"""The level of a heading in bold, below all others."""
_RULE = re.compile(r"[\s|:+=*_-]+")
_MARKERS = r"[\"'\u201d\u2019\u00bb)\]*_]*+(?:\s*[\[\u3010]S\d[^\[\]\u3010\u3011\n]*[\]\u3011][.,]?)*+"
"""What belongs to the sentence before it, all of it: a marker never begins a sentence."""
_END = re.compile(
    rf"(?<=[.!?]){_MARKERS}\s+(?=[\"'\u201c\u201e\u2018\u00ab(*_\[]*[A-Z0-9\u00c0-\u024f\u0370-\uffff])"
    rf"|(?<=[\u3002\uff01\uff1f]){_MARKERS}\s*"
)
_ABBREVIATION = re.compile(
    r"(?:\b(?:[Ee]\.g|[Ii]\.e|[Cc]f|vs|[Aa]pprox|ca|No|Nos|Inc|Ltd|Corp|Co|plc|Dr|Mr|Mrs|Ms|Prof|St|p|pp|Fig|bn|mn|[A-Z])\."
    r"|^\W*\d{1,3}\.)$"
)
_MAX_ABBREVIATION_CHARS = 12


class SentenceSpan(msgspec.Struct, frozen=True):
    """One sentence, heading, list item or table row of the memo's text, its markers included."""

    start: int
    """Where it begins in the memo's text."""
    end: int
    """Behind its last character."""
    needs_source: bool
    """True when a reader may expect a citation in it."""


class _HeadingScope:
    """The heading scope of a line, as far as citations are concerned."""

    def __init__(self) -> None:
        self.exempt_below = 0
        """The level of the heading whose section needs no sources; 0 outside such a section."""

    def enter(self, heading: re.Match[str]) -> None:
        """Go on under a heading; those below an exempt one are exempt as well."""
        level = len(heading["marks"] or "") or _MAX_HEADING_LEVEL
        title = (heading["title"] or heading["bold"] or "").strip(" *_:#")
        if not 0 < self.exempt_below < level:
            self.exempt_below = level if _EXEMPT.search(title) else 0


def split_memo_sentences(text: str) -> list[SentenceSpan]:
    """Every sentence in order; of code the lines with a figure or a quote."""
    spans: list[SentenceSpan] = []
    headings = _HeadingScope()
    block: tuple[int, int] | None = None
    offset = 0
    lines = text.split("\n")
    code, _ = code_lines(lines)
    for number, line in enumerate(lines):
        end = offset + len(line)
        heading = None if code[number] else _HEADING.fullmatch(line)
        bare = bool(heading) or _is_table_head(lines, number)
        continues = block is not None and not (bare or code[number]) and _continues(line)
        if block is not None and not continues:
            spans.extend(_split(text, *block, exempt=bool(headings.exempt_below)))
        block = None if block is None or not continues else (block[0], end)
        if heading:
            headings.enter(heading)
        if bare:
            spans.append(SentenceSpan(offset, end, bool(heading) and _claims_something(line)))
        elif code[number] and _claims_something(line):
            spans.append(SentenceSpan(offset, end, True))
        elif block is None and not code[number] and not _RULE.fullmatch(line) and line:
            block = (offset, end)
        offset = end + 1
    if block is not None:
        spans.extend(_split(text, *block, exempt=bool(headings.exempt_below)))
    return spans


def _split(text: str, start: int, end: int, *, exempt: bool) -> list[SentenceSpan]:
    """Return the sentences of one paragraph, list item or table row."""
    if text[start:end].lstrip().startswith("|"):
        return [_span(text, start, end, exempt)]
    spans: list[SentenceSpan] = []
    quoted = list(find_quoted_spans(text, start, end))
    at = start
    for match in _END.finditer(text, start, end):
        before = text[max(at, match.start() - _MAX_ABBREVIATION_CHARS) : match.start()]
        in_quote = any(opened < match.start() and match.end() < closed for opened, closed in quoted)
        if not (in_quote or match.end() == end or _ABBREVIATION.search(before)):
            spans.append(_span(text, at, match.end(), exempt))
            at = match.end()
    return [*spans, _span(text, at, end, exempt)]


def _span(text: str, start: int, end: int, exempt: bool) -> SentenceSpan:
    words = re.sub(r"[\[\u3010]S\d[^\[\]\u3010\u3011\n]*[\]\u3011]", " ", text[start:end]).strip(" *_>#|-\t\n")
    needs = not exempt and bool(re.search(r"\w\W+\w|[\u3040-\u9fff]{4}", words)) and not words.endswith(":")
    return SentenceSpan(start, end, needs or _claims_something(words))


def _claims_something(words: str) -> bool:
    """Return whether words hold a figure or a quote."""
    bare = re.sub(r"^[\s#>*_-]*(?:\d{1,3}[.)](?:\d{1,3}[.)]?)*\s+)?", "", words)
    figures = (one for one in find_amounts(bare) if one.noun or not one.is_count)
    return bool(find_quotes(bare)) or any(figures)


def _continues(line: str) -> bool:
    """Return whether a line goes on with the paragraph above it."""
    return bool(line.strip()) and not re.match(r"\s*(?:[-*+]\s|\d{1,3}[.)]\s|\||>|[\s=_*-]+$)", line)


def _is_table_head(lines: list[str], number: int) -> bool:
    following = lines[number + 1] if number + 1 < len(lines) else ""
    return lines[number].lstrip().startswith("|") and bool(re.fullmatch(r"\s*\|[\s|:-]+\|?\s*", following))
