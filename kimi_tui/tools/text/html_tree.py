"""Parse a page, and reduce it to what a reader is shown."""

import re
from typing import Any

from kimi_tui.text import one_line
from kimi_tui.tools.text.html_styles import StyleSheet, has_own_background
from kimi_tui.tools.text.parts import title_line

_UNSHOWN = (
    *("script", "style", "template", "head", "iframe", "object", "canvas"),
    *("nav", "button"),
)
"""Elements without text to read: what is no text at all, and what only leads elsewhere."""
_PHRASES = (
    *("a", "abbr", "b", "bdi", "bdo", "big", "cite", "code", "data", "dfn", "em", "font", "i", "ins", "kbd"),
    *("label", "mark", "output", "q", "samp", "small", "span", "strong", "sub", "sup", "time", "tt"),
    *("u", "var", "wbr", "del", "s", "strike", "noscript"),
)
"""Elements that only colour words: without them a quote stands word for word in the text."""
_INVISIBLE = re.compile(
    r"(?i)(?:display\s*:\s*none|visibility\s*:\s*hidden|font-size\s*:\s*0(?![.\d])|opacity\s*:\s*0(?![.\d])"
    r"|(?<![-\w])(?:left|right|top|text-indent|margin-left)\s*:\s*-\d{4,}(?:\.\d+)?(?:px|pt)?\s*(?:;|!|$)"
    r"|clip\s*:\s*rect\(\s*[01](?:px)?[\s,]+[01](?:px)?[\s,]+[01](?:px)?[\s,]+[01](?:px)?\s*\))"
)
_WHITE = re.compile(
    r"(?i)(?<![-\w])color\s*:\s*(?:#fff(?:fff)?(?![\da-f])|white\b|transparent\b"
    r"|rgba?\(\s*255\s*,\s*255\s*,\s*255\s*[,)])"
)
_WHITE_NAMES = ("white", "#fff", "#ffffff")
_PRIVATE = re.compile("[\U000f0000-\U000ffffd]+")
_ROMAN = (
    *((1000, "m"), (900, "cm"), (500, "d"), (400, "cd"), (100, "c"), (90, "xc"), (50, "l"), (40, "xl"), (10, "x")),
    *((9, "ix"), (5, "v"), (4, "iv"), (1, "i")),
)


def parse_page(source: str) -> Any:
    """Return the parsed page; an empty one when nothing in it can be parsed."""
    import lxml.etree
    import lxml.html

    parser = lxml.html.HTMLParser(encoding="utf-8", huge_tree=True, remove_comments=True, remove_pis=True)
    try:
        data = _PRIVATE.sub("", source).encode("utf-8", "replace")
        return lxml.html.document_fromstring(data, parser=parser)
    except (lxml.etree.LxmlError, ValueError):
        return lxml.html.document_fromstring("<html><body></body></html>")


def page_title(tree: Any) -> str:
    """Return the page's title."""
    for path in ("//head/title", "//meta[@property='og:title']/@content", "//h1"):
        for found in tree.xpath(path)[:1]:
            if title := title_line(found if isinstance(found, str) else found.text_content()):
                return title
    return ""


def date_note(tree: Any) -> tuple[str, ...]:
    """Return a note of when the page says it was published; none if it does not."""
    for found in tree.xpath("//meta[@property='article:published_time']/@content")[:1]:
        return (f"The page says that it was published on {one_line(found, 40)}.",)
    return ()


def remove_hidden(tree: Any, styles: StyleSheet) -> int:
    """Remove what a browser would not show; returns the removed characters of text, scripts not counted."""
    for element in reversed(list(tree.iter(*_UNSHOWN))):
        if element.tag == "nav" and not _only_leads_elsewhere(element):
            element.tag = "div"
        else:
            _remove_content(element)
    hidden = [element for element in tree.iter() if _is_hidden(element, styles)]
    return sum(map(_remove_content, reversed(hidden)))  # from the innermost, so that no text is counted twice


def _only_leads_elsewhere(element: Any) -> bool:
    """Return whether nearly all text of an element is in links."""
    text = len("".join(element.text_content().split()))
    linked = sum(len("".join(link.text_content().split())) for link in element.iter("a", "button"))
    return 2 * linked >= text


def _is_hidden(element: Any, styles: StyleSheet) -> bool:
    """Return whether the element's own marks, or a simple rule of the page's style sheet, hide it."""
    attributes = element.attrib
    style = attributes.get("style", "")
    if "hidden" in attributes or (style and _INVISIBLE.search(style)):
        return True
    if (style and _WHITE.search(style)) or attributes.get("color", "").strip().lower() in _WHITE_NAMES:
        return _is_on_white(element, styles)
    return element.tag == "input" or _is_tag_of_programs(element.tag) or styles.hides(element)


def _is_on_white(element: Any, styles: StyleSheet) -> bool:
    """Return whether nothing is known to be behind an element, so that white text on it cannot be seen."""
    around = [element, *element.iterancestors()]
    if any(map(has_own_background, around)):
        return False
    return not (styles.has_backgrounds and any(one.get("class") or one.get("id") for one in around))


def _is_tag_of_programs(tag: Any) -> bool:
    """Return whether an element is the header, or the hidden facts, of inline XBRL, whatever its prefix."""
    return isinstance(tag, str) and tag.endswith((":header", ":hidden"))


def _remove_content(element: Any) -> int:
    """Take out what is in an element; returns the characters of text that went."""
    characters = len(" ".join("".join(element.itertext()).split()))
    element.clear(keep_tail=True)  # taking it out of its parent would join the texts around it again and again
    element.tag = "span"
    return characters


def simplify(tree: Any) -> None:
    """Unwrap what only colours words, and write the numbers of lists that count in another way."""
    import lxml.etree

    for ordered in [one for one in tree.iter("ol") if _numbers_itself(one)]:
        _write_numbers(ordered)
    namespaced = {element.tag for element in tree.iter() if isinstance(element.tag, str) and ":" in element.tag}
    lxml.etree.strip_tags(tree, *_PHRASES, *namespaced)


def _numbers_itself(ordered: Any) -> bool:
    """Return whether a list counts in another way than from its start upwards in digits."""
    if ordered.get("type", "1") in ("a", "A", "i", "I") or "reversed" in ordered.attrib:
        return True
    return any(item.get("value") for item in ordered if item.tag == "li")


def _write_numbers(ordered: Any) -> None:
    """Write the numbers that a browser would show before the items of a list, and make paragraphs of them."""
    items = [item for item in ordered if item.tag == "li"]
    step = -1 if "reversed" in ordered.attrib else 1
    number = _whole(ordered.get("start"), len(items) if step < 0 else 1)
    for item in items:
        number = _whole(item.get("value"), number)
        item.text = f"{_written(number, ordered.get('type', '1'))}. " + (item.text or "").lstrip()
        item.tag = "p"
        number += step
    ordered.tag = "div"


def _whole(text: str | None, other: int) -> int:
    return int(text) if text and re.fullmatch(r"-?\d{1,6}", text) else other


def _written(number: int, kind: str) -> str:
    """Return a number as a list writes it: digits, letters or Roman numerals."""
    if kind in ("a", "A") and 0 < number <= 702:
        before, letter = divmod(number - 1, 26)
        text = (chr(ord("a") + before - 1) if before else "") + chr(ord("a") + letter)
    elif kind in ("i", "I") and 0 < number < 4000:
        text = ""
        for value, mark in _ROMAN:
            text += mark * (number // value)
            number %= value
    else:
        return str(number)
    return text.upper() if kind.isupper() else text
