"""The inside of a Markdown paragraph as spans: emphasis, code, links, citations.

A link shows its words and, when they do not name it, the host it leads to, so that nobody chooses an address
without having seen where it goes. What Markdown makes of entities is cleaned again: `&#27;` is no escape.
"""

import re
from collections.abc import Sequence
from typing import NamedTuple
from urllib.parse import urlsplit

from markdown_it.token import Token

from kimi_tui.text import one_line
from kimi_tui.tui.rendering.lines import NO_BREAK, Span, clean, marked

_OPENING = {"strong_open": "strong", "em_open": "emphasis", "s_open": "strike"}
_CLOSING = {"strong_close": "strong", "em_close": "emphasis", "s_close": "strike"}
_NUMBERED = re.compile(r"\[(\d{1,4}(?:, [^\[\];]{1,60})?(?:; \d{1,4}(?:, [^\[\];]{1,60})?){0,20})\]")


class Numbered(NamedTuple):
    """The sources that numbers in brackets stand for."""

    sources: tuple[str, ...] = ()
    """Source ids; number 1 is the first."""


def inline_rows(tokens: Sequence[Token], numbered: Numbered, base: str = "") -> list[list[Span]]:
    """The rows of a paragraph (more than one if it has hard breaks) as spans in their roles, on top of `base`."""
    rows: list[list[Span]] = [[]]
    styles: list[str] = [base] if base else []
    link = ""
    for token in _joined(tokens):
        kind = token.type
        if kind in _OPENING:
            styles.append(_OPENING[kind])
        elif kind in _CLOSING:
            styles.remove(_CLOSING[kind])
        elif kind == "link_open":
            link = one_line(str(token.attrGet("href") or ""))
            rows[-1].append(Span("", "link", f"link:{link}"))
        elif kind == "link_close":
            rows[-1] += _host_of(link, rows[-1])
            link = ""
        elif kind == "hardbreak":
            rows.append([])
        else:
            rows[-1] += _leaf(token, " ".join(styles), link, numbered)
    return [[span for span in row if span.text] or [Span("")] for row in rows]


def _joined(tokens: Sequence[Token]) -> list[Token]:
    """The tokens with neighbouring texts and soft breaks made one text, so that marks over them are found."""
    joined: list[Token] = []
    for token in tokens:
        if token.type in ("text", "softbreak", "text_special", "html_inline"):
            text = " " if token.type == "softbreak" else token.content
            if joined and joined[-1].type == "text":
                joined[-1] = Token("text", "", 0, content=joined[-1].content + text)
            else:
                joined.append(Token("text", "", 0, content=text))
        else:
            joined.append(token)
    return joined


def _leaf(token: Token, style: str, link: str, numbered: Numbered) -> list[Span]:
    """Text, code or an image."""
    if token.type == "image":
        address = one_line(str(token.attrGet("src") or ""))
        words = one_line(token.content) or "image"
        return [Span(f"[{words}]", f"{style} link".strip(), f"link:{address}")]
    text = clean(token.content).replace("\n", " ")
    if token.type == "code_inline":
        return [Span(text, f"{style} code".strip(), f"link:{link}" if link else "")]
    if link:
        return [Span(text, f"{style} link".strip(), f"link:{link}")]
    if "strong" in style and text.startswith(("[not found in source", "[unresolved citation")):
        return [Span(text, f"{style} error".strip())]
    return _with_numbers(text, style, numbered)


def _with_numbers(text: str, style: str, numbered: Numbered) -> list[Span]:
    """Text with citations, those by number included."""
    if not numbered.sources or "[" not in text:
        return marked(text, style)
    spans: list[Span] = []
    end = 0
    look = f"{style} cite".strip()
    for match in _NUMBERED.finditer(text):
        parts = [part.strip().split(", ", 1) for part in match[1].split(";")]
        if any(not 0 < int(part[0]) <= len(numbered.sources) for part in parts):
            continue
        spans += marked(text[end : match.start()], style)
        spans.append(Span("[", look))
        for index, part in enumerate(parts):
            name = " ".join([numbered.sources[int(part[0]) - 1], *part[1:]])
            spans += [Span("; ", look)] if index else []
            spans.append(Span(", ".join(part).replace(" ", NO_BREAK), look, f"source:{name}"))
        spans.append(Span("]", look))
        end = match.end()
    return spans + marked(text[end:], style)


def _host_of(link: str, row: Sequence[Span]) -> list[Span]:
    """Where a link leads, if its words do not already say so."""
    words = "".join(span.text for span in row if span.target == f"link:{link}")
    try:
        host = urlsplit(link).netloc
    except ValueError:
        host = link[:60]
    shown = host or link[:60]
    return [Span(f" ({shown})", "muted", f"link:{link}")] if shown and shown not in words else []
