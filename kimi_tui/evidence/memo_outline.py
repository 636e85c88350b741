"""The outline of a memo, and its text without citations."""

import re

import msgspec

from kimi_tui.evidence.markdown_text import code_lines
from kimi_tui.evidence.memo import CheckedMemo

_HEADING = re.compile(r" {0,3}(?P<marks>#{1,6})[ \t]+(?P<title>.*?)[ \t#]*")
_BEFORE_MARK = " \t\u00a0"
_BETWEEN_MARKS = " \t\u00a0,;"
"""Signs between two citations that are removed together with them."""


class MemoHeading(msgspec.Struct, frozen=True):
    """A heading, with the statements from it to the next one of any level."""

    level: int
    """1 for the highest."""
    title: str
    """As written, without marks of Markdown at its ends; untrusted."""
    start: int
    """Where its line begins in the memo's text; -1 for the title."""
    statements: int = 0
    open_statements: int = 0
    """Those that a reader has to look at: not supported and not accepted, or rejected."""


def memo_outline(memo: CheckedMemo) -> tuple[MemoHeading, ...]:
    """Return the title and the headings of a memo in order, those in code left out."""
    found = [(1, memo.title, -1)] if memo.title.strip() else []
    lines, at = memo.text.split("\n"), 0
    for line, is_code in zip(lines, code_lines(lines)[0], strict=True):
        match = None if is_code else _HEADING.fullmatch(line)
        if match and match["title"].strip():
            found.append((len(match["marks"]), match["title"].strip(" *_`"), at))
        at += len(line) + 1
    if not found:
        return ()
    ends = [*(start for _, _, start in found[1:]), len(memo.text) + 1]
    headings = []
    for (level, title, start), end in zip(found, ends, strict=True):
        inside = [one for one in memo.statements if start <= _position(one.start, one.end) < end]
        waiting = sum(one.is_open for one in inside)
        headings.append(MemoHeading(level, title, start, len(inside), waiting))
    return tuple(headings)


def _position(start: int, end: int) -> int:
    """Return where a statement begins; that of the title is before all others."""
    return start if end > start else -1


def text_without_citations(memo: CheckedMemo) -> str:
    """Return the memo's Markdown without its citations and the blanks before them."""
    pieces, at = [], 0
    for number, cite in enumerate(memo.citations):
        between = memo.text[at : cite.start].rstrip(_BEFORE_MARK)
        pieces.append("" if number and not between.strip(_BETWEEN_MARKS) else between)
        at = cite.end
    body = "".join([*pieces, memo.text[at:]])
    return f"# {memo.title}\n\n{body}" if memo.title.strip() else body
