"""A search over the index of a desk: the documents that the question names first, each ranked by several lists.

No document is ever left out: those that the question does not name stand behind, by plain rank fusion.
"""

import math
from collections.abc import Sequence
from pathlib import Path

import msgspec

from kimi_tui import storage
from kimi_tui.sources import Part
from kimi_tui.tools.desk import ranking, search_query
from kimi_tui.tools.desk.describing import described
from kimi_tui.tools.desk.files import DeskFile
from kimi_tui.tools.desk.glossary import Glossary, Widened, widened
from kimi_tui.tools.desk.hits import Hit, hits_of
from kimi_tui.tools.desk.identity import squeezed
from kimi_tui.tools.desk.index_store import IndexStore, names
from kimi_tui.tools.desk.outline import named_statements, outline_of, statement_rows
from kimi_tui.tools.desk.question import Question, read_question
from kimi_tui.tools.desk.ranking import Weighted
from kimi_tui.tools.desk.router import Known, Routed, best_of_each, known_documents, route
from kimi_tui.tools.text.parts import Extraction, FileReading

MAX_DOCUMENTS = 6
"""Named documents that are searched one by one."""
OUTLINED = 3
"""Documents whose outline is given along."""
STEEPNESS = 1.5
"""How fast a document falls behind the best one: its places count e^(1.5 x the difference of scores) times."""
PASSAGE_WEIGHT, PAGE_WEIGHT, GLOSSARY_WEIGHT, STATEMENT_WEIGHT = 1.0, 1.0, 2.0, 3.0
"""How much each list counts: passages, pages by their headings, passages in the words of documents, statements."""
_ALONE = "source"
EVERY_TERM_WEIGHT = 1.0
"""How much it counts over the whole desk to hold every term."""


class Outline(msgspec.Struct, frozen=True):
    """Where the main parts of one document are."""

    path: str
    """Inside the desk."""
    places: tuple[tuple[str, str], ...]
    """What and the label of its part; untrusted text."""


class Found(msgspec.Struct, frozen=True):
    """What a search gave."""

    hits: tuple[Hit, ...] = ()
    """The best first."""
    read_as: str = ""
    """Names, period and kind of report as the question was understood; empty when it names none."""
    outlines: tuple[Outline, ...] = ()
    """Of the first documents, those that have one."""


class SearchIndex:
    """Searches the index of one desk."""

    def __init__(self, store: IndexStore, glossary: Glossary | None = None) -> None:
        """`glossary` is what widens questions; none without one."""
        self._store = store
        self._glossary = glossary or Glossary()
        self._names: tuple[tuple[int, int], tuple[Known, ...]] | None = None

    def search(self, query: str, limit: int, within: str = "") -> Found:
        """The best parts for a query, at most `limit`; `within` is the path of the one document to search.

        Raises `ReplacedError` and `IndexBusyError`.
        """
        return self._store.database.read(lambda database: self._search(database, query, limit, within))

    def _search(self, database: storage.Connection, query: str, limit: int, within: str) -> Found:
        documents = self._documents(database)
        question = read_question(query)
        asked = _Asked(database, query, question, widened(query, self._glossary))
        if within:
            one = next((document for document in documents if document.named.path == within), None)
            rows = asked.inside(one) if one else []
            routed = [Routed(one, 0.0)] if one else []
        else:
            routed = route(question, documents)
            rows = asked.over_named(routed, limit) if routed else asked.over_desk()
        hits = hits_of(database, rows[:limit], [*asked.terms, *asked.widened.words], asked.places)
        first = dict.fromkeys(hit.path for hit in hits)
        outlines = [Outline(path, outline_of(database, path)) for path in list(first)[:OUTLINED]]
        told = "" if within else _read_as(question, routed)
        return Found(tuple(hits), told, tuple(outline for outline in outlines if outline.places))

    def _documents(self, database: storage.Connection) -> tuple[Known, ...]:
        """Every document with its names, read again when the index has changed."""
        version = (int(database.execute("PRAGMA data_version").fetchone()[0]), database.total_changes)
        if self._names is None or self._names[0] != version:
            self._names = version, known_documents(names(database))
        return self._names[1]


