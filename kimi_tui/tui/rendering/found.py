"""Marking searched words in a text that is drawn: which stretches of it are what somebody searches.

Words are found as the index of a session finds them: whole, in any order and case, the last one perhaps unfinished.
"""

import re
from collections.abc import Iterator

from kimi_tui.session import SearchQuery

_WORD = re.compile(r"\w+")
_MOST_WORDS = 40
"""More of a search are not marked."""


def searched(text: str) -> re.Pattern[str] | None:
    """What finds the words of a typed search, its filters left out; None when it has no words."""
    words = [re.escape(word) for word in _WORD.findall(SearchQuery.parse(text).words)[:_MOST_WORDS]]
    if not words:
        return None
    whole = [f"{word}(?!\\w)" for word in words[:-1]]
    return re.compile(rf"(?<!\w)(?:{'|'.join([*whole, words[-1]])})", re.IGNORECASE)


def stretches(text: str, words: re.Pattern[str] | None) -> Iterator[tuple[str, bool]]:
    """The text in pieces, each with whether it is one of the words."""
    at = 0
    for match in words.finditer(text) if words is not None else ():
        if match.start() > at:
            yield text[at : match.start()], False
        yield match.group(), True
        at = match.end()
    if at < len(text):
        yield text[at:], False
