"""Match the row labels of a table with the words of a sentence.

Words are compared without case, plural, footnote marks and typography. A row is *named* when all words of its label
stand in the sentence; of several named rows the one with more words wins (`Total current assets` over `Total assets`).
"""

import re
import unicodedata
from collections.abc import Iterable
from difflib import get_close_matches

from kimi_tui.evidence.vocabulary import STOP_WORDS

_WORD = re.compile(r"[^\W_]+(?:[&'\u2019.][^\W_]+)*", re.UNICODE)
_FOOTNOTE = re.compile(
    r"\s*(?:\((?:\d{1,2}|[a-z]|notes?\b[^()]*)\)|\[(?:\d{1,2}|[a-z])\]|\^\s?\(?\w{1,2}\)?|[*\u2020\u2021\u00b9\u00b2\u00b3\u2070-\u2079]+)(?=\s|$|[,;:])",
    re.IGNORECASE,
)
_INSIDE_NAME = re.compile(r"_|(?<=[a-z])(?=[A-Z][a-z])|(?<=[a-z])(?=[A-Z]{2,}(?:[A-Z][a-z]|\b))")
"""Where the words of a name such as `CostOfRevenue` or `net_sales` meet."""
_KIND_WORDS = frozenset(("expense",))
"""Words that a row's label adds to its subject."""
_QUALIFIERS = _KIND_WORDS | frozenset(
    ("current", "carrying", "value", "net", "total", "amount", "basic", "consolidated")
)
"""Words that a label, or the name of a tag, adds where no other row can be meant."""
_SYNONYMS = (
    (r"\br\s?(?:&|and)\s?d\b", "research development"),
    (r"\bs\s?g\s?(?:&|and)\s?a\b", "selling general administrative"),
    (r"\bg\s?(?:&|and)\s?a\b", "general administrative"),
    (r"\bd\s?(?:&|and)\s?a\b", "depreciation amortization"),
    (r"\bpp\s?(?:&|and)?\s?e\b", "property plant equipment"),
    (r"\bcogs\b", "cost goods sold"),
    (r"\beps\b", "earnings per share"),
    (r"\bstockholders\b", "shareholders"),
    (r"\bshareowners\b", "shareholders"),
    (r"\bamortisation\b", "amortization"),
)


def clean_label(label: str) -> str:
    """Return a label without footnote marks, trailing colons and dots, on one line."""
    return _FOOTNOTE.sub("", " ".join(label.split())).strip(" :.\u2026|")


def content_stems(text: str) -> tuple[str, ...]:
    """Return the content words of a text as stems, in order."""
    folded = _INSIDE_NAME.sub(" ", unicodedata.normalize("NFKC", text).replace("\u2019", "'")).lower()
    for pattern, words in _SYNONYMS:
        folded = re.sub(pattern, words, folded)
    folded = re.sub(r"(?<=[^\W\d_])[-\u2010\u2011](?=[^\W\d_])", " ", folded)
    found = (word.strip(".'") for word in _WORD.findall(folded))
    return tuple(stem(word) for word in found if word and word not in STOP_WORDS)


def has_synonym(word: str) -> bool:
    """Return whether a text may write a stem in other letters: `research` as `R&D`."""
    return word in _SYNONYM_STEMS


def stem(word: str) -> str:
    """Return a word without possessive and plural endings; enough to compare labels with sentences."""
    word = re.sub(r"'s?$", "", word)
    if len(word) > 4 and word.endswith("ies"):
        return word[:-3] + "y"
    if len(word) > 4 and word.endswith(("sses", "xes", "ches", "shes")):
        return word[:-2]
    if len(word) > 3 and word.endswith("s") and not word.endswith(("ss", "us", "is")):
        return word[:-1]
    return word


_SYNONYM_STEMS = frozenset(stem(word) for _, words in _SYNONYMS for word in words.split())


def same_label(one: str, other: str) -> bool:
    """Return whether two labels are the same but for case, marks and typography."""
    first, second = content_stems(clean_label(one)), content_stems(clean_label(other))
    return first == second if first or second else clean_label(one).casefold() == clean_label(other).casefold()


def same_but_for_kind(one: str, other: str) -> bool:
    """Return whether two labels are the same but for `expenses`, which tables add and sentences leave out."""
    first, second = (frozenset(content_stems(clean_label(label))) for label in (one, other))
    return len(first & second) > 1 and first ^ second <= _KIND_WORDS


def misses_only_qualifiers(label: str, words: frozenset[str], *, alone: bool) -> bool:
    """Return whether words have all of a label but what qualifies it; `alone` says that no other row can be meant."""
    wanted = frozenset(content_stems(clean_label(label)))
    missing = wanted - words
    return len(wanted - missing) > 1 and missing <= (_QUALIFIERS if alone else _KIND_WORDS)


def named_share(label: str, words: frozenset[str]) -> float:
    """Return the share of a label's words among these words, 0 to 1; 0 for a label without words."""
    wanted = frozenset(content_stems(clean_label(label)))
    return len(wanted & words) / len(wanted) if wanted else 0.0


def find_named_labels(labels: Iterable[str], words: frozenset[str]) -> set[str]:
    """Return the labels whose words all occur, unless another named label has more of them."""
    named: dict[str, frozenset[str]] = {}
    for label in set(labels):
        wanted = frozenset(content_stems(clean_label(label)))
        if wanted and wanted <= words and not all(map(_is_figure, wanted)):
            named[label] = wanted
    return {label for label, wanted in named.items() if not any(wanted < other for other in named.values())}


def find_closest_labels(wanted: str, labels: Iterable[str], count: int = 3) -> list[str]:
    """Return the labels nearest to a wanted one, the nearest first: for a message that says what is there."""
    by_text = {clean_label(label).casefold(): label for label in labels}
    words = frozenset(content_stems(wanted))
    near = [text for text in by_text if words and frozenset(content_stems(text)) == words]
    near += [
        text for text in get_close_matches(clean_label(wanted).casefold(), by_text, count, 0.5) if text not in near
    ]
    near += sorted((text for text in by_text if text not in near), key=lambda text: -named_share(text, words))
    return [by_text[text] for text in near[:count]]


def _is_figure(word: str) -> bool:
    return word.isdigit()
