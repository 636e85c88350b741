"""Measure how much a text says of what a question asks: its content words, each with its synonyms in filings."""

import re

from kimi_tui.embedded.operations import OPERATION_WORDS, read_operation
from kimi_tui.embedded.question_parser import CALENDAR, SYNONYMS, WORDINGS, ParsedQuestion
from kimi_tui.embedded.relevance import split_words, stem, unique_by

_FILLERS = """
amount big bigger business company corporation earn earned end figure firm fiscal full group high inc kind long low
made make makes name named number overall paid pay pays period quarter run runs size small spend spent sum total value
month day january february march april may june july august september october november december reconcile compare
calendar invest invested generate generated record recorded recognise recognised recognize recognized hold held worth
incur incurred work worked works working currently spend last
press release book filing filings report reports statement statements notice note documents document
look too also consider include focus check
hoch hohe hoher hohes viel viele vielen groß gross lange lang full whole entire half first second third fourth combien
élevé
"""
FILLERS = frozenset(map(stem, [*_FILLERS.split(), *CALENDAR])) | OPERATION_WORDS
"""Stems of words that a question has and an answer need not."""
_PERCENT = re.compile(r"(?i)\b(?:share of|percent\w*|per cent|proportion|margins?|rate|growth|how fast|%)")
_FISCAL = re.compile(r"(?i)\b(?:fiscal|FY|business year|financial year)")
_COUNT = re.compile(r"(?i)\bhow many\b|\bnumber of\b")
_CHANGE = re.compile(r"(?i)\b(?:chang\w+|develop\w*|gr[eo]w\w*|increas\w+|decreas\w+|compar\w+|entwickel\w+|evol\w+)\b")
_PROSE = re.compile(
    r"(?i)\b(?:who|whom|where|why|when|in which|which (?!year)|describe|explain|risks?|how (?:do|does|did|is|are))\b"
)
_RESTATED = re.compile(r"(?i)\brestat\w+|\bcorrected\b|\bberichtigt\w*|\bretrait\w+")
_PERSON = re.compile(r"(?i)\b(?:who|whom|wer|wem|qui)\b")
_AMOUNT = re.compile(r"(?i)\bhow (?:much|many|large|big|high|long|far|old|wide)\b|\bwhat share\b")


class Asked:
    """The words that a question asks for, with their alternatives."""

    def __init__(self, question: ParsedQuestion, who: tuple[str, ...] = ()) -> None:
        """`who` are the names that say whose documents are meant; they are looked for in documents, not in rows."""
        every = (question, *question.steers)
        texts = " ".join(one.text for one in every)
        owners = {stem(word) for name in who for word in split_words(name)}
        found = [word for one in every for word in one.subjects]
        found += [word for one in every for name in one.names if name not in who for word in split_words(name)]
        keys = unique_by([stem(word) for word in found if len(word) > 1], str)
        keys = [key for key in keys if key not in FILLERS and key not in owners]
        self.alternatives = {key: alternatives(key) for key in keys}
        """By stem, the stems that say the same, itself included."""
        self.percent = bool(_PERCENT.search(texts))
        """True if the question asks for a share or a rate."""
        self.person = bool(_PERSON.search(texts))
        """True if the question asks for somebody's name."""
        self.count = bool(_COUNT.search(texts))
        """True if the question asks for a count."""
        self.change = bool(_CHANGE.search(texts))
        """True when a change over time is asked for."""
        ordered = read_operation(texts).order != 0
        topical = stem("risk") in self.alternatives
        self.amount = not topical and (
            bool(_AMOUNT.search(texts)) or self.change or ordered or not _PROSE.search(texts)
        )
        """True when a figure may be what is asked for."""
        self.restated = bool(_RESTATED.search(texts))
        """True when it is about restated or corrected figures."""
        self.fiscal = bool(_FISCAL.search(texts))
        """True when its years are business years."""
        self.years = tuple(unique_by([year for one in every for year in one.years], str))

    def met(self, stems: frozenset[str]) -> frozenset[str]:
        """Return the asked words that these stems say."""
        return frozenset(key for key, others in self.alternatives.items() if others & stems)

    def says(self, key: str) -> bool:
        """Return whether a stem is one of an asked word or of its alternatives."""
        return any(key in others for others in self.alternatives.values())

    def cover(self, *texts: tuple[frozenset[str], float]) -> float:
        """Return the share of the asked words that texts say, 0 to 1; each text has a weight, the heaviest counts."""
        if not self.alternatives:
            return 0.0
        total = 0.0
        for others in self.alternatives.values():
            total += max((weight for stems, weight in texts if others & stems), default=0.0)
        return total / len(self.alternatives)


def alternatives(key: str) -> frozenset[str]:
    """Return a stem and those of the words that filings use for the same thing."""
    found = {key}
    for group in (*SYNONYMS, *WORDINGS):
        keys = {stem(word) for phrase in group if " " not in phrase for word in [phrase]}
        if key in keys:
            found |= keys
    return frozenset(found)


def split_name(text: str) -> str:
    """Return a tag or a column's name as words: `AccountsPayableCurrent`, `net_sales`."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|_", " ", text)


def all_stems(text: str) -> frozenset[str]:
    """Return the stems of all words of a text, of tags as well."""
    return frozenset(stem(word) for word in split_words(split_name(text)))
