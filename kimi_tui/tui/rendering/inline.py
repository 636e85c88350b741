"""The inside of a Markdown paragraph as spans: emphasis, code, links, citations.

A link shows its words and, when they do not name it, the host it leads to, so that nobody chooses an address
without having seen where it goes. What Markdown makes of entities is cleaned again: `&#27;` is no escape.
"""

from collections.abc import Sequence
from urllib.parse import urlsplit

from markdown_it.token import Token

from kimi_tui.text import one_line
from kimi_tui.tui.rendering.lines import Span, clean, marked

_OPENING = {"strong_open": "strong", "em_open": "emphasis", "s_open": "strike"}
_WRONG = ("[contradicted", "[not found", "[lookup failed", "[could not be looked up", "[leads nowhere")
"""How the words begin that a printed memo puts behind a citation that does not hold."""
_CLOSING = {"strong_close": "strong", "em_close": "emphasis", "s_close": "strike"}


def inline_rows(tokens: Sequence[Token], base: str = "") -> list[list[Span]]:
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
            rows[-1] += _leaf(token, " ".join(styles), link)
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


def _leaf(token: Token, style: str, link: str) -> list[Span]:
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
    if "strong" in style and text.startswith(_WRONG):
        return [Span(text, f"{style} error".strip())]
    return marked(text, style)


def _host_of(link: str, row: Sequence[Span]) -> list[Span]:
    """Where a link leads, if its words do not already say so."""
    words = "".join(span.text for span in row if span.target == f"link:{link}")
    try:
        host = urlsplit(link).netloc
    except ValueError:
        host = link[:60]
    shown = host or link[:60]
    return [Span(f" ({shown})", "muted", f"link:{link}")] if shown and shown not in words else []
