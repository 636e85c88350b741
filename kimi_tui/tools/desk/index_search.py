"""Search the index of a desk: documents that the question names first, each ranked by several lists.

No document is ever left out: those that the question does not name stand behind, by plain rank fusion.
"""

import math
from collections.abc import Sequence
from pathlib import Path

import msgspec

from kimi_tui import storage
from kimi_tui.sources import Part
from kimi_tui.tools.desk import ranking, search_query
from kimi_tui.tools.desk.document_identity import compact_name
from kimi_tui.tools.desk.file_description import describe_reading
from kimi_tui.tools.desk.files import DeskFile
from kimi_tui.tools.desk.glossary import Glossary, QueryExpansion, expand_question
from kimi_tui.tools.desk.index_store import IndexStore, list_names
from kimi_tui.tools.desk.outline import build_outline, named_statements, statement_rows
from kimi_tui.tools.desk.question_names import DeskQuestion, read_question
from kimi_tui.tools.desk.ranking import WeightedRanking
from kimi_tui.tools.desk.router import (
    KnownDocument,
    RoutedDocument,
    best_score_by_name,
    known_documents,
    route_question,
)
from kimi_tui.tools.desk.search_hits import DeskHit, build_hits
from kimi_tui.tools.text.parts import Extraction, FileReading

MAX_DOCUMENTS = 6
"""Named documents that are searched one by one."""
MAX_OUTLINES = 3
"""Documents whose outline is given along."""
SCORE_STEEPNESS = 1.5
"""How fast a document falls behind the best one: its places count e^(1.5 x the difference of scores) times."""
PASSAGE_WEIGHT, PAGE_WEIGHT, GLOSSARY_WEIGHT, STATEMENT_WEIGHT = 1.0, 1.0, 2.0, 3.0
"""How much each list counts: passages, pages by their headings, passages in the words of documents, statements."""
_ALONE = "source"
EVERY_TERM_WEIGHT = 1.0
"""How much it counts over the whole desk to hold every term."""


class Outline(msgspec.Struct, frozen=True):
    """The main parts of one document with their labels."""

    path: str
    """Inside the desk."""
    places: tuple[tuple[str, str], ...]
    """What and the label of its part; untrusted text."""


class DeskSearchResult(msgspec.Struct, frozen=True):
    """The result of a search."""

    hits: tuple[DeskHit, ...] = ()
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
        self._names: tuple[tuple[int, int], tuple[KnownDocument, ...]] | None = None

    def search(self, query: str, limit: int, within: str = "") -> DeskSearchResult:
        """Return the best parts for a query, at most `limit`; `within` is the path of the one document to search.

        Raises `ReplacedError` and `IndexBusyError`.
        """
        return self._store.database.read(lambda database: self._search(database, query, limit, within))

    def _search(self, database: storage.Connection, query: str, limit: int, within: str) -> DeskSearchResult:
        documents = self._documents(database)
        question = read_question(query)
        asked = _IndexQuery(database, query, question, expand_question(query, self._glossary))
        if within:
            one = next((document for document in documents if document.named.path == within), None)
            rows = asked.parts_of_document(one) if one else []
            routed = [RoutedDocument(one, 0.0)] if one else []
        else:
            routed = route_question(question, documents)
            rows = asked.parts_of_named_documents(routed, limit) if routed else asked.parts_of_all_documents()
        hits = build_hits(database, rows[:limit], [*asked.terms, *asked.widened.words], asked.places)
        first = dict.fromkeys(hit.path for hit in hits)
        outlines = [Outline(path, build_outline(database, path)) for path in list(first)[:MAX_OUTLINES]]
        read_as = "" if within else _describe_interpretation(question, routed)
        return DeskSearchResult(tuple(hits), read_as, tuple(outline for outline in outlines if outline.places))

    def _documents(self, database: storage.Connection) -> tuple[KnownDocument, ...]:
        """Every document with its names, read again when the index has changed."""
        version = (int(database.execute("PRAGMA data_version").fetchone()[0]), database.total_changes)
        if self._names is None or self._names[0] != version:
            self._names = version, known_documents(list_names(database))
        return self._names[1]


