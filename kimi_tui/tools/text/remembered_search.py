"""Search the same short texts again and again: labels, headers and captions come with every figure of a table."""

import re
from collections.abc import Callable
from functools import lru_cache

_MAX_TEXTS = 4_096


def remember_search(pattern: str) -> Callable[[str], bool]:
    """Return a function that tells whether a pattern is somewhere in a text, and remembers it for the latest texts."""
    search = re.compile(pattern).search

    @lru_cache(maxsize=_MAX_TEXTS)
    def is_in(text: str) -> bool:
        return search(text) is not None

    return is_in
