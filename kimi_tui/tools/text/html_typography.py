"""Write as characters what a page shows by its type alone: raised marks, lowered figures, and words struck out."""

import re
from typing import Any

from kimi_tui.tools.text.html_styles import StyleSheet

_STRUCK = re.compile(r"(?i)text-decoration[\w-]*\s*:[^;]*line-through")
_MARK = re.compile(r"\d|(?<![^\W\d_])[^\W\d_](?![^\W\d_])|\*")
"""What tells a raised mark or power from `st`, `nd` and `TM`: a digit, a letter alone, a star."""
_RAISED_CHARS = 6
"""A longer text that is moved up is no mark."""
_INLINE = ("span", "font", "a", "small")
_DELETED = ("del", "s", "strike")


def write_typography(tree: Any, styles: StyleSheet) -> None:
    """Put `^` before what is raised and `[deleted: ]` around what is struck out, in tables as in prose."""
    styled = [element for element in tree.iter(*_INLINE, "div", "p") if element.attrib]
    for raised in [
        *tree.iter("sup"),
        *(one for one in styled if one.tag in _INLINE and _is_bare_mark(one) and styles.raises(one)),
    ]:
        first = _first_with_text(raised)
        if first is not None and _MARK.search("".join(raised.itertext())):
            first.text = "^" + (first.text or "").lstrip()
    for lowered in tree.iter("sub"):
        if _text_before(lowered)[-1:].isdigit() and (lowered.text or "")[:1].isdigit():
            lowered.text = "_" + (lowered.text or "")
    for deleted in [*tree.iter(*_DELETED), *(one for one in styled if _STRUCK.search(one.get("style", "")))]:
        _mark_deleted(deleted)


def _is_bare_mark(element: Any) -> bool:
    """Return whether an element may be a mark without brackets; one in brackets is known by these."""
    text = "".join(element.itertext()).strip()
    return 0 < len(text) <= _RAISED_CHARS and text[0].isalnum() and element.find(".//sup") is None


def _first_with_text(element: Any) -> Any:
    """Return the first element inside, or itself, that begins with text; None without any."""
    return next((one for one in element.iter() if (one.text or "").strip()), None)


def _text_before(element: Any) -> str:
    """Return the text right before an element."""
    before = element.getprevious()
    if before is not None:
        return before.tail or "".join(before.itertext())
    parent = element.getparent()
    return (parent.text or "") if parent is not None else ""


def _mark_deleted(element: Any) -> None:
    """Put marks around what is struck out, apart from what follows."""
    if not "".join(element.itertext()).strip():
        return
    element.text = "[deleted: " + (element.text or "")
    last = element[-1] if len(element) else None
    if last is None:
        element.text += "]"
    else:
        last.tail = (last.tail or "") + "]"
    if (element.tail or "")[:1].isalnum() or not element.tail:
        element.tail = " " + (element.tail or "")
