"""Find the figures that answer a question among all rows that were read: the best table, of everybody meant."""

import re
from collections.abc import Iterable
from datetime import date
from difflib import SequenceMatcher

import msgspec

from kimi_tui.embedded.asked import FILLERS, Asked, all_stems
from kimi_tui.embedded.asked_periods import read_periods
from kimi_tui.embedded.figure_answer import FigureAnswer, FigureChooser, differ
from kimi_tui.embedded.found_figures import FoundFigure, figure_of_page, figures_of_query
from kimi_tui.embedded.names import document_name
from kimi_tui.embedded.observed_rows import parse_table_rows
from kimi_tui.embedded.operations import kind_of_measure
from kimi_tui.embedded.owners import absent, is_named, names_of, owners, squeeze
from kimi_tui.embedded.question_parser import read_question
from kimi_tui.embedded.relevance import STOP_WORDS, stem
from kimi_tui.embedded.turn_history import TurnHistory

MIN_COVER = 0.74
"""The share of the asked words that a row or a sentence must say to come first."""
_MIN_PRECISION = 0.6
"""The share of a row's own words that must be asked for."""
_MIN_PRECISION_IN_STATEMENT = 0.5
"""The same for a row of a financial statement: `Merchandise inventories`."""
_ABOUT = 0.85
"""How much a word counts that only the section, the heading or the words above a table say."""
_MAX_BEHIND = 0.15
"""How much less well the figure of another document may fit where the question names nobody."""
MAX_DOCUMENTS = 4
"""Documents of which each gives its figure."""
_NEAR = 0.8
"""How much a name must be like one of the desk to be taken for a misspelling of it."""
_NOISE = (
    FILLERS
    | STOP_WORDS
    | {stem(w) for w in ["net", "consolidated", "attributable", "reported", "expense", "current", "cost", "gross"]}
)
_TELLING = frozenset(map(stem, ("cost", "expense", "operating", "deferred", "comprehensive", "allowance")))
"""Words that make another measure of the one that follows them."""
_CHANGES = frozenset(map(stem, ("increase", "decrease", "change", "proceeds", "repayments")))
"""Words of a row that say how much something changed, and not how much it is."""


def all_figures(trail: TurnHistory) -> list[FoundFigure]:
    """Return every figure of the queries and of the tables of pages that were read."""
    queried = [one for table in trail.tables() for one in figures_of_query(table)]
    pages = [
        figure_of_page(row, document_name(passage))
        for passage in trail.passages()
        if passage.weight == 1.0 and not passage.label.startswith("row")
        for row in parse_table_rows(passage)
    ]
    return [*queried, *pages]


def nearest_names(trail: TurnHistory, found: Iterable[FoundFigure]) -> dict[str, str]:
    """By name that nothing on the desk has, the one of the desk that it is most like, if it is much like it."""
    missing = absent(trail)
    if not missing:
        return {}
    known = {thing for one in found for thing in one.things} | {hit.title for hit in trail.hits()}
    candidates = {
        " ".join(words[: n + 1]) for one in known for words in [one.split()] for n in range(min(3, len(words)))
    }
    nearest: dict[str, str] = {}
    for name in missing:
        scored = [(_likeness(name, one), -len(one), one) for one in sorted(candidates) if len(one) > 3]
        best = max(scored, default=(0.0, 0, ""))
        if best[0] >= _NEAR:
            nearest[name] = next((one for one in sorted(known) if one.startswith(best[2]) and len(one) < 60), best[2])
    return nearest


def _ends(answer: FigureAnswer) -> date | None:
    """Return when the period of an answer's first figure ends."""
    span = answer.figures[0].span
    return span.last if span else None


def _likeness(name: str, other: str) -> float:
    one, two = squeeze(name).strip(), squeeze(other).strip()
    return SequenceMatcher(None, one, two, autojunk=False).ratio() if one[:1] == two[:1] else 0.0


