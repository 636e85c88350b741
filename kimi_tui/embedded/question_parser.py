"""Parse a question: names, years, periods and subject words, and the searches that follow from them.

Only the words of the person who asks go in; nothing that a document says becomes a query.
"""

import re

import msgspec

from kimi_tui.embedded.relevance import IDEOGRAPHS, STOP_WORDS, split_words, stem, unique_by
from kimi_tui.embedded.wordings import translate

SYNONYMS = (
    ("revenue", "sales", "turnover", "umsatz"),
    ("profit", "earnings", "income", "gewinn", "bénéfice"),
    ("margin", "profitability", "marge"),
    ("guidance", "outlook", "forecast", "ausblick"),
    ("debt", "borrowings", "leverage", "schulden"),
    ("capex", "capital expenditure", "investment"),
    ("employees", "headcount", "workforce", "mitarbeiter"),
    ("risk", "uncertainty", "exposure", "risiko"),
    ("growth", "increase", "change", "wachstum"),
    ("cash", "liquidity"),
    ("orders", "backlog", "order intake", "auftragseingang"),
    ("restated", "restatement", "corrected", "revised"),
    ("costs", "expenses", "kosten"),
    ("dividend", "distribution", "payout"),
)
"""Words that filings use for the same thing; the first is what a column or a heading usually says."""

WORDINGS = (
    ("store", "shop", "outlet"),
    ("employee", "staff", "headcount", "workforce", "people", "associate", "employ", "employed"),
    ("manufacture", "produce", "make", "made", "production"),
    ("chip", "semiconductor", "wafer"),
    ("shareholder", "stockholder", "shareowner"),
    ("loss", "losses"),
    ("auditor", "audit", "audits", "audited", "accounting firm"),
    ("headquarters", "headquartered", "principal executive offices"),
    ("lawsuit", "litigation", "legal proceedings"),
    ("buyback", "repurchase"),
    ("supplier", "vendor"),
    ("country", "countries"),
    ("inventory", "inventories", "stock"),
    ("revenue", "earn", "earned"),
    ("operates", "operate", "runs"),
)
"""Words of everyday questions and what filings say for them."""

_CALENDAR_WORDS = """
january february march april may june july august september october november december monday tuesday wednesday
thursday friday saturday sunday form item note fy
ende jahr jahre jahren jahresende geschäftsjahr geschäftsjahre quartal halbjahr monat januar februar märz mai juni juli
oktober dezember unternehmen firma gesellschaft konzern gruppe höhe anzahl zahl entwicklung vergleich größe mio mrd euro
eur usd gbp chf dollar janvier février mars avril juin juillet août septembre octobre novembre décembre société groupe
exercice trimestre semestre année h1 h2 q1 q2 q3 q4
"""
CALENDAR = frozenset(_CALENDAR_WORDS.split())
"""Words that are written like names and name nobody."""

YEAR = re.compile(r"(?<![\d.,])(?:19|20)\d{2}(?![\d])")
"""A year in a text."""
_RANGE = re.compile(r"\b((?:19|20)\d{2})\s*(?:-|–|to|and|bis|und|à|a)\s*((?:19|20)\d{2})\b")
_QUARTER = re.compile(r"\bQ[1-4]\b|\b[1-4]Q\b", re.IGNORECASE)
_NAME = re.compile(
    r"(?<!\w)[a-z]?[A-ZÀ-ÖØ-Þ][\w&’'-]*(?:\s+(?:[A-ZÀ-ÖØ-Þ][\w&’'-]*|of|de|&))*(?<!\sof)(?<!\sde)(?<!\s&)"
)
_FISCAL_YEAR = re.compile(r"(?:FY|CY)\d{2,4}")
_ACRONYMS = ("ebitda", "ebit", "ebt", "eps", "roce", "roe", "capex", "opex", "arr", "nav", "ceo", "cfo", "coo", "cto")
_OBJECT = re.compile(
    r"(?i)\W+(?:the|a|an|of|in|for|at|on|and|to|how|what|which|all|me|us|each|every|its|their|any|is|are)\b"
)
"""What follows a verb or a common noun, and no name without its ending."""
_QUOTED = re.compile(r"[\"“”«»„]([^\"“”«»„]{3,80})[\"“”«»„]")
_FIGURES = frozenset(stem(word) for group in SYNONYMS for phrase in group for word in split_words(phrase)) | {"figure"}
_QUERY_WORDS = 8


