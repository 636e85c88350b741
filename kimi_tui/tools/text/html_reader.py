"""Read HTML bytes as sections and tables.

Tables are read by the common model and put back where they stood. For the text around them two readers see the same
tree, from which everything that a browser would not show has been taken out: trafilatura finds the article of a page
of the web, html-to-markdown keeps everything. The article is taken only when it kept most of the prose, the headings,
every table, every note of units and every sentence with a figure. A document of the desk is kept whole, and so are
large pages: trafilatura's time grows with the square of some inputs. Runs in a worker process only.
"""

import hashlib
import html
import re
from collections import Counter
from itertools import islice
from typing import Any

import msgspec

from kimi_tui.quantities.units import is_unit_note, names_unit
from kimi_tui.text import count_noun
from kimi_tui.tools.text.encodings import decode_text
from kimi_tui.tools.text.html_controls import write_controls
from kimi_tui.tools.text.html_headings import mark_headings
from kimi_tui.tools.text.html_layout_tables import make_table_elements
from kimi_tui.tools.text.html_parts import assemble_page
from kimi_tui.tools.text.html_styles import StyleSheet
from kimi_tui.tools.text.html_tables import take_tables
from kimi_tui.tools.text.html_tree import date_note, page_title, parse_page, remove_hidden, simplify
from kimi_tui.tools.text.html_typography import write_typography
from kimi_tui.tools.text.ixbrl import TaggedFacts, extract_facts
from kimi_tui.tools.text.parts import Extraction, clean_text, split_sections
from kimi_tui.tools.text.position_marks import TABLE_TOKEN, number_of, remove_marks, table_token
from kimi_tui.tools.workers.child import RefusalError

MAX_ARTICLE_CHARS = 1_000_000
"""The longest HTML that trafilatura is given."""
MAX_ARTICLE_ELEMENTS = 20_000
"""The most elements that trafilatura is given."""
_MIN_PROSE_SHARE = 0.4
"""The share of the text outside links that an article must have kept."""
_MIN_HEADING_SHARE = 0.8
"""The share of the headings that an article must have kept."""
_SMALL_ELEMENTS = 12
"""A block of more elements is no note or sentence by itself; its parts are looked at."""
_CHARSET = re.compile(rb"<meta[^>]{0,200}charset\s*=\s*[\"']?\s*([\w-]{2,40})", re.IGNORECASE)
_XML_ENCODING = re.compile(rb"\s*<\?xml[^>]{0,200}encoding\s*=\s*[\"']([\w-]{2,40})", re.IGNORECASE)
_NOT_CONTENT = re.compile(r"(?is)<(script|style|template|noscript|svg)\b.*?(?:</\1\s*>|\Z)|<!--.*?(?:-->|\Z)")
_LINE_END = re.compile(r"(?<![ \t])[ \t]+$", re.MULTILINE)
_ESCAPE = re.compile(r"\\([_*`~<>#+.!()\[\]-])")
"""Markdown's way of writing a mark that means itself."""
_TAG = re.compile(r"(?s)<[^<>]*>")


def read_html(
    data: bytes, *, charset: str = "", second: bool = False, article: bool = True, tagged: bool = True
) -> Extraction:
    """Return the text of a page, with its figures as cells.

    `article` looks for the article of a page of the web; `second` does not, after that took too long on these bytes.
    `tagged` takes the meaning of figures from their tags of inline XBRL, where they have them. Raises `RefusalError`
    when there is no text in it.
    """
    named = _CHARSET.search(data[:4096]) or _XML_ENCODING.match(data)
    label = charset or (named.group(1).decode("ascii") if named else "")
    if not charset and label.lower().startswith("utf-16"):
        label = "utf-8"  # the label itself was read as ASCII
    source = decode_text(data, label)
    extraction = read_page(source.text, article=article and not second, tagged=tagged, notes=source.notes)
    return msgspec.structs.replace(extraction, encoding=source.encoding)


def read_page(source: str, *, article: bool, tagged: bool = True, notes: tuple[str, ...] = ()) -> Extraction:
    """Return the text of a decoded page; see `read_html`. `notes` say how it was decoded."""
    article = article and len(source) <= MAX_ARTICLE_CHARS
    tree = parse_page(source)
    title, notes = page_title(tree), notes + date_note(tree)
    facts = extract_facts(tree) if tagged else TaggedFacts()
    styles = StyleSheet(tree)
    write_controls(tree)
    hidden = remove_hidden(tree, styles)
    make_table_elements(tree, styles)
    write_typography(tree, styles)
    landmarks = _landmarks(tree) if article else []
    tables = take_tables(tree)
    if not article:
        mark_headings(tree)
    text, extractor = _best_text(tree, landmarks, article=article)
    if hidden:
        notes += (f"Left out: {count_noun(hidden, 'character')} that the page hides from its readers.",)
    length = len(text) + sum(len(cell) for table in tables for cell in table.amounts())
    stripped = _without_tags(source) if length < len(source) // 50 else ""
    if len(stripped) > 10 * length + 2 * hidden + 200:
        text, extractor, tables, facts = stripped, "tags removed", [], TaggedFacts()
        notes = ("The page's structure could not be read; text that the page hides may be included.",)
    if not text.strip():
        raise RefusalError("there is no text in the page")
    found = split_sections(_LINE_END.sub("", clean_text(text)))
    page = assemble_page(found, tables, facts)
    if not page.parts:
        raise RefusalError("there is no text in the page")
    title = title or next((remove_marks(section.title) for section in found), "")
    return Extraction(title, page.parts, extractor, notes + page.notes, cells=page.cells)


