"""Glossary that maps the words people ask with to the words documents use: switchable data.

A glossary is a TOML file of entries; the program brings `finance`, and a person may name one of their own.
"""

import re
import tomllib
from functools import cache
from pathlib import Path

import msgspec

BUILT_IN = ("finance",)
"""Glossaries that the program brings."""
OFF = "off"
"""No glossary at all."""
MAX_WORDS = 12
"""Phrases that a query is widened by."""
_FOLDER = Path(__file__).parent / "glossaries"


class GlossaryError(Exception):
    """A glossary that cannot be used; the text says which, why and what to do."""


class GlossaryEntry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One term and its equivalents in documents."""

    asked: tuple[str, ...]
    """How a question calls it, in lower case."""
    words: tuple[str, ...]
    """How documents call it and what it is made of."""
    statements: tuple[str, ...] = ()
    """The financial statements that it stands in."""


class Glossary(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Entries of one field."""

    entry: tuple[GlossaryEntry, ...] = ()
    """In any order."""


class QueryExpansion(msgspec.Struct, frozen=True):
    """The words and statements that a glossary adds to a question."""

    words: tuple[str, ...] = ()
    """Phrases as documents have them."""
    statements: tuple[str, ...] = ()
    """Statements in which the answer stands, the likeliest first."""


@cache
def load_glossary(name: str) -> Glossary:
    """Return the glossary of that name, or in that TOML file; raises `GlossaryError`."""
    if name in ("", OFF):
        return Glossary()
    path = _FOLDER / f"{name}.toml" if name in BUILT_IN else Path(name).expanduser()
    try:
        return msgspec.convert(tomllib.loads(path.read_text("utf-8")), Glossary)
    except OSError as error:
        raise GlossaryError(
            f"The glossary {name} cannot be read ({error.strerror}): name finance, off, or a TOML file."
        ) from None
    except (UnicodeDecodeError, tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
        raise GlossaryError(f"The glossary {name} is no list of entries with `asked` and `words`: {error}") from None


def expand_question(question: str, glossary: Glossary) -> QueryExpansion:
    """Return what the glossary adds to a question; a longer phrase hides the shorter ones inside it."""
    left = f" {_spaced(question)} "
    found: list[tuple[int, GlossaryEntry]] = []
    for phrase, entry in _phrases(glossary):
        place = left.find(f" {phrase} ")
        if place >= 0:
            found.append((place, entry))
            left = left.replace(f" {phrase} ", f" {'#' * len(phrase)} ")
    entries = [entry for _, entry in sorted(found, key=lambda one: one[0])]
    words = dict.fromkeys(word for entry in entries for word in entry.words)
    statements = dict.fromkeys(name for entry in entries for name in entry.statements)
    return QueryExpansion(tuple(words)[:MAX_WORDS], tuple(statements))


@cache
def _phrases(glossary: Glossary) -> tuple[tuple[str, GlossaryEntry], ...]:
    """Every phrase with its entry, the longest first."""
    pairs = [(_spaced(phrase), entry) for entry in glossary.entry for phrase in entry.asked]
    return tuple(sorted(pairs, key=lambda pair: -len(pair[0])))


def _spaced(text: str) -> str:
    """Words in lower case with one space between, `&` kept inside a word."""
    return " ".join(re.findall(r"[\w&]+", text.lower().replace("\u2019", "'").replace("'s ", " ")))