class ParsedQuestion(msgspec.Struct, frozen=True):
    """A parsed question."""

    text: str
    names: tuple[str, ...]
    """Capitalised names, as written."""
    years: tuple[str, ...]
    quarters: tuple[str, ...]
    """`Q1` to `Q4`."""
    phrases: tuple[str, ...]
    """What stands in quotation marks."""
    subjects: tuple[str, ...]
    """Content words that are neither names nor periods, lower case, in order."""
    steers: tuple["ParsedQuestion", ...] = ()
    """What the person said later in the turn."""

    def weights(self) -> dict[str, float]:
        """Return the weight of each stem for ranking sentences."""
        weights: dict[str, float] = {}
        for group in find_synonyms(self.subjects):
            for word in split_words(group):
                weights.setdefault(stem(word), 0.5)
        for year in (*self.years, *self.quarters):
            weights[stem(year.lower())] = 0.8
        for name in self.names:
            weights.update({stem(word): 1.0 for word in split_words(name) if word not in STOP_WORDS})
        weights.update({stem(word): 1.4 for word in self.subjects})
        for steer in self.steers:
            for key, weight in steer.weights().items():
                weights[key] = max(weights.get(key, 0.0), weight * 1.2)
        return weights

    @property
    def asks_for_figures(self) -> bool:
        """Return whether the question asks for something that filings give in figures."""
        asked = any(stem(word) in _FIGURES for word in self.subjects) or bool(self.years or self.quarters)
        return asked or any(steer.asks_for_figures for steer in self.steers)

    @property
    def topics(self) -> tuple[str, ...]:
        """Return the subject words; two adjacent ones form one topic (`operating margin`)."""
        text = f" {' '.join(split_words(self.text))} "
        found: list[str] = []
        for word in self.subjects:
            pair = f"{found[-1]} {word}" if found else ""
            if pair and " " not in found[-1] and f" {pair} " in text:
                found[-1] = pair
            else:
                found.append(word)
        return tuple(found)

    @property
    def aspects(self) -> tuple[str, ...]:
        """Return what the memo has sections for: subjects, then names, including those of steers."""
        own = (*self.topics, *self.names, *(word for steer in self.steers for word in steer.aspects))
        telling = [word for word in own if not IDEOGRAPHS.search(word)]  # a pair of ideographs is no word
        return tuple(unique_by(telling, lambda word: stem(word.lower())))

    def queries(self) -> tuple[str, ...]:
        """Searches for the desk: the question, its names alone, other wordings; seven, and two a steer, at most."""
        periods, subjects = (*self.quarters, *self.years), self.subjects[:3]
        found = [" ".join(self.text.split())[:300], *self.names[:3], *self.phrases]
        found.append(_join_query(*self.names, *self.subjects, *periods))
        found += [_join_query(name, *subjects) for name in self.names[:3]]
        if self.asks_for_figures and subjects:
            found.append(_join_query("restated", subjects[0]))
        found.append(_join_query(*subjects, *periods))
        found.append(_join_query(*self.names[:2], *find_synonyms(self.subjects)[:4]))
        found.append(_join_query(*self.subjects[3:]))
        own = [query for query in unique_by(found, str.lower) if query][:7]
        later = [query for steer in self.steers for query in steer.queries()[:2]]
        return tuple(unique_by([*own, *later], str.lower))


def _join_query(*parts: str) -> str:
    """Return the words of `parts` as one query, each once."""
    found = unique_by(" ".join(parts).split(), str.lower)
    return " ".join(found[:_QUERY_WORDS])