class _Asked:
    """One question over one state of the index."""

    def __init__(self, database: storage.Connection, query: str, question: Question, wider: Widened) -> None:
        self._database = database
        self._query = query
        self._question = question
        self.widened = wider
        """What the glossary adds."""
        self.terms = search_query.telling_terms(query)
        """What is looked for."""
        self.places: dict[int, int] = {}
        """The best passage of each part that was found by one."""

    def inside(self, document: Known) -> list[int]:
        """The parts of one document, the best first."""
        span = ranking.document_rows(document.named.number)
        terms = search_query.telling_terms(self._query, self._own_words(document))
        statements = (*named_statements(self._query), *self.widened.statements)
        lists = [
            Weighted(self._passages(terms, span), PASSAGE_WEIGHT),
            Weighted(ranking.pages(self._database, search_query.some_term(terms), span), PAGE_WEIGHT),
            Weighted(self._passages(list(self.widened.words), span), GLOSSARY_WEIGHT),
            Weighted(statement_rows(self._database, span, statements), STATEMENT_WEIGHT),
        ]
        return ranking.fused(lists) or self._begun(terms, span)

    def over_named(self, routed: Sequence[Routed], limit: int) -> list[int]:
        """The parts of the documents that are named, each document's falling behind by its score, then all others'."""
        best = best_of_each(routed)
        worth: dict[int, float] = {}
        for one in routed[:MAX_DOCUMENTS]:
            factor = math.exp(STEEPNESS * (best[one.name] - one.score))
            if factor <= 2 * limit:
                for place, row in enumerate(self.inside(one.known), 1):
                    worth.setdefault(row, place * factor)
        rows = sorted(worth, key=lambda row: worth[row])
        if len(rows) >= limit:
            return rows
        return list(dict.fromkeys((*rows, *self.over_desk())))

    def over_desk(self) -> list[int]:
        """The parts of all documents by plain rank fusion."""
        every = search_query.terms(self._query)
        lists = [
            Weighted(self._passages(self.terms, None), PASSAGE_WEIGHT),
            Weighted(ranking.pages(self._database, search_query.some_term(self.terms)), PAGE_WEIGHT),
            Weighted(ranking.every_term(self._database, every), EVERY_TERM_WEIGHT),
            Weighted(self._passages(list(self.widened.words), None), GLOSSARY_WEIGHT),
        ]
        return ranking.fused(lists) or self._begun(self.terms, None)

    def _passages(self, terms: list[str], span: tuple[int, int] | None) -> list[int]:
        found = ranking.passages(self._database, search_query.some_term(terms), span)
        for row, place in found.items():
            self.places.setdefault(row, place)
        return list(found)

    def _begun(self, terms: list[str], span: tuple[int, int] | None) -> list[int]:
        """Parts with words that begin as the terms do, when no part has a term."""
        return list(ranking.passages(self._database, search_query.beginnings(terms), span))

    def _own_words(self, document: Known) -> frozenset[str]:
        """The document's own name and the years asked, which stand on every page and tell none from another."""
        own = "".join(document.names)
        named = {word.lower() for word in self._question.words if len(word) > 1 and squeezed(word) in own}
        capital = {word.lower() for word in self._question.words if word[0].isupper() or word[0].isdigit()}
        years = {form for year in self._question.years for form in (f"{year}", f"fy{year}", f"fy{year % 100}")}
        return frozenset((named & capital) | years)


def search_parts(title: str, parts: tuple[Part, ...], query: str, limit: int, glossary: Glossary) -> Found:
    """The same for the text of a source that no index holds, such as a page of the web."""
    reading = FileReading("", 0, Extraction(title, parts, ""))
    store = IndexStore(Path(), None)
    try:
        store.keep([(DeskFile(_ALONE, "", 0, 0), described(_ALONE, reading))])
        return SearchIndex(store, glossary).search(query, limit, _ALONE)
    finally:
        store.close()


def _read_as(question: Question, routed: Sequence[Routed]) -> str:
    """How a question was understood, for a person or a model to see and correct."""
    if not routed:
        return ""
    told: list[str] = []
    for name in dict.fromkeys(one.name for one in routed[:MAX_DOCUMENTS]):
        best = next(one for one in routed if one.name == name)
        told.append(best.known.named.identity.name or best.known.named.title)
    years = [f"FY{year}" for year in question.years]
    quarter = [f"Q{question.quarter}"] if question.quarter else []
    return ", ".join([*dict.fromkeys(told), *quarter, *years, *([question.form] if question.form else [])])
