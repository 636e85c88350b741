"""Look for the words, figures and letters of one text in another, whatever separates them.

A text is prepared once and asked many times: words one after the other, figures without their separators, and letters
and digits alone, so that `netdebtof4,210` is found where `Net debt of 4,210` stands.
"""

import re
import unicodedata
from functools import cached_property, lru_cache

from kimi_tui.text import INVISIBLE

MIN_RUN_WORDS = 3
"""Consecutive words that are no coincidence."""
MIN_FIGURE_DIGITS = 3
"""Digits that make a word a figure, which is reported on its own."""
MIN_SQUEEZED_CHARS = 12
"""Letters and digits in a row that are no coincidence, whatever stands between them."""
MIN_VARIED_LETTERS, MIN_CONSONANTS = 7, 5
"""Letters of the shortest name that is known misspelled, and of the shortest without vowels."""
MAX_CORPORA = 3
"""Groups of texts that are kept ready: of a person, of a desk, and of one more session."""
MAX_PREPARED_TEXTS = 512
"""Texts that are kept ready to be searched."""

WORD = re.compile(r"(?:%[0-9A-Fa-f]{2}|[^\W_])+(?:[.,'\u2019-](?:%[0-9A-Fa-f]{2}|[^\W_])+)*")
_GRAM, _STEP = 8, 5
_INNER_SIGNS = ".,'\u2019-"
"""Signs that stand inside words and at their ends."""
_SEPARATORS = {ord(sign): " " for sign in '()[]{}<>|/\\"\u201c\u201d\u201e;:!?=&#*_`~+\u00b7%$\u20ac\u00a3'}
_FIGURE = re.compile(r"\d[\d.,' \u00a0\u2009\u202f]*\d|\d")
_INVISIBLE = re.compile(f"[{INVISIBLE}]")
_VOWEL = re.compile("[aeiou]")
_LOOK_ALIKES = str.maketrans(
    "\u0430\u0435\u043e\u0440\u0441\u0445\u0443\u0456\u0458\u0455\u04bb\u0501\u051b\u0433\u043a\u043c\u0442\u043d\u0432"
    "\u03b1\u03b5\u03bf\u03c1\u03c5\u03bd\u03b9\u03ba\u03c4\u03c7\u0131\u0438"
    "\u0410\u0412\u0415\u041a\u041c\u041d\u041e\u0420\u0421\u0422\u0423\u0425\u0406\u0408\u0405"
    "\u0391\u0392\u0395\u0396\u0397\u0399\u039a\u039c\u039d\u039f\u03a1\u03a4\u03a5\u03a7",
    "aeopcxyijshdqrkmthbaeopuviktxiuABEKMHOPCTYXIJSABEZHIKMNOPTYX",
)


def squeeze(text: str) -> str:
    """Return the letters and digits of a text alone: lower case, without accents, look-alikes as Latin letters."""
    if text.isascii():
        return "".join(filter(str.isalnum, text)).lower()
    return "".join(filter(str.isalnum, unicodedata.normalize("NFKD", plain_letters(text)).casefold()))


def plain_letters(text: str) -> str:
    """Return a text without invisible marks, its wide and styled letters plain, look-alikes as Latin letters."""
    return unicodedata.normalize("NFKC", _INVISIBLE.sub("", text)).translate(_LOOK_ALIKES)


def figure_keys(text: str) -> frozenset[str]:
    """Return what tells a figure from others: its digits, and those without zeros at either end; empty if too few."""
    digits = "".join(filter(str.isdigit, text))
    return frozenset(key for key in (digits, digits.strip("0")) if len(key) >= MIN_FIGURE_DIGITS)


def name_variants(name: str) -> set[str]:
    """Return a name in lower case, with one letter less at each place, and its consonants alone."""
    variants = {name}
    if len(name) >= MIN_VARIED_LETTERS:
        variants |= {name[:at] + name[at + 1 :] for at in range(1, len(name))}
        consonants = name[0] + _VOWEL.sub("", name[1:])
        if len(consonants) >= MIN_CONSONANTS:
            variants.add(consonants)
    return variants


def is_figure(word: str) -> bool:
    """Return whether a word holds enough digits to be a figure."""
    return sum(character.isdigit() for character in word) >= MIN_FIGURE_DIGITS


def normalize_words(text: str) -> str:
    """Return a text as words with one blank between them, each without the mark of a possessive."""
    text = _INVISIBLE.sub("", text) if not text.isascii() else text
    words = (word.strip(_INNER_SIGNS) for word in text.replace("\u2019", "'").translate(_SEPARATORS).split())
    return " ".join(word.removesuffix("'s") for word in words if word)


