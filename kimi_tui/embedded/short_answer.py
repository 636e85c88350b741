"""The short answer of a memo: a row that the question names, or sentences that answer it.

Nothing is said here that only shares some words with the question; such passages come further down.
"""

import re
from collections.abc import Iterable

import msgspec

from kimi_tui.embedded.asked import FILLERS, Asked, all_stems
from kimi_tui.embedded.figures import count_amounts
from kimi_tui.embedded.memo_evidence import MemoEvidence
from kimi_tui.embedded.observation_parser import ObservedPassage
from kimi_tui.embedded.observed_rows import ObservedRow, parse_query_rows, parse_table_rows
from kimi_tui.embedded.owners import owners
from kimi_tui.embedded.question_parser import YEAR
from kimi_tui.embedded.relevance import STOP_WORDS, split_words, stem
from kimi_tui.embedded.sentences import PassageSentence
from kimi_tui.embedded.turn_history import TurnHistory

MIN_COVER = 0.74
"""The share of the asked words that a row or a sentence must say to come first."""
_MIN_BESIDE = 0.6
"""The share of the asked words that a sentence must say which follows such a one on the same page."""
_MIN_PRECISION = 0.6
"""The share of a row's own words that must be asked for."""
_MAX_PERIODS = 3
_MAX_SENTENCES = 2
_ABOUT = 0.85
"""How much a word counts that only the section, the heading or the words above a table say."""
_NOISE = (
    FILLERS
    | STOP_WORDS
    | {stem(w) for w in ["net", "consolidated", "attributable", "reported", "expense", "current", "cost", "gross"]}
)
_EARLY = re.compile(r"(?i)\b(?:jan(?:uary)?|feb(?:ruary)?)\b")
_NUMBER = re.compile(r"(?<![\w.])\d[\d,]*(?:\.\d+)?")


class AnswerEvidence(msgspec.Struct, frozen=True):
    """The rows and sentences that the short answer rests on."""

    rows: tuple[ObservedRow, ...] = ()
    sentences: tuple[PassageSentence, ...] = ()


def find_answer(trail: TurnHistory, evidence: MemoEvidence) -> AnswerEvidence:
    """Return the rows and sentences that say what is asked; both empty when nothing says enough of it."""
    owned = owners(trail)
    who = tuple(owned)
    asked = Asked(trail.question, who)
    if not asked.alternatives:
        return AnswerEvidence()
    if len(who) > 1 and len(set(owned.values())) > 1:
        each = [_find(trail, evidence, asked, set(sources)) for sources in owned.values()]
        return AnswerEvidence(
            tuple(row for one in each for row in one.rows), tuple(s for one in each for s in one.sentences[:1])
        )
    meant = {source for sources in owned.values() for source in sources}
    return _find(trail, evidence, asked, meant)


def _find(trail: TurnHistory, evidence: MemoEvidence, asked: Asked, meant: set[str]) -> AnswerEvidence:
    rows = _best_rows(trail, asked, meant) if asked.amount or asked.percent or asked.count else []
    return AnswerEvidence(tuple(rows), () if rows else tuple(_best_sentences(evidence.candidates, asked, meant)))


def _of(passage: ObservedPassage, meant: set[str]) -> bool:
    return not meant or passage.source in meant or passage.path in meant


def _best_rows(trail: TurnHistory, asked: Asked, meant: set[str]) -> list[ObservedRow]:
    """Return the best row in each of the years asked for; in the latest when none is."""
    pages = [row for passage in trail.passages() if passage.weight == 1.0 for row in parse_table_rows(passage)]
    queried = [row for table in trail.tables() for row in parse_query_rows(table)]
    scored = [(_score(row, asked), row) for row in [*pages, *queried] if _of(row.passage, meant)]
    scored = [(score, row) for score, row in scored if score > 0]
    if not scored:
        return []
    if not asked.years:
        latest = max((max(row.years, default="") for _, row in scored), default="")
        best = max(score for score, _ in scored)
        good = [row for score, row in scored if score > best - 0.02]
        return [next((row for row in good if latest in row.years), good[0])] if best else []
    found: list[ObservedRow] = []
    for year in asked.years[:_MAX_PERIODS]:
        of_year = [(score, row) for score, row in scored if year in row.years]
        if of_year:
            row = max(of_year, key=lambda one: (one[0], -len(one[1].years)))[1]
            found += [row, *_other_year(row, [one for _, one in scored], year if asked.fiscal else "")]
    return found


