"""HTML bytes to sections with their tables as Markdown.

Two readers see the same tree, from which everything that a browser would not show has been taken out: trafilatura
finds the article, html-to-markdown keeps everything. The article is taken only when it kept most of the prose, the
headings and the figures. Large pages and filings go to html-to-markdown alone, because trafilatura's time grows with
the square of some inputs and its answer may silently be empty. Runs in a worker process only.
"""

import html
import re
from collections import Counter
from typing import Any

from kimi_tui.text import one_line
from kimi_tui.tools.text.parts import Extraction, clean, limited, section_parts, sections, title_line
from kimi_tui.tools.text.plain_reader import decode
from kimi_tui.tools.workers.child import RefusalError

ARTICLE_CHARACTERS = 1_000_000
"""The longest HTML that trafilatura is given."""
ARTICLE_ELEMENTS = 20_000
"""The most elements that trafilatura is given."""
_LEAST_PROSE = 0.4
"""The share of the text outside links that an article must have kept."""
_LEAST_LANDMARKS = 0.8
"""The share of the headings, and of the figures in tables, that an article must have kept."""
_UNSHOWN = (
    *("script", "style", "noscript", "template", "head", "svg", "iframe", "object", "canvas"),
    *("nav", "button", "select"),
)
"""Elements without text to read: what is no text at all, and what only leads elsewhere."""
_PHRASES = (
    *("a", "abbr", "b", "bdi", "bdo", "big", "cite", "code", "data", "del", "dfn", "em", "font", "i", "ins", "kbd"),
    *("label", "mark", "output", "q", "s", "samp", "small", "span", "strike", "strong", "sub", "sup", "time", "tt"),
    *("u", "var", "wbr"),
)
"""Elements that only colour words: without them a quote stands word for word in the text."""
_INVISIBLE = re.compile(
    r"(?i)(?:display\s*:\s*none|visibility\s*:\s*hidden|font-size\s*:\s*0(?![.\d])|opacity\s*:\s*0(?![.\d]))"
)
_STYLE_CHARACTERS = 200_000
"""How much of a page's style sheets is looked at."""
_MEDIA_RULE = re.compile(r"@[^{};@]*\{(?:[^{}]*\{[^{}]*\})*[^{}]*\}")
_HIDING_RULE = re.compile(
    r"(?<![^{}])([^{}]+)\{[^{}]*(?:display\s*:\s*none|visibility\s*:\s*hidden)[^{}]*\}", re.IGNORECASE
)
_SIMPLE_SELECTOR = re.compile(r"\s*([.#])([\w-]+)\s*$")
_CHARSET = re.compile(rb"<meta[^>]{0,200}charset\s*=\s*[\"']?\s*([\w-]{2,40})", re.IGNORECASE)
_NOT_CONTENT = re.compile(r"(?is)<(script|style|template|noscript|svg)\b.*?(?:</\1\s*>|\Z)|<!--.*?(?:-->|\Z)")
_LINE_END = re.compile(r"[ \t]+$", re.MULTILINE)
_ESCAPE = re.compile(r"\\([_*`~<>#+.!()\[\]-])")
"""Markdown's way of writing a mark that means itself."""
_TAG = re.compile(r"(?s)<[^<>]*>")


def read_html(data: bytes, *, charset: str = "", second: bool = False) -> Extraction:
    """The text of a page; `second` skips trafilatura, after it took too long on these bytes.

    Raises `RefusalError` when there is no text in it.
    """
    named = _CHARSET.search(data[:4096])
    source = decode(data, charset or (named.group(1).decode("ascii") if named else ""))
    tree = _tree(source)
    title, notes = _title(tree), _date(tree)
    hidden = _take_out_hidden(tree)
    text, extractor = _best_text(tree, second=second)
    if hidden:
        notes += (f"Left out: {hidden:,} characters that the page hides from its readers.",)
    stripped = _without_tags(source) if len(text) < len(source) // 50 else ""
    if len(stripped) > 10 * len(text) + 2 * hidden + 200:
        text, extractor = stripped, "tags removed"
        notes = ("The page's structure could not be read; text that the page hides may be included.",)
    if not text.strip():
        raise RefusalError("there is no text in the page")
    found = sections(_LINE_END.sub("", clean(text)))
    parts, cut = limited(section_parts(found))
    return Extraction(title or next((section.title for section in found), ""), parts, extractor, notes + cut)


def _tree(source: str) -> Any:
    """The parsed page; an empty one when nothing in it can be parsed."""
    import lxml.etree
    import lxml.html

    parser = lxml.html.HTMLParser(encoding="utf-8", huge_tree=True, remove_comments=True, remove_pis=True)
    try:
        return lxml.html.document_fromstring(source.encode("utf-8", "replace"), parser=parser)
    except (lxml.etree.LxmlError, ValueError):
        return lxml.html.document_fromstring("<html><body></body></html>")


def _title(tree: Any) -> str:
    """What the page calls itself."""
    for path in ("//head/title", "//meta[@property='og:title']/@content", "//h1"):
        for found in tree.xpath(path)[:1]:
            if title := title_line(found if isinstance(found, str) else found.text_content()):
                return title
    return ""