class SearchedText:
    """One text in which words are searched."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._plain = f" {normalize_words(text)} "
        self._lower = self._plain.lower()

    def contains(self, words: list[str]) -> bool:
        """Return whether the text has these words one after the other."""
        return f" {' '.join(words).lower()} " in self._lower

    def is_origin(self, words: list[str]) -> bool:
        """Return whether words that the text has are no coincidence: a run of them, a figure, or a name."""
        return len(words) >= MIN_RUN_WORDS or any(is_figure(word) or word.lower() in self.names for word in words)

    def has_figure(self, word: str) -> bool:
        """Return whether the text has a figure, in any notation and any power of ten."""
        return bool(figure_keys(word) & self.figures)

    def has_squeezed(self, squeezed: str) -> bool:
        """Return whether the text has these letters and digits in this order, whatever is between them."""
        return squeezed in self._squeezed

    @cached_property
    def vocabulary(self) -> frozenset[str]:
        """Its words in lower case."""
        return frozenset(self._lower.split())

    @cached_property
    def names(self) -> frozenset[str]:
        """Words of four letters and more that it writes with a capital letter and never without; in lower case."""
        words = set(self._plain.split())
        return frozenset(
            word.lower()
            for word in words
            if len(word) >= 4 and word.lower() not in words and (word.istitle() or word.isupper())
        )

    @cached_property
    def figures(self) -> frozenset[str]:
        """The keys of all its figures, see `figure_keys`."""
        found = _FIGURE.findall(self._text)
        return frozenset().union(*(figure_keys(part) for part in {*found, *" ".join(found).split()}))

    @cached_property
    def positions(self) -> dict[str, list[int]]:
        """Where each of its words of four letters and more is, counted in words."""
        found: dict[str, list[int]] = {}
        for at, word in enumerate(self._lower.split()):
            if len(word) > 3:
                found.setdefault(word, []).append(at)
        return found

    def gram_hashes(self) -> set[int]:
        """Return hashes of every fifth stretch of eight letters and digits: any twelve in a row hold one of them."""
        text = self._squeezed
        return {hash(text[at : at + _GRAM]) for at in range(0, len(text) - _GRAM + 1, _STEP)}

    @cached_property
    def _squeezed(self) -> str:
        return squeeze(self._text)


class Corpus:
    """Several searched texts with what they have together, so that a text that none of them knows is passed quickly."""

    def __init__(self) -> None:
        self.texts: tuple[str, ...] = ()
        self.places: list[SearchedText] = []
        """The texts, ready to be searched, in the same order."""
        self.vocabulary: set[str] = set()
        """The words of all, in lower case."""
        self.figures: set[str] = set()
        """The keys of all figures."""
        self.name_index: dict[str, tuple[str, int]] = {}
        """For each variant of a name, see `name_variants`: the name and the number of the text."""
        self._grams: set[int] = set()

    def extend(self, texts: tuple[str, ...]) -> None:
        """Add texts."""
        self.texts += texts
        for place in map(prepare_text, texts):
            for name in place.names:
                for variant in name_variants(name):
                    self.name_index.setdefault(variant, (name, len(self.places)))
            self.places.append(place)
            self.vocabulary |= place.vocabulary
            self.figures |= place.figures
            self._grams |= place.gram_hashes()

    def find_squeezed(self, squeezed: str) -> tuple[int, int, int]:
        """Return the first stretch of letters and digits that a text has too: start, end, and which text; else zeros.

        It has at least `MIN_SQUEEZED_CHARS`; positions count in `squeezed`.
        """
        for at in range(len(squeezed) - MIN_SQUEEZED_CHARS + 1 + _STEP):
            if hash(squeezed[at : at + _GRAM]) not in self._grams:
                continue
            for number, place in enumerate(self.places):
                if place.has_squeezed(squeezed[at : at + _GRAM]):
                    start, end = _extend(squeezed, at, place)
                    if end - start >= MIN_SQUEEZED_CHARS:
                        return start, end, number
        return 0, 0, 0


def _extend(squeezed: str, at: int, place: SearchedText) -> tuple[int, int]:
    """Return the whole stretch around a shared gram that a text has."""
    start, end = at, at + _GRAM
    while end < len(squeezed) and place.has_squeezed(squeezed[start : end + 1]):
        end += 1
    while start > 0 and place.has_squeezed(squeezed[start - 1 : end]):
        start -= 1
    return start, end


@lru_cache(MAX_PREPARED_TEXTS)
def prepare_text(text: str) -> SearchedText:
    """Return a text ready to be searched; the same object for the same text while it is in use."""
    return SearchedText(text)


_corpora: list[Corpus] = []
"""The corpora used last, the latest first."""


def prepare_corpus(texts: tuple[str, ...]) -> Corpus:
    """Return texts ready to be searched together.

    The texts of a session grow at their end, so the corpus that was used before is extended where it can be.
    """
    for corpus in _corpora:
        if texts[: len(corpus.texts)] == corpus.texts and bool(corpus.texts) == bool(texts):
            corpus.extend(texts[len(corpus.texts) :])
            break
    else:
        corpus = Corpus()
        corpus.extend(texts)
        _corpora.append(corpus)
    _corpora.sort(key=lambda one: one is not corpus)
    del _corpora[MAX_CORPORA:]
    return corpus