def find_synonyms(subjects: tuple[str, ...]) -> list[str]:
    """Return other terms that filings use for the subjects, alternating between their groups."""
    keys = [stem(word) for word in subjects]
    groups = [[word for word in group if stem(word) not in keys] for key in keys for group in _groups_of(key)]
    longest = max((len(group) for group in groups), default=0)
    return [group[n] for n in range(longest) for group in groups if n < len(group)]


def _groups_of(key: str) -> list[tuple[str, ...]]:
    """Return the synonym groups with this stem."""
    return [group for group in (*SYNONYMS, *WORDINGS) if key in {stem(word) for word in group}]


def read_question(text: str, steers: tuple[str, ...] = ()) -> ParsedQuestion:
    """Parse a question and its steers; only the first 4,000 characters count."""
    text = text[:4000]
    years = _years(text)
    quarters = tuple(unique_by([_quarter(found) for found in _QUARTER.findall(text)], str))
    names = _names(translate(text))
    taken = {stem(word) for name in names for word in split_words(name)} | {
        word.lower() for word in (*years, *quarters)
    }
    subjects = [
        word
        for word in split_words(text)
        if word not in STOP_WORDS and stem(word) not in taken and not word.isdigit() and _is_meaningful(word)
    ]
    return ParsedQuestion(
        text=text,
        names=names[:6],
        years=years[:6],
        quarters=quarters,
        phrases=tuple(_QUOTED.findall(text))[:2],
        subjects=tuple(unique_by(subjects, stem))[:12],
        steers=tuple(read_question(steer) for steer in steers),
    )


def _years(text: str) -> tuple[str, ...]:
    """Return the years named; those between the two ends of a range of up to ten are named as well."""
    found = [match.group() for match in YEAR.finditer(text)]
    for match in _RANGE.finditer(text):
        first, last = int(match.group(1)), int(match.group(2))
        if first < last <= first + 10:
            found += [str(year) for year in range(first, last + 1)]
    return tuple(sorted(unique_by(found, str)))


def _is_meaningful(word: str) -> bool:
    """Return whether a word is long enough to be meaningful; pairs of ideographs are."""
    return len(word) > 2 or (len(word) == 2 and not word.isascii())


def _quarter(text: str) -> str:
    """`2q` and `Q2` as `Q2`."""
    return "Q" + next(character for character in text if character.isdigit())


def _names(text: str) -> tuple[str, ...]:
    """Capitalised names; the first word of a sentence counts only if it is written so elsewhere or goes on."""
    names = []
    text = re.sub(r"(?<=\w)['’]s?(?=\s+[A-Z])", ",", text)  # `Nike's Jordan Brand` is two names
    for match in _NAME.finditer(text):
        name = match.group()
        before = text[: match.start()].rstrip()
        opening = not before or before[-1] in ".?!:"
        parts = name.split()
        while parts and (parts[0].lower() in STOP_WORDS | CALENDAR or _QUARTER.fullmatch(parts[0])):
            parts = parts[1:]
            opening = False
        if len(parts) > 2 and parts[0].lower() in _ACRONYMS and parts[1].lower() in ("of", "de"):
            parts, opening = parts[2:], False  # `EBITDA of Iberdrola`
        plain = opening and len(parts) == 1 and text.count(parts[0]) < 2
        if not parts or (plain and not _may_be_name(parts[0], text[match.end() :])):
            continue
        while parts and (parts[-1].lower() in STOP_WORDS | CALENDAR or _QUARTER.fullmatch(parts[-1])):
            parts = parts[:-1]
        if parts and not (len(parts) == 1 and (len(parts[0]) < 2 or _FISCAL_YEAR.fullmatch(parts[0]))):
            names.append(re.sub(r"['’]s?$", "", " ".join(parts)))
    return tuple(unique_by([name for name in names if name], str.lower))


def _may_be_name(word: str, following: str) -> bool:
    """Return whether a sentence's first word may be a name: no word of filings, and no verb before an article."""
    known = {stem(one) for group in (*SYNONYMS, *WORDINGS) for phrase in group for one in split_words(phrase)}
    return stem(word.lower()) not in known and not _OBJECT.match(following) and following.strip(" .?!") != ""