def _date(tree: Any) -> tuple[str, ...]:
    """A note of when the page says it was published; none if it does not."""
    for found in tree.xpath("//meta[@property='article:published_time']/@content")[:1]:
        return (f"The page says that it was published on {one_line(found, 40)}.",)
    return ()


def _take_out_hidden(tree: Any) -> int:
    """Remove what a browser would not show; returns how many characters of text that was, scripts not counted."""
    style = " ".join(element.text or "" for element in tree.iter("style"))[:_STYLE_CHARACTERS]
    hiding = [
        match.groups()
        for rule in _HIDING_RULE.finditer(_MEDIA_RULE.sub("", style))
        for selector in rule.group(1).split(",")
        if (match := _SIMPLE_SELECTOR.match(selector))
    ]
    names = {kind: {name for mark, name in hiding if mark == kind} for kind in ".#"}
    for element in reversed(list(tree.iter(*_UNSHOWN))):
        _empty(element)
    hidden = [element for element in tree.iter() if _is_hidden(element, names["."], names["#"])]
    return sum(map(_empty, reversed(hidden)))  # from the innermost, so that no text is counted twice


def _is_hidden(element: Any, classes: set[str], ids: set[str]) -> bool:
    """Whether the element's own marks, or a simple rule of the page's style sheet, hide it."""
    attributes = element.attrib
    if "hidden" in attributes or _INVISIBLE.search(attributes.get("style", "")):
        return True
    if attributes.get("id") in ids or not classes.isdisjoint(attributes.get("class", "").split()):
        return True
    return bool(element.tag == "input")


def _empty(element: Any) -> int:
    """Take out what is in an element; returns the characters of text that went."""
    characters = len(" ".join("".join(element.itertext()).split()))
    element.clear(keep_tail=True)  # taking it out of its parent would join the texts around it again and again
    element.tag = "span"
    return characters


def _simplify(tree: Any) -> None:
    """Unwrap what only colours words, and keep raised numbers apart from the figures before them."""
    import lxml.etree

    for raised in tree.iter("sup"):
        raised.text = "^" + (raised.text or "")
    namespaced = {element.tag for element in tree.iter() if isinstance(element.tag, str) and ":" in element.tag}
    lxml.etree.strip_tags(tree, *_PHRASES, *namespaced)


def _best_text(tree: Any, *, second: bool) -> tuple[str, str]:
    """Markdown of the article if that kept what matters, else of everything, and the reader's name."""
    import lxml.etree

    prose = _prose(tree)
    headings = _headings(tree)
    _simplify(tree)
    source = lxml.etree.tostring(tree, encoding="unicode", method="html")
    if not second and len(source) <= ARTICLE_CHARACTERS and sum(1 for _ in tree.iter()) <= ARTICLE_ELEMENTS:
        article = _plain_marks(_article(source))
        if len(article) >= _LEAST_PROSE * prose and _kept(article, headings) and _kept(article, _figures(tree)):
            return article, "trafilatura"
    return _plain_marks(_everything(source)), "html-to-markdown"


def _prose(tree: Any) -> int:
    """How many characters of text there are outside links, at least 1."""
    linked = sum(len(" ".join(link.itertext())) for link in tree.iter("a"))
    return max(len(" ".join(tree.text_content().split())) - linked, 1)


def _headings(tree: Any) -> list[str]:
    """The headings that belong to the page's subject: those that are no links and stand in no margin."""
    path = "//*[self::h1 or self::h2 or self::h3 or self::h4][not(.//a)][not(ancestor::aside or ancestor::footer)]"
    return [" ".join(heading.text_content().split()) for heading in tree.xpath(path)]


def _figures(tree: Any) -> list[str]:
    """The short cells with digits in tables."""
    cells = (" ".join(cell.text_content().split()) for cell in tree.iter("td", "th") if len(cell) == 0)
    return [cell for cell in cells if len(cell) <= 40 and any(map(str.isdigit, cell))]


def _kept(article: str, landmarks: list[str]) -> bool:
    """Whether an article has enough of these texts, each as often as the page has it."""
    kept = sum(min(article.count(one), count) for one, count in Counter(landmarks).items())
    return kept >= _LEAST_LANDMARKS * len(landmarks)


def _plain_marks(markdown: str) -> str:
    """Markdown with marks that mean themselves as the page had them; the bars of tables stay."""
    return _ESCAPE.sub(r"\1", markdown)


def _article(source: str) -> str:
    """What trafilatura takes for the article, as Markdown."""
    import logging

    import trafilatura

    logging.getLogger("trafilatura").setLevel(logging.CRITICAL)
    found = trafilatura.extract(
        source, output_format="markdown", include_comments=False, include_tables=True, favor_recall=True
    )
    return found or ""


def _everything(source: str) -> str:
    """The whole page as Markdown, by html-to-markdown."""
    import html_to_markdown

    options = html_to_markdown.ConversionOptions(
        extract_metadata=False, skip_images=True, autolinks=False, compact_tables=True, expand_abbreviations=False
    )
    try:
        return html_to_markdown.convert(source, options).content or ""
    except html_to_markdown.ConversionError:
        return ""


def _without_tags(source: str) -> str:
    """The text between tags, for pages that no parser understands."""
    return html.unescape(_TAG.sub("\n", _NOT_CONTENT.sub(" ", source)))