class _IndexQuery:
    """One query against one state of the index."""

    def __init__(self, database: storage.Connection, query: str, question: DeskQuestion, wider: QueryExpansion) -> None:
        self._database = database
        self._query = query
        self._question = question
        self.widened = wider
        """What the glossary adds."""
        self.terms = search_query.content_terms(query)
        """What is looked for."""
        self.places: dict[int, int] = {}
        """The best passage of each part that was found by one."""

    def parts_of_document(self, document: KnownDocument) -> list[int]:
        """Return the parts of one document, the best first."""
        span = ranking.row_range(document.named.number)
        terms = search_query.content_terms(self._query, self._own_words(document))
        statements = (*named_statements(self._query), *self.widened.statements)
        lists = [
            WeightedRanking(self._passages(terms, span), PASSAGE_WEIGHT),
            WeightedRanking(ranking.rank_pages(self._database, search_query.match_any_term(terms), span), PAGE_WEIGHT),
            WeightedRanking(self._passages(list(self.widened.words), span), GLOSSARY_WEIGHT),
            WeightedRanking(statement_rows(self._database, span, statements), STATEMENT_WEIGHT),
        ]
        return ranking.fuse_rankings(lists) or self._begun(terms, span)

    def parts_of_named_documents(self, routed: Sequence[RoutedDocument], limit: int) -> list[int]:
        """Return parts of the named documents, ranked down by document score, then of all others."""
        best = best_score_by_name(routed)
        worth: dict[int, float] = {}
        for one in routed[:MAX_DOCUMENTS]:
            factor = math.exp(SCORE_STEEPNESS * (best[one.name] - one.score))
            if factor <= 2 * limit:
                for place, row in enumerate(self.parts_of_document(one.known), 1):
                    worth.setdefault(row, place * factor)
        rows = sorted(worth, key=lambda row: worth[row])
        if len(rows) >= limit:
            return rows
        return list(dict.fromkeys((*rows, *self.parts_of_all_documents())))

    def parts_of_all_documents(self) -> list[int]:
        """Return the parts of all documents by plain rank fusion."""
        every = search_query.split_terms(self._query)
        lists = [
            WeightedRanking(self._passages(self.terms, None), PASSAGE_WEIGHT),
            WeightedRanking(ranking.rank_pages(self._database, search_query.match_any_term(self.terms)), PAGE_WEIGHT),
            WeightedRanking(ranking.rank_all_terms(self._database, every), EVERY_TERM_WEIGHT),
            WeightedRanking(self._passages(list(self.widened.words), None), GLOSSARY_WEIGHT),
        ]
        return ranking.fuse_rankings(lists) or self._begun(self.terms, None)

    def _passages(self, terms: list[str], span: tuple[int, int] | None) -> list[int]:
        found = ranking.rank_passages(self._database, search_query.match_any_term(terms), span)
        for row, place in found.items():
            self.places.setdefault(row, place)
        return list(found)

    def _begun(self, terms: list[str], span: tuple[int, int] | None) -> list[int]:
        """Parts with words that begin as the terms do, when no part has a term."""
        return list(ranking.rank_passages(self._database, search_query.match_prefixes(terms), span))

    def _own_words(self, document: KnownDocument) -> frozenset[str]:
        """Return the document's own name and the years asked, which are on every page and tell none from another."""
        own = "".join(document.names)
        named = {word.lower() for word in self._question.words if len(word) > 1 and compact_name(word) in own}
        capital = {word.lower() for word in self._question.words if word[0].isupper() or word[0].isdigit()}
        years = {form for year in self._question.years for form in (f"{year}", f"fy{year}", f"fy{year % 100}")}
        return frozenset((named & capital) | years)


def search_parts(title: str, parts: tuple[Part, ...], query: str, limit: int, glossary: Glossary) -> DeskSearchResult:
    """Return the same for the text of a source that no index holds, such as a page of the web."""
    reading = FileReading("", 0, Extraction(title, parts, ""))
    store = IndexStore(Path(), None)
    try:
        store.replace_documents([(DeskFile(_ALONE, "", 0, 0), describe_reading(_ALONE, reading))])
        return SearchIndex(store, glossary).search(query, limit, _ALONE)
    finally:
        store.close()


def _describe_interpretation(question: DeskQuestion, routed: Sequence[RoutedDocument]) -> str:
    """Return how a question was understood, for a person or a model to see and correct."""
    if not routed:
        return ""
    entities: list[str] = []
    for name in dict.fromkeys(one.name for one in routed[:MAX_DOCUMENTS]):
        best = next(one for one in routed if one.name == name)
        entities.append(best.known.named.identity.name or best.known.named.title)
    years = [f"FY{year}" for year in question.years]
    quarter = [f"Q{question.quarter}"] if question.quarter else []
    return ", ".join([*dict.fromkeys(entities), *quarter, *years, *([question.form] if question.form else [])])