def _other_year(best: ObservedRow, rows: list[ObservedRow], fiscal: str) -> list[ObservedRow]:
    """The next year's figure of the same row, where a business year that ends early in a year may be called either."""
    if not fiscal or not _EARLY.search(best.head):
        return []
    following = str(int(fiscal) + 1)
    return [row for row in rows if row.label == best.label and row.passage == best.passage and following in row.years][
        :1
    ]


def _score(row: ObservedRow, asked: Asked) -> float:
    """Return how well a row says what is asked; 0 when it does not say enough."""
    percent = "%" in row.value or "%" in row.label or "margin" in row.label.lower()
    if percent != asked.percent and not (asked.percent and not row.number):
        return 0.0
    if (asked.percent and not percent) or (re.search(r"(?i)change|variance", row.head) and not asked.change):
        return 0.0
    if asked.count and (row.scale or not row.value[:1].isdigit()):
        return 0.0
    label = all_stems(row.label)
    own = {key for key in label if key not in _NOISE and not key.isdigit()}
    said = asked.met(label)
    if not said or not own:
        return 0.0
    precision = sum(asked.says(key) for key in own) / len(own)
    cover = asked.cover((label, 1.0), (all_stems(row.about), _ABOUT), (all_stems(row.head), _ABOUT))
    if cover < MIN_COVER or precision < _MIN_PRECISION:
        return 0.0
    noise = sum(key in _NOISE and not asked.says(key) for key in label)
    statement = 0.08 * any(word in row.about.lower() for word in ("consolidated", "statements of"))
    return cover + 0.6 * precision - 0.02 * noise + statement - 0.1 * _is_part(row)


def _is_part(row: ObservedRow) -> bool:
    """Return whether a query's row is of a part, as one with dimensions."""
    return bool(row.number) and any(mark in row.head for mark in ("Member", "Axis", "{"))


def _best_sentences(found: Iterable[PassageSentence], asked: Asked, meant: set[str]) -> list[PassageSentence]:
    """Return the best sentences of one document that say what is asked, and one beside them that says most of it."""
    scored = []
    for place, sentence in enumerate(found):
        if _of(sentence.passage, meant) and (score := _says(sentence, asked)):
            scored.append((score - 0.002 * place, sentence))
    scored.sort(key=lambda one: -one[0])
    ranked = [sentence for score, sentence in scored if score >= MIN_COVER]
    first = [one for one in ranked if one.passage.source == ranked[0].passage.source][:_MAX_SENTENCES]
    beside = [one for _, one in scored if ranked and one not in first and one.passage == ranked[0].passage]
    return first + beside[: _MAX_SENTENCES + 1 - len(first)]


def _says(sentence: PassageSentence, asked: Asked) -> float:
    """Return how well a sentence says what is asked; 0 when it does not say enough."""
    text = sentence.quote
    if sentence.tabular or not text or not sentence.is_closed:
        return 0.0
    years = set(YEAR.findall(text))
    if asked.years and years and not years & set(asked.years):
        return 0.0
    own = all_stems(text)
    heading = all_stems(sentence.passage.heading)
    cover = asked.cover((own, 1.0), (heading, 0.7))
    if cover < _MIN_BESIDE or len(asked.met(own)) < min(2, len(asked.alternatives)):
        return 0.0
    if asked.percent and not re.search(r"\d\s?(?:%|percent|per cent)", text):
        return 0.0
    figure = bool(count_amounts(text)) or bool(_plain_numbers(text))
    if (asked.amount or asked.count) and not figure:
        return 0.0
    if cover < MIN_COVER:
        return cover
    return cover + 0.3 * (asked.count and _counts(text, asked)) + 0.1 * bool(years & set(asked.years))


def _plain_numbers(text: str) -> list[str]:
    """Return the numbers of a text that are no years."""
    return [number for number in _NUMBER.findall(text.replace(",", "")) if not YEAR.fullmatch(number)]


def _counts(text: str, asked: Asked) -> bool:
    """Return whether a number is next to what is counted: `2,347 stores`, `store count of 2,347`."""
    tokens = text.split()
    for n, token in enumerate(tokens):
        bare = token.strip("(),.;")
        if _NUMBER.fullmatch(bare) and not YEAR.fullmatch(bare):
            near = {stem(word) for one in tokens[max(n - 4, 0) : n + 4] for word in split_words(one)}
            if asked.met(frozenset(near)):
                return True
    return False


def is_asked(trail: TurnHistory, measure: str) -> bool:
    """Return whether a measure whose change was calculated is one whose change is asked for."""
    asked = Asked(trail.question, tuple(owners(trail)))
    return asked.change and bool(asked.met(all_stems(measure)))
