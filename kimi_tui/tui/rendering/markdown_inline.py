"""Convert the inside of a Markdown paragraph to spans: emphasis, code, links, citations.

A link shows its words and, when they do not name it, the host it leads to, so that nobody chooses an address
without having seen where it goes. What Markdown makes of entities is cleaned again: `&#27;` is no escape.
"""

from collections.abc import Sequence
from urllib.parse import urlsplit

from markdown_it.token import Token

from kimi_tui.text import one_line
from kimi_tui.tui.rendering.lines import StyledSpan, mark_citations, sanitize_text

_OPENING = {"strong_open": "strong", "em_open": "emphasis", "s_open": "strike"}
_FAILED_MARKS = ("[contradicted", "[not found", "[lookup failed", "[could not be looked up", "[leads nowhere")
"""How the words begin that a printed memo puts behind a citation that does not hold."""
_CLOSING = {"strong_close": "strong", "em_close": "emphasis", "s_close": "strike"}


def inline_rows(tokens: Sequence[Token], base: str = "") -> list[list[StyledSpan]]:
    """Return a paragraph's rows (several after hard breaks) as styled spans, on top of `base`."""
    rows: list[list[StyledSpan]] = [[]]
    styles: list[str] = [base] if base else []
    link = ""
    for token in _merge_text_tokens(tokens):
        kind = token.type
        if kind in _OPENING:
            styles.append(_OPENING[kind])
        elif kind in _CLOSING:
            styles.remove(_CLOSING[kind])
        elif kind == "link_open":
            link = one_line(str(token.attrGet("href") or ""))
            rows[-1].append(StyledSpan("", "link", f"link:{link}"))
        elif kind == "link_close":
            rows[-1] += _link_host(link, rows[-1])
            link = ""
        elif kind == "hardbreak":
            rows.append([])
        else:
            rows[-1] += _leaf_spans(token, " ".join(styles), link)
    return [[span for span in row if span.text] or [StyledSpan("")] for row in rows]


def _merge_text_tokens(tokens: Sequence[Token]) -> list[Token]:
    """Return the tokens with neighbouring texts and soft breaks made one text, so that marks over them are found."""
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


def _leaf_spans(token: Token, style: str, link: str) -> list[StyledSpan]:
    """Text, code or an image."""
    if token.type == "image":
        address = one_line(str(token.attrGet("src") or ""))
        words = one_line(token.content) or "image"
        return [StyledSpan(f"[{words}]", f"{style} link".strip(), f"link:{address}")]
    text = sanitize_text(token.content).replace("\n", " ")
    if token.type == "code_inline":
        return [StyledSpan(text, f"{style} code".strip(), f"link:{link}" if link else "")]
    if link:
        return [StyledSpan(text, f"{style} link".strip(), f"link:{link}")]
    if "strong" in style and text.startswith(_FAILED_MARKS):
        return [StyledSpan(text, f"{style} error".strip())]
    return mark_citations(text, style)


def _link_host(link: str, row: Sequence[StyledSpan]) -> list[StyledSpan]:
    """Return the host of a link, if its text does not already say it."""
    words = "".join(span.text for span in row if span.target == f"link:{link}")
    try:
        host = urlsplit(link).netloc
    except ValueError:
        host = link[:60]
    shown = host or link[:60]
    return [StyledSpan(f" ({shown})", "muted", f"link:{link}")] if shown and shown not in words else []
