"""Find headings of a page that have no heading tag: numbered, named like a statement, or set large.

Filings are written without heading tags; their items, notes and statements are lines in heavier or larger type.
"""

import re
from collections import Counter
from typing import Any

from kimi_tui.quantities.units import names_unit
from kimi_tui.tools.text.font_headings import MIN_SIZE_RATIO

MAX_HEADING_CHARS = 160
"""A longer line is a sentence."""
_BLOCKS = ("div", "p", "center")
_NOT_INSIDE = frozenset(("table", "li", "a", "h1", "h2", "h3", "h4", "h5", "h6", "blockquote", "button", "nav"))
_SIZE = re.compile(r"(?i)font-size\s*:\s*(\d+(?:\.\d+)?)\s*(pt|px|em|rem|%)")
_WEIGHT = re.compile(r"(?i)font-weight\s*:\s*(bold(?:er)?|\d{3})|font\s*:[^;]*\bbold\b")
_HEAVY = 600
_POINTS = {"pt": 1.0, "px": 0.75, "em": 11.0, "rem": 11.0, "%": 0.11}
_NUMBERED = re.compile(
    r"(?i)^(?:item\s+\d{1,2}[a-c]?\b|part\s+[ivx]+\b|note\s+\d{1,2}\b|\d{1,2}\.\s+[a-z]|\(\d{1,2}\)\s+[a-z])"
)
_STATEMENT = re.compile(
    r"(?i)\b(?:balance\s+sheets?|statements?\s+of\s+(?:\w+\s+){0,3}(?:income|operations|earnings|cash\s*flows?|equity"
    r"|financial\s+(?:position|condition)|loss)|notes\s+to\s+(?:the\s+)?(?:\w+\s+)?financial\s+statements)\b"
)


def mark_headings(tree: Any) -> None:
    """Turn the lines of a page that read and look like headings into heading elements."""
    body = _body_size(tree)
    inside = _inside(tree)
    for element in list(tree.iter(*_BLOCKS)):
        if element in inside or any(
            child.tag in _BLOCKS or child.tag in _NOT_INSIDE for child in element.iterdescendants()
        ):
            continue
        text = " ".join(element.text_content().split())
        if 3 <= len(text) <= MAX_HEADING_CHARS:
            size, is_bold = _type_of(element)
            if level := _level(text, size > MIN_SIZE_RATIO * body > 0, is_bold):
                element.tag = level


def _level(text: str, is_large: bool, is_bold: bool) -> str:
    """Return the heading element that a line is, by its words and its type; empty for none."""
    if not (is_large or is_bold or _is_capital(text)) or not any(map(str.isalpha, text)) or names_unit(text):
        return ""
    if _NUMBERED.match(text):
        return "h2" if re.match(r"(?i)item|part", text) else "h3"
    if _STATEMENT.search(text) and len(text) <= 100 and not text.endswith("."):
        return "h3"
    return "h3" if is_large and not text.endswith((".", ",", ";")) else ""


def _inside(tree: Any) -> set[Any]:
    """Return the elements inside a table, a list, a link or a heading."""
    found: set[Any] = set()
    for element in tree.iter(*_NOT_INSIDE):
        if element not in found:
            found.update(element.iter())
    return found


def _type_of(element: Any) -> tuple[float, bool]:
    """Return the font size of a line in points (0 when unknown), and whether all of it is bold."""
    size, bold, plain = 0.0, 0, 0
    own_bold = _is_bold(element)
    if own_size := _size_of(element):
        size = own_size
    for child in element.iter():
        text = (child.text or "").strip()
        if not text:
            continue
        chain = [child, *child.iterancestors()]
        inside = chain[: chain.index(element) + 1]
        if any(map(_is_bold, inside)) or own_bold:
            bold += len(text)
        else:
            plain += len(text)
        size = size or next((found for one in inside if (found := _size_of(one))), 0.0)
    return size, bold > 0 and plain == 0


def _is_bold(element: Any) -> bool:
    if element.tag in ("b", "strong"):
        return True
    match = _WEIGHT.search(element.get("style", ""))
    return match is not None and (not (match[1] or "").isdigit() or int(match[1]) >= _HEAVY)


def _size_of(element: Any) -> float:
    match = _SIZE.search(element.get("style", ""))
    return float(match[1]) * _POINTS[match[2].lower()] if match else 0.0


def _body_size(tree: Any) -> float:
    """Return the size in which most of the text is set, in points; 0 when the page does not say."""
    sizes: Counter[float] = Counter()
    for element in tree.iter("span", "p", "div", "font"):
        if (length := len((element.text or "").strip())) and (size := _size_of(element)):
            sizes[size] += length
    return max(sizes, key=lambda size: sizes[size], default=0.0)


def _is_capital(text: str) -> bool:
    letters = [letter for letter in text if letter.isalpha()]
    return len(letters) >= 6 and sum(map(str.isupper, letters)) > 0.9 * len(letters)
