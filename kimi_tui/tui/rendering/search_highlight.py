"""Highlight searched words in drawn text.

Words are found as the index of a session finds them: whole, in any order and case, the last one perhaps unfinished.
"""

import re
from collections.abc import Iterator

from kimi_tui.session import SearchQuery

_WORD = re.compile(r"\w+")
_MAX_WORDS = 40
"""More of a search are not marked."""


def compile_search(text: str) -> re.Pattern[str] | None:
    """Return a pattern for the words of a search, without its filters; None when it has no words."""
    words = [re.escape(word) for word in _WORD.findall(SearchQuery.parse(text).words)[:_MAX_WORDS]]
    if not words:
        return None
    whole = [f"{word}(?!\\w)" for word in words[:-1]]
    return re.compile(rf"(?<!\w)(?:{'|'.join([*whole, words[-1]])})", re.IGNORECASE)


def split_at_matches(text: str, words: re.Pattern[str] | None) -> Iterator[tuple[str, bool]]:
    """Yield the text in pieces, each with whether it is a match."""
    at = 0
    for match in words.finditer(text) if words is not None else ():
        if match.start() > at:
            yield text[at : match.start()], False
        yield match.group(), True
        at = match.end()
    if at < len(text):
        yield text[at:], False
