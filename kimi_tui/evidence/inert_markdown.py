"""Make outside text inert in Markdown, so that it cannot link or load anything.

No link, image, autolink, reference definition or HTML of theirs survives; the words do.
"""

import re

from kimi_tui.text import one_line, printable

_SYNTAX = re.compile(r"([\\`*_{}\[\]<>|#~!&@]|(?<=:)/(?=/)|(?<=www)\.)")
_TAG = re.compile(r"<(?=[A-Za-z/!?])")
_ADDRESS = re.compile(r":(?=//)|(?<=mailto):|(?<=xmpp):|(?<=www)\.(?=\w)|@(?=[\w-]+\.\w)", re.IGNORECASE)
"""Where a blank keeps a viewer from making a link of an address by itself."""
_LINK = re.compile(r"\](?=[(:])")


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
    """Return a piece of Markdown without HTML and autolinks; whole memos go through `without_links` as well."""
    return _ADDRESS.sub(r"\g<0> ", _TAG.sub("&lt;", printable(text)))


def remove_links(text: str) -> str:
    """Markdown in which no bracket begins a link, an image or a reference definition."""
    return _LINK.sub("] ", text)
