"""What a person or a model types to search, as queries that the index can take.

Nothing of it reaches the query language: every term is a quoted string, so no operator, column or bracket in it
takes effect.
"""

import re

from kimi_tui.text import well_formed

MOST_TERMS = 24
"""Terms beyond these are left out: no question needs more."""
_TERM = re.compile(r"[\"\u201c\u201d]([^\"\u201c\u201d]+)[\"\u201c\u201d]|(\S+)")
_EDGES = re.compile(r"^\W+|\W+$")
_COMMON = (
    "a an and are as at be by did do does for from had has have how in is it its of on or that the their there these "
    "this to was were what when where which who why will with"
)
"""Words that stand everywhere and so say nothing about what is looked for."""


def terms(query: str) -> list[str]:
    """Phrases in quotes whole, other words each; common words only when there are no others."""
    found: list[str] = []
    for phrase, word in _TERM.findall(well_formed(query).replace("\x00", " ")):
        term = _EDGES.sub("", phrase or word)
        if term and term.lower() not in (known.lower() for known in found):
            found.append(term)
    common = _COMMON.split()
    telling = [term for term in found if term.lower() not in common]
    return (telling or found)[:MOST_TERMS]


def every_term(query: str) -> str:
    """The index's query for parts that hold all terms; empty without terms."""
    return " AND ".join(map(_quoted, terms(query)))


def some_term(query: str) -> str:
    """The index's query for parts that hold at least one term."""
    return " OR ".join(map(_quoted, terms(query)))


def beginnings(query: str) -> str:
    """The index's query for parts with a word that begins as one of the terms does."""
    return " OR ".join(f"{_quoted(term)} *" for term in terms(query))


def _quoted(term: str) -> str:
    """A term as a string of the query language."""
    return '"' + term.replace('"', " ") + '"'