def _best_text(tree: Any, landmarks: list[str], *, article: bool) -> tuple[str, str]:
    """Markdown of the article if that kept what matters, else of everything, and the reader's name."""
    import lxml.etree

    prose = _prose(tree)
    headings = _headings(tree)
    tokens = [match.group() for text in tree.itertext() for match in TABLE_TOKEN.finditer(text)]
    simplify(tree)
    source = lxml.etree.tostring(tree, encoding="unicode", method="html")
    if article and sum(1 for _ in tree.iter()) <= MAX_ARTICLE_ELEMENTS:
        found = _plain_marks(_article_markdown(source))
        kept = len(found) >= _MIN_PROSE_SHARE * prose and _share_kept(found, headings) >= _MIN_HEADING_SHARE
        if kept and all(token in found for token in tokens) and _has_all(found, landmarks):
            return found, "trafilatura"
    return _plain_marks(_page_markdown(source)), "html-to-markdown"


def _prose(tree: Any) -> int:
    """Return how many characters of text there are outside links, at least 1."""
    linked = sum(len(" ".join(link.itertext())) for link in tree.iter("a"))
    return max(len(" ".join(tree.text_content().split())) - linked, 1)


def _headings(tree: Any) -> list[str]:
    """Return the headings that belong to the page's subject: those that are no links and are in no margin."""
    path = "//*[self::h1 or self::h2 or self::h3 or self::h4][not(.//a)][not(ancestor::aside or ancestor::footer)]"
    return [" ".join(heading.text_content().split()) for heading in tree.xpath(path)]


def _landmarks(tree: Any) -> list[str]:
    """Texts that must not be lost: notes of units anywhere, and sentences with figures outside of margins."""
    found: list[str] = []
    for element in tree.iter("p", "li", "dd", "div", "span", "figcaption", "caption", "small", "em", "footer"):
        inside = list(islice(element.iter(), _SMALL_ELEMENTS + 1))
        if len(inside) > _SMALL_ELEMENTS or any(one.tag == "p" for one in inside[1:]):
            continue
        text = " ".join(element.text_content().split())
        is_unit = len(text) < 200 and names_unit(text) and is_unit_note(text.lstrip("(1234567890)* "))
        is_statement = element.tag == "p" and _is_statement(text) and not _is_in_margin(element)
        if is_unit or is_statement:
            found.append(text)
    return found


def _is_statement(text: str) -> bool:
    """Return whether a text is a sentence, or several, with a figure."""
    return text.endswith((".", "!", "?")) and text.count(" ") >= 4 and any(map(str.isdigit, text))


def _is_in_margin(element: Any) -> bool:
    return any(parent.tag in ("aside", "footer", "form") for parent in element.iterancestors())


def _has_all(article: str, landmarks: list[str]) -> bool:
    """Return whether an article has all of these texts, however their words are set apart."""
    squeezed = re.sub(r"[\W_]+", "", remove_marks(article))
    return all(re.sub(r"[\W_]+", "", remove_marks(one)) in squeezed for one in landmarks)


def _share_kept(article: str, texts: list[str]) -> float:
    """Return the share of these texts that an article has, each as often as the page has it."""
    kept = sum(min(article.count(one), count) for one, count in Counter(texts).items())
    return kept / len(texts) if texts else 1.0


def _plain_marks(markdown: str) -> str:
    """Markdown with marks that mean themselves as the page had them; the bars of tables stay."""
    return _ESCAPE.sub(r"\1", markdown)


def _article_markdown(source: str) -> str:
    """Return the article that trafilatura finds, as Markdown."""
    import logging

    import trafilatura

    logging.getLogger("trafilatura").setLevel(logging.CRITICAL)
    # The marks of tables become words meanwhile: it takes out characters of private planes.
    word = f"table{hashlib.sha256(source.encode('utf-8', 'replace')).hexdigest()[:16]}"
    source = TABLE_TOKEN.sub(lambda match: f"{word}n{number_of(match)} stands here.", source)
    found = trafilatura.extract(
        source, output_format="markdown", include_comments=False, include_tables=True, favor_recall=True
    )
    return re.sub(rf"{word}n(\d+) stands here\.", lambda match: f"\n\n{table_token(int(match[1]))}\n\n", found or "")


def _page_markdown(source: str) -> str:
    """Return the whole page as Markdown, by html-to-markdown."""
    import html_to_markdown

    options = html_to_markdown.ConversionOptions(
        extract_metadata=False, skip_images=True, autolinks=False, compact_tables=True, expand_abbreviations=False
    )
    try:
        return html_to_markdown.convert(source, options).content or ""
    except html_to_markdown.ConversionError:
        return ""


def _without_tags(source: str) -> str:
    """Return the text between tags, for pages that no parser understands."""
    return html.unescape(_TAG.sub("\n", _NOT_CONTENT.sub(" ", source)))