class FigureFinder:
    """Finds the figures that a turn's question asks for."""

    def __init__(self, trail: TurnHistory, part: str = "") -> None:
        """`part` is the part of the question that is asked; the whole of it when empty."""
        self._figures = all_figures(trail)
        self.nearest = nearest_names(trail, self._figures)
        """By name that nothing on the desk has, the nearest one."""
        self._owned = owners(trail)
        self._names = names_of(trail.question)
        self._spelled = {name: self.nearest.get(name, name) for name in self._names}
        texts = {squeeze(" ".join(one.things)) for one in self._figures}
        self._known = tuple(
            name for name in self._names if name in self._owned or any(is_named(self._spelled[name], t) for t in texts)
        )
        self.missing = tuple(name for name in absent(trail) if name not in self.nearest)
        """The names that nothing on the desk has, nor anything like them."""
        question = read_question(part) if part else trail.question
        self._text = " ".join(one.text for one in (question, *question.steers))
        if part and not read_periods(part).names_any:
            self._text += f" {trail.question.text}"
        self._spans = read_periods(self._text).spans
        self.asked = Asked(question, self._known)
        self._owner_words = all_stems(" ".join(self._spelled[name] for name in self._known))

    def find(self) -> list[FigureAnswer]:
        """Return the answers, the best first: one, or one for each document where several are meant."""
        asked = self.asked
        if self.missing or not asked.alternatives or not (asked.amount or asked.percent or asked.count):
            return []
        groups: dict[str, list[FoundFigure]] = {}
        for one in self._figures:
            groups.setdefault(one.table, []).append(one)
        answers = [answer for group in groups.values() if (answer := self._of_group(group)).figures]
        answers.sort(key=lambda one: -one.score)
        return self._best(answers)

    def related(self) -> list[FoundFigure]:
        """Return the figures that say most of what is asked, though not all of it, each column's once."""
        scored = [(self._likely(one), -n, one) for n, one in enumerate(self._figures) if one.amount is not None]
        scored = [one for one in scored if one[0] > 0]
        scored.sort(key=lambda one: (-one[0], -one[1]))
        return [one for _, _, one in scored]

    def _likely(self, one: FoundFigure) -> float:
        """Return how much of what is asked a figure says, names and years included; 0 for too little."""
        named = self._named(one)
        near = any(span == one.span or (one.span and span.holds(one.span)) for span in self._spans)
        if not self.asked.met(all_stems(one.measure)) and not (one.is_unnamed and named and near):
            return 0.0
        label = all_stems(one.measure)
        own = {key for key in label if key not in _NOISE and not key.isdigit() and key not in self._owner_words}
        if not one.is_unnamed and sum(self.asked.says(key) for key in own) < 0.5 * max(len(own), 1):
            return 0.0
        words = label | all_stems(f"{' '.join(one.things)} {one.about}")
        return self.asked.cover((words, 1.0)) + 0.3 * named + 0.4 * near

    def _best(self, answers: list[FigureAnswer]) -> list[FigureAnswer]:
        """Return the best answer, and those of other sources where none alone is meant or where they differ."""
        if not answers:
            return []
        first = answers[0]
        queried = next((one for one in answers if one.figures[0].row is None), None)
        if len(self._known) != 1 and queried and queried.score > first.score - 2 * _MAX_BEHIND:
            return [queried]
        by_document: dict[str, FigureAnswer] = {}
        for one in answers:
            if (len(self._known) > 1 and one.figures[0].row) or one.score > first.score - _MAX_BEHIND:
                by_document.setdefault(one.figures[0].document, one)
        each = list(by_document.values())[:MAX_DOCUMENTS]
        if len(self._known) != 1:
            left_open = ("whose",) if len(each) > 1 and not self._known else ()
            return [msgspec.structs.replace(one, open=(*left_open, *one.open)) for one in each]
        same = [one for one in each if _ends(one) == _ends(first)]
        return [msgspec.structs.replace(one, differs=True) for one in same] if differ(same) else [first]

    def _of_group(self, group: list[FoundFigure]) -> FigureAnswer:
        """Return what one table's column answers; no figures when it does not."""
        scored = [(self._score(one), one) for one in group]
        best = max(score for score, _ in scored)
        kept = [one for score, one in scored if score > 0 and score > best - 0.01]
        named = [self._named(one) for one in kept]
        if best <= 0 or (self._known and not any(named)) or not self._all_named(kept):
            return FigureAnswer()
        answer = FigureChooser(self.asked, self._text, self._known).choose(kept, named)
        fits = 0.1 * (bool(answer.figures) and "whose" not in answer.open) + 0.3 * answer.is_exact
        fits += 0.05 * (not any(one.kind == "sum" for one in answer.combined))
        return msgspec.structs.replace(answer, score=best + 0.2 * max(named) + fits)

    def _named(self, one: FoundFigure) -> int:
        """Return how many of the question's names a figure is of."""
        own, titles = squeeze(" ".join(one.things)), squeeze(f"{one.about} {one.document}")
        return sum(
            is_named(self._spelled[name], own)
            or bool({one.source, one.document} & set(self._owned.get(name, ())))
            or (name in self._owned and is_named(name, titles))
            for name in self._known
        )

    def _all_named(self, group: list[FoundFigure]) -> bool:
        """Return whether every name that rows somewhere have is in these rows, or is the owner of their document."""
        if len(self._known) < 2 or group[0].row is not None:
            return True
        text = squeeze(" ".join(thing for one in group for thing in one.things))
        documents = {group[0].document, group[0].source}
        return all(
            is_named(self._spelled[name], text) or documents & set(self._owned.get(name, ())) for name in self._known
        )

    def _score(self, one: FoundFigure) -> float:
        """Return how well a figure says what is asked, with any owner and period; 0 when not well enough."""
        asked = self.asked
        if not self._is_of_kind(one):
            return 0.0
        label = all_stems(one.measure)
        if label & _CHANGES and not asked.change:
            return 0.0
        own = {key for key in label if key not in _NOISE and not key.isdigit() and key not in self._owner_words}
        said = asked.met(label)
        if not said or not own:
            return 0.0
        precision = sum(asked.says(key) for key in own) / len(own)
        things = all_stems(" ".join(one.things))
        cover = asked.cover((label, 1.0), (things, 0.9), (all_stems(one.about), _ABOUT), (all_stems(one.when), _ABOUT))
        statement = any(word in one.about.lower() for word in ("consolidated", "statements of", "balance sheet"))
        if cover < MIN_COVER or precision < (_MIN_PRECISION_IN_STATEMENT if statement else _MIN_PRECISION):
            return 0.0
        noise = sum(key in _NOISE and not asked.says(key) for key in label)
        other = sum(key in _TELLING and not asked.says(key) for key in label)
        return cover + 0.6 * precision - 0.02 * noise - 0.04 * other + 0.08 * statement

    def _is_of_kind(self, one: FoundFigure) -> bool:
        """Return whether a figure is a share, a count or an amount, as the question asks."""
        asked = self.asked
        money = bool(re.match(r"[A-Z]{3}\b", one.unit))
        if one.row is None:
            return not (asked.percent and money) and not (asked.count and money)
        bare = not one.unit and one.value[:1].isdigit()
        if (
            bare
            and not asked.count
            and kind_of_measure(one.measure, "") == "flow"
            and "share" not in one.measure.lower()
        ):
            return False  # `Sales 329` without a unit may count people
        percent = "%" in one.value or "%" in one.measure or "margin" in one.measure.lower()
        if percent != asked.percent or (re.search(r"(?i)change|variance", one.when) and not asked.change):
            return False
        return not asked.count or (not one.unit and one.value[:1].isdigit())
