"""Claims: the words that one citation supports, with amounts, periods, quotes and direction."""

import re
from functools import cached_property

from kimi_tui.evidence.amounts import Amount, find_amounts
from kimi_tui.evidence.labels import content_stems
from kimi_tui.evidence.measures import words_spoken_of
from kimi_tui.evidence.quotes import find_quotes, remove_quotes
from kimi_tui.quantities.text_periods import TextPeriod, find_periods, with_relative_periods

_UP = (
    r"rose|rises?|risen|rising|grew|grows?|growing|grown|increas(?:es?|ed|ing)|up|climb(?:s|ed|ing)?|higher|gain(?:s|ed)?|"
    r"jump(?:s|ed)?|surg(?:es?|ed)|expand(?:s|ed)?|advanc(?:es?|ed)|improv(?:es?|ed)|more(?=\s+(?:at|in|on)\b)|exceed(?:s|ed)?|growth|"
    r"stieg(?:en)?|wuchs(?:en)?|gestiegen|doubled|tripled|quadrupled|soar(?:s|ed)?"
)
_DOWN = (
    r"fell|falls?|fallen|falling|declin(?:es?|ed|ing)|decreas(?:es?|ed|ing)|down|dropp?(?:s|ed|ing)?|lower|shr[aiu]nk|"
    r"shrinks?|slipp?(?:s|ed)?|reduc(?:es?|ed|ing)|less(?=\s+(?:at|in|on)\b)|lost|plung(?:es?|ed)|contract(?:s|ed)?|sank|halved|"
    r"dip(?:s|ped)?|eased|weaken(?:s|ed)?|slid|sanken?|fiel(?:en)?|gesunken"
)
_DIRECTION = re.compile(rf"\b(?:(?P<up>{_UP})|(?P<down>{_DOWN}))\b", re.IGNORECASE)
_NOT_MOVING = "".join(rf"(?<!\b{verb} )" for verb in ("went", "go", "goes", "gone", "going", "moved", "moves", "came"))
"""Looks behind `up to`, which says `at most` unless something went up to it."""
_NOT_A_DIRECTION = re.compile(
    r"\b(?:more|less|higher|lower) than (?!at\b|in\b|on\b)|\bmore or less\b|\bnet of\b|\bless:? (?:valuation|allowance|"
    rf"accumulated)|{_NOT_MOVING}\bup to\b|\b(?:made|set|based|broken|write|written|mark|marked)[ -](?:up|down)\b"
    r"|\b(?:write|mark)-?downs?\b|\blower of\b|\bno more\b|\bonce more\b|\bgrowth rates?\b|\bgains? (?:on|from)\b"
    r"|\b(?:increase|decrease)s? (?:in|to|related)\b|\(?(?:increase|decrease)\)|\bcost reduction\b"
    r"|\b(?:the|for|of|on|in|under|by|all|customer|lease|loan) contracts\b"
    r"|\bcontracts? (?:with|within|for|and|of|liabilit\w+|assets?)\b",
    re.IGNORECASE,
)
_NEGATION = re.compile(
    r"\b(?:no|not|never|neither|nor|none|nothing|without|cannot|nobody|kein\w*|nicht|nie)\b|n['\u2019]t\b",
    re.IGNORECASE,
)
_COMPARED = re.compile(
    r"\b(?:after|from|compared (?:with|to)|versus|vs\.?|against|up from|down from|than)\b", re.IGNORECASE
)
_RESPECTIVELY = re.compile(r"\brespectively\b", re.IGNORECASE)


class Claim:
    """The words that one citation supports."""

    def __init__(self, text: str, *, row_label: str = "", in_table: bool = False) -> None:
        self.text = text if in_table else " ".join(text.split())
        """The words, citation marks left out."""
        self.row_label = row_label
        """The first cell, for a row of a table in the memo."""
        self.quotes = find_quotes(self.text)
        """Quoted passages."""
        self.own = remove_quotes(self.text)
        """The words outside of quotes."""
        self.row_names: list[tuple[int, int]] = []
        """Where it names rows of the cited tables, whose words say nothing of a direction."""

    @cached_property
    def amounts(self) -> list[Amount]:
        """Return the amounts outside of quotes."""
        return find_amounts(self.own)

    @cached_property
    def periods(self) -> list[TextPeriod]:
        """Return the periods outside of quotes, with their years."""
        return with_relative_periods(self.own, find_periods(self.own))

    @cached_property
    def words(self) -> frozenset[str]:
        """Stems of its own content words."""
        return frozenset(content_stems(self.own))

    @cached_property
    def row_words(self) -> frozenset[str]:
        """Return the same with the words that rows of tables use for its own: `top line`, `revenue`."""
        return self.words | words_spoken_of(self.own)

    @cached_property
    def words_without_figures(self) -> str:
        """Its own words with its amounts and periods blanked."""
        text = list(self.own)
        spans = [(one.start, one.end) for one in self.amounts] + [(one.start, one.end) for one in self.periods]
        for start, end in spans:
            text[start:end] = " " * (end - start)
        return "".join(text)

    @cached_property
    def direction(self) -> int:
        """1 for rising, -1 for falling, 0 for neither or both."""
        letters = list(self.own)
        for start, end in self.row_names:
            letters[start:end] = "\x00" * (end - start)
        return direction_of("".join(letters))

    @cached_property
    def is_negated(self) -> bool:
        """Return whether it denies something."""
        return bool(_NEGATION.search(self.own))

    def period_of(self, amount: Amount) -> TextPeriod | None:
        """Return the period that an amount belongs to by its place in the sentence."""
        return period_beside(self.own, amount, self.amounts, self.periods)


def direction_of(text: str) -> int:
    """1 when a text speaks of rising, -1 of falling, 0 of neither or both."""
    bare = _NOT_A_DIRECTION.sub(" ", text)
    found = {1 if match["up"] else -1 for match in _DIRECTION.finditer(bare)}
    return found.pop() if len(found) == 1 else 0


def is_negated(text: str) -> bool:
    """Return whether a text denies something."""
    return bool(_NEGATION.search(text))


def period_beside(text: str, amount: Amount, amounts: list[Amount], periods: list[TextPeriod]) -> TextPeriod | None:
    """Return the period of an amount: pairs go in order, else the nearest one behind it, else the nearest before it."""
    distinct = list({(period.year, period.kind, period.number, period.day): period for period in periods}.values())
    if len(distinct) < 2:
        return distinct[0] if distinct else None
    paired = [one for one in amounts if one.kind == amount.kind and one.kind != "multiple"]
    at = next((number for number, one in enumerate(paired) if one.start == amount.start), 0)
    if len(paired) == len(periods):
        return periods[at]
    if len(paired) == len(distinct) and _RESPECTIVELY.search(text):
        return distinct[at]
    following = next((one.start for one in amounts if one.start > amount.start), len(text))
    behind = [period for period in periods if amount.end <= period.start < following]
    before = [period for period in periods if period.end <= amount.start]
    return behind[0] if behind else before[-1] if before else None


def compares_periods(text: str) -> bool:
    """Return whether a text sets one figure or period against another."""
    return bool(_COMPARED.search(text))
