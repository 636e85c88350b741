"""The parts of a question that each ask for something of their own: `revenue and operating margin`, `and how many`."""

import re

from kimi_tui.embedded.question_parser import SYNONYMS
from kimi_tui.embedded.relevance import split_words, stem

_ASKING = (
    r"(?:(?:at|in|to|for|from|by) )?(?:how|what|who|whom|when|where|why|which)\b"
    r"|(?:did|does|do|is|are|was|were|has|have)\b"
)
_BREAK = re.compile(rf"(?i)[?;]\s+|,?\s+and\s+(?={_ASKING})|,\s+(?=(?:and\s+)?(?:{_ASKING}))")
_PAIR = re.compile(
    r"(?i)\b(?P<one>[^\W\d_]+(?: [^\W\d_]+)?)(?:,? and | und | et )(?:the )?(?P<other>[^\W\d_]+(?: [^\W\d_]+)?)"
    r"(?= (?:of|for|in|at|by|from|von|der|de)\b|[?.,]|$)"
)
_MEASURES = frozenset(stem(word) for group in SYNONYMS for one in group for word in split_words(one)) | frozenset(
    map(
        stem, ("ebitda", "ebit", "assets", "equity", "inventory", "capacity", "volume", "price", "stores", "admissions")
    )
)
MAX_CLAUSES = 5
"""Parts of a question that are answered."""


def split_question(text: str) -> tuple[str, ...]:
    """Return the parts of a question that ask for several things; none when it asks for one."""
    parts = [part.strip(" ,.?") for part in _BREAK.split(text)]
    parts = [half for part in parts if len(part.split()) > 1 for half in _split_measures(part)]
    return tuple(parts[:MAX_CLAUSES]) if len(parts) > 1 else ()


def _split_measures(part: str) -> tuple[str, ...]:
    """Return a part that names two measures twice, each time with one of them."""
    for pair in _PAIR.finditer(part):
        if all(any(stem(word) in _MEASURES for word in split_words(pair[name])) for name in ("one", "other")):
            rest = part[: pair.start()], part[pair.end() :]
            return f"{rest[0]}{pair['one']}{rest[1]}", f"{rest[0]}{pair['other']}{rest[1]}"
    return (part,)
