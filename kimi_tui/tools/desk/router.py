"""Route a question to documents by the names and period in it; documents are sorted, never removed."""

import re
from collections.abc import Iterable, Mapping, Sequence

import msgspec

from kimi_tui.tools.desk import search_query
from kimi_tui.tools.desk.document_identity import compact_name, remove_company_suffix
from kimi_tui.tools.desk.index_store import NamedDocument
from kimi_tui.tools.desk.question_names import DeskQuestion, NameCandidate

EQUAL, PREFIX, INSIDE, FRONT = 3.0, 2.5, 2.0, 1.0
"""What a name in the question is worth that is a document's own, its beginning, in it, or only on its front."""
LATEST, NEXT, EARLIER = 2.0, 1.0, 1.3
"""What it is worth to report on the latest year asked, the year after it (for comparatives), another one asked."""
COMPARED_YEARS = 3
"""Years that one report shows side by side; one that lies further back is asked of a report of its own."""
_MIN_PREFIX = 4
_MIN_INSIDE = 5
_COMMON_FRONT = 0.3
"""A word on the fronts of more than this share of the documents names none of them."""
_NEWEST = 0.3
_RIGHT_FORM = 0.5
_LOWER_CASE = 0.6
"""Share that counts of a name written without a capital."""
_FIELD_WORDS = (
    "annual assets average balance business cash change company consolidated cost costs current debt earnings equity "
    "expense expenses financial flow flows general global gross growth income inventory margin market net note notes "
    "number operating operations plan product products profit quarter rate ratio results revenue revenues risk sales "
    "segment segments share shares statement statements summary table tax total year"
)
_FIELD = frozenset(_FIELD_WORDS.split())
"""Words of the field that begin many names and so are none alone."""


class KnownDocument(msgspec.Struct, frozen=True):
    """A document with its names in comparable form."""

    named: NamedDocument
    """The document."""
    names: tuple[str, ...]
    """Squeezed, the registrant's and the path's."""
    short: tuple[str, ...]
    """Tickers and initials, in lower case."""


class RoutedDocument(msgspec.Struct, frozen=True):
    """A document and how well a question fits it."""

    known: KnownDocument
    """The document."""
    score: float
    """From names and period."""
    name: str = ""
    """The name in the question that it has; empty when the question names none of its."""


def known_documents(documents: Iterable[NamedDocument]) -> tuple[KnownDocument, ...]:
    """Documents with their names ready to be compared."""
    return tuple(map(_known, documents))


def route_question(question: DeskQuestion, documents: Sequence[KnownDocument]) -> list[RoutedDocument]:
    """Every document that the question names, best first; none when it names none."""
    by_name = _named(question, documents)
    newest: dict[str, int] = {}
    for number, (_, name) in by_name.items():
        newest[name] = max(newest.get(name, 0), documents[number].named.identity.year)
    found = [
        RoutedDocument(documents[number], score + _period_score(question, documents[number], newest[name]), name)
        for number, (score, name) in by_name.items()
    ]
    return sorted(found, key=lambda one: (-one.score, one.known.named.path))


def _known(document: NamedDocument) -> KnownDocument:
    identity = document.identity
    registrant = remove_company_suffix(identity.registrant)
    written = dict.fromkeys(
        (compact_name(identity.registrant), compact_name(registrant), "".join(map(compact_name, identity.words)))
    )
    folders = map(compact_name, identity.folders)
    initials = [_initials(re.findall(r"[^\W_]+", registrant)), _initials(list(identity.words))]
    short = (*(ticker.lower() for ticker in identity.tickers), *(one for one in initials if len(one) > 1))
    return KnownDocument(
        document, tuple(name for name in (*written, *folders) if len(name) > 1), tuple(dict.fromkeys(short))
    )


def _initials(words: Sequence[str]) -> str:
    return "".join(word[0] for word in words if word.lower() not in ("and", "of", "the")).lower()


def _named(question: DeskQuestion, documents: Sequence[KnownDocument]) -> dict[int, tuple[float, str]]:
    """By the place of a document: what the best name in the question is worth for it, and that name."""
    found: dict[int, tuple[float, str]] = {}
    taken: set[int] = set()
    for least in (INSIDE, 0.0):  # what stands only on fronts counts when no document has the name itself
        for candidate in question.candidates:
            span = set(range(candidate.first, candidate.last + 1))
            if span & taken or _is_no_name(candidate):
                continue
            worth = {
                place: value for place, one in enumerate(documents) if (value := _name_score(candidate, one, least))
            }
            if not worth or (least == 0.0 and len(worth) > max(3, _COMMON_FRONT * len(documents))):
                continue
            taken |= span
            best = max(worth.values())
            for place, value in worth.items():
                if value > found.get(place, (0.0, ""))[0] and (value == best or best < EQUAL):
                    found[place] = (value, candidate.squeezed)
        if found:
            return found
    return found


def _is_no_name(candidate: NameCandidate) -> bool:
    """Return whether the words are not fit to be a name."""
    if candidate.first != candidate.last:
        return False
    word = candidate.squeezed
    if word.isdigit():
        return True
    return word in _FIELD or search_query.is_common(word) or (len(word) < 2 and not candidate.is_upper)


def _name_score(candidate: NameCandidate, document: KnownDocument, least: float) -> float:
    """Return the score of a name in the question for a document; 0 when it is not its name."""
    name = candidate.squeezed
    if least == 0.0:
        identity = document.named.identity  # in a note or a letter, what stands at its beginning names nobody
        in_front = candidate.is_capital and len(name) >= _MIN_PREFIX and identity.form and name in identity.front
        return FRONT if in_front else 0.0
    if name in document.names or (candidate.is_upper and name in document.short):
        return EQUAL if candidate.is_capital or len(name) > _MIN_PREFIX else EQUAL * _LOWER_CASE
    if not candidate.is_capital:
        return 0.0
    enough = _MIN_PREFIX - 1 if candidate.is_upper else _MIN_PREFIX
    if len(name) >= enough and any(one.startswith(name) for one in document.names):
        return PREFIX
    is_word = candidate.first == candidate.last
    if is_word and any(len(one) >= _MIN_PREFIX and name.startswith(one) for one in document.names):
        return PREFIX
    return INSIDE if len(name) >= _MIN_INSIDE and any(name in one for one in document.names) else 0.0


def _period_score(question: DeskQuestion, document: KnownDocument, newest: int) -> float:
    """Return a score for how well a document's period fits a question."""
    identity = document.named.identity
    form = _RIGHT_FORM * (identity.form == (question.form or "annual"))
    if not question.years:
        return form + _NEWEST * (identity.year == newest)
    latest = question.years[-1]
    if question.quarter and identity.year == latest:
        return LATEST + form if identity.quarter == question.quarter else LATEST - 1 + form
    years = {identity.year: 0.0} | {year: 0.5 for year in identity.other_years if year != identity.year}
    return form + max(_of_year(year, question.years) - less for year, less in years.items())


def _of_year(year: int, asked: tuple[int, ...]) -> float:
    latest = asked[-1]
    if year == latest:
        return LATEST
    if year in asked:
        return LATEST if latest - year >= COMPARED_YEARS else EARLIER
    return NEXT if year == latest + 1 else 0.0


def best_score_by_name(routed: Sequence[RoutedDocument]) -> Mapping[str, float]:
    """Return the best score by name, so that two companies in one question both get results."""
    best: dict[str, float] = {}
    for one in routed:
        best[one.name] = max(best.get(one.name, 0.0), one.score)
    return best
