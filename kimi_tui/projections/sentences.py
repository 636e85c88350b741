"""The sentences of a memo in Markdown, and which of them must lead to a source.

Headings, rules, table heads, lines that announce a list and sections on what was not found or how the memo was made
need none; every other sentence, list item and table row does.
"""

import re

import msgspec

_HEADING = re.compile(r"^\s{0,3}(#{1,6})\s+(.*)$")
_EXEMPT = re.compile(
    r"not (?:be )?found|could not|limit|method|open (?:question|point|gap)|gaps|caveat|how this|about this|sources"
    r"|next step|not verified|not checked|uncertain",
    re.IGNORECASE,
)
_RULE = re.compile(r"^[\s|:+=*_-]+$")
_END = re.compile(
    r"(?<=[.!?\u3002])(?:[\"'\u201d\u2019)\]*_]*)(?:\s*\[S\d[^\[\]\n]*\]\.?)*\s+(?=[\"'\u201c\u2018(*_\[]*[A-Z0-9\u00c0-\u024f\u0370-\uffff])"
)
_ABBREVIATION = re.compile(
    r"(?:\b(?:e\.g|i\.e|cf|vs|approx|ca|No|Nos|Inc|Ltd|Corp|Co|plc|Dr|Mr|Mrs|Ms|St|p|pp|Fig|bn|mn|[A-Z])\.|\d\.)$"
)


class SentenceSpan(msgspec.Struct, frozen=True):
    """One sentence, list item or table row of the memo's text, its markers included."""

    start: int
    end: int
    needs_source: bool


def sentences_of(text: str) -> list[SentenceSpan]:
    """Every sentence in order."""
    spans: list[SentenceSpan] = []
    exempt, in_code = False, False
    blocks: list[tuple[int, int]] = []
    offset = 0
    lines = text.split("\n")
    for number, line in enumerate(lines):
        end = offset + len(line)
        heading = _HEADING.match(line)
        if line.lstrip().startswith("```"):
            in_code = not in_code
        if heading:
            exempt = bool(_EXEMPT.search(heading.group(2)))
        plain = not line.strip() or heading or in_code or line.lstrip().startswith("```")
        if not plain and not (_RULE.match(line) or _is_table_head(lines, number)):
            if blocks and _continues(line) and blocks[-1][1] == offset - 1:
                blocks[-1] = (blocks[-1][0], end)
            else:
                blocks.append((offset, end))
        if plain or number == len(lines) - 1:
            spans.extend(_split(text, blocks, exempt))
            blocks = []
        offset = end + 1
    return spans


def _split(text: str, blocks: list[tuple[int, int]], exempt: bool) -> list[SentenceSpan]:
    spans: list[SentenceSpan] = []
    for start, end in blocks:
        if text[start:end].lstrip().startswith("|"):
            spans.append(_span(text, start, end, exempt))
            continue
        at = start
        for match in _END.finditer(text, start, end):
            if not _ABBREVIATION.search(text[at : match.start()]):
                spans.append(_span(text, at, match.end(), exempt))
                at = match.end()
        spans.append(_span(text, at, end, exempt))
    return spans


def _span(text: str, start: int, end: int, exempt: bool) -> SentenceSpan:
    words = re.sub(r"\[S\d[^\[\]\n]*\]", " ", text[start:end]).strip(" *_>#|-\t\n")
    needs = not exempt and bool(re.search(r"\w\W+\w", words)) and not words.rstrip("*_ ").endswith(":")
    return SentenceSpan(start, end, needs)


def _continues(line: str) -> bool:
    """Whether a line goes on with the paragraph above it."""
    return not re.match(r"\s*(?:[-*+]\s|\d{1,3}[.)]\s|\||>)", line)


def _is_table_head(lines: list[str], number: int) -> bool:
    following = lines[number + 1] if number + 1 < len(lines) else ""
    return lines[number].lstrip().startswith("|") and bool(re.match(r"^\s*\|[\s|:-]+\|?\s*$", following))
