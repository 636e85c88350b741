"""Markdown as text: find the code in it, and make outside text inert, so that it cannot link or load anything."""

import re

from kimi_tui.text import one_line, printable

_FENCE = re.compile(r" {0,3}(?P<fence>`{3,}(?=[^`]*$)|~{3,})(?P<rest>.*)")
_INLINE_CODE = re.compile(r"(?<!`)(`+)(?!`)[^\n]+?(?<!`)\1(?!`)")
_SYNTAX = re.compile(r"([\\`*_{}\[\]<>|#~!&@]|(?<=:)/(?=/)|(?<=www)\.)")
_TAG = re.compile(r"<(?=[A-Za-z/!?])")
_ADDRESS = re.compile(r":(?=//)|(?<=mailto):|(?<=xmpp):|(?<=www)\.(?=\w)|@(?=[\w-]+\.\w)", re.IGNORECASE)
"""Where a blank keeps a viewer from making a link of an address by itself."""
_LINK = re.compile(r"\](?=[(:])")


def code_lines(lines: list[str]) -> tuple[list[bool], str]:
    """Return for each line whether it is fenced code, and what would close an open fence."""
    flags: list[bool] = []
    open_fence = ""
    for line in lines:
        match = _FENCE.fullmatch(line)
        flags.append(bool(open_fence or match))
        if match and not open_fence:
            open_fence = match["fence"]
        elif match and match["fence"].startswith(open_fence) and not match["rest"].strip():
            open_fence = ""
    return flags, open_fence


def code_spans(text: str) -> list[tuple[int, int]]:
    """Return the start and end of each piece of code in a text, inline or fenced."""
    spans = [match.span() for match in _INLINE_CODE.finditer(text)]
    lines, at = text.split("\n"), 0
    for line, is_code in zip(lines, code_lines(lines)[0], strict=True):
        if is_code:
            spans.append((at, at + len(line)))
        at += len(line) + 1
    return spans


def escape_line(text: str) -> str:
    """Return text on one line with all Markdown and HTML syntax escaped."""
    return _SYNTAX.sub(r"\\\1", one_line(text))


def code_span(text: str) -> str:
    """Text on one line as a code span, word for word."""
    line = one_line(text)
    fence = "`" * (max((len(run) for run in re.findall("`+", line)), default=0) + 1)
    blank = " " if "`" in line else ""
    return f"{fence}{blank}{line}{blank}{fence}" if line else ""


def neutralize_markdown(text: str) -> str:
    """Return a piece of Markdown without HTML and autolinks; whole memos go through `remove_links` as well."""
    return _ADDRESS.sub(r"\g<0> ", _TAG.sub("&lt;", printable(text)))


def remove_links(text: str) -> str:
    """Markdown in which no bracket begins a link, an image or a reference definition."""
    return _LINK.sub("] ", text)
