"""Convert typed search text to full-text queries of the index.

Nothing of it reaches the query language: every term is a quoted string, so no operator, column or bracket in it
takes effect.
"""

import re

from kimi_tui.index_normalization import DECIMAL_POINT_MARK, alternative_numbers, normalize_for_index
from kimi_tui.text import replace_surrogates

MAX_TERMS = 24
"""Terms beyond these are left out: no question needs more."""
_TERM = re.compile(r"[\"\u201c\u201d]([^\"\u201c\u201d]+)[\"\u201c\u201d]|(\S+)")
_EDGES = re.compile(r"^\W+|\W+$")
_COMMON_WORDS = (
    "a an and are as at be by did do does for from had has have how in is it its of on or that the their there these "
    "this to was were what when where which who why will with"
)
_COMMON = frozenset(_COMMON_WORDS.split())
"""Words that stand everywhere and so say nothing about what is looked for."""
_REQUEST_WORDS = (
    "about according address among amount amounts answer approximately any assume based basis been being between both "
    "briefly calculate calculated can compare company company's compute could describe detail details during each "
    "explain fiscal following found fy give given giving high identify if information into just k kindly largest list "
    "look million millions billion billions thousand thousands usd dollars me mention name need number please "
    "primarily provide provided question questions reported respond response round rounded say show shown shows state "
    "stated tell than then they think three two one us use used useful using utilizing value values want way we "
    "whether within would year years you your latest document documents filing filings report 10k 10q 8k 10-k 10-q "
    "8-k decimal decimals place places percent percentage"
)
_REQUEST = frozenset(_REQUEST_WORDS.split())
"""Words that speak to the reader of a question and not of what is looked for."""


def split_terms(query: str) -> list[str]:
    """Phrases in quotes whole, other words each; common words only when there are no others."""
    found: dict[str, str] = {}
    for phrase, word in _TERM.findall(replace_surrogates(query).replace("\x00", " ").replace(DECIMAL_POINT_MARK, " ")):
        term = _EDGES.sub("", phrase or word)
        if term:
            found.setdefault(term.lower(), term)
    telling = [term for lower, term in found.items() if lower not in _COMMON]
    return (telling or list(found.values()))[:MAX_TERMS]


def content_terms(query: str, leave_out: frozenset[str] = frozenset()) -> list[str]:
    """Return the content terms without `leave_out` (in lower case), if any remain."""
    found = split_terms(query)
    kept = [term for term in found if not {_plain(term), term.lower()} & (_REQUEST | leave_out)]
    return kept or found


def match_all_terms(found: list[str]) -> str:
    """Return the index's query for parts that hold all terms; empty without terms."""
    return " AND ".join(filter(None, map(_expression, found)))


def match_any_term(found: list[str]) -> str:
    """Return the index's query for parts that hold at least one term."""
    return " OR ".join(filter(None, map(_expression, found)))


def match_prefixes(found: list[str]) -> str:
    """Return the index's query for parts with a word that begins as one of the terms does."""
    return " OR ".join(f"{quoted} *" for term in found if (quoted := _quoted(normalize_for_index(term))))


def _plain(term: str) -> str:
    return re.sub(r"['\u2019]s$", "", term.lower())


def _expression(term: str) -> str:
    """Return a term as an expression of the query language, a number in each way that it may be meant."""
    forms = dict.fromkeys((normalize_for_index(term), *alternative_numbers(term)))
    quoted = list(filter(None, map(_quoted, forms)))
    return quoted[0] if len(quoted) == 1 else f"({' OR '.join(quoted)})" if quoted else ""


def _quoted(term: str) -> str:
    """Return a term as a string of the query language; empty when no word is left of it."""
    term = term.replace('"', " ").strip()
    return f'"{term}"' if re.search(rf"[\w{DECIMAL_POINT_MARK}]", term) else ""


def is_common(word: str) -> bool:
    """Return whether a word, in lower case, says nothing of what is looked for."""
    return word in _COMMON or word in _REQUEST
