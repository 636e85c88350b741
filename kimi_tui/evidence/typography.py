"""Normalize typography so that it does not hide an exact quote.

White space, quotation marks, dashes, hyphens inside words and at line ends, soft hyphens, invisible marks, ligatures
and Markdown emphasis are folded; letters, their case and figures are not.
"""

import re
import unicodedata
from itertools import chain

from kimi_tui.text import INVISIBLE

_QUOTES = '\u2018\u2019\u201a\u201b\u2032\u201c\u201d\u201e\u00ab\u00bb\u2033"'
_DASHES = "\u2010\u2011\u2012\u2013\u2014\u2015\u2212"
_TYPOGRAPHY = str.maketrans(dict(chain(((mark, "'") for mark in _QUOTES), ((mark, "-") for mark in _DASHES))))
_SOFT_HYPHEN = re.compile("\u00ad\\s*\n\\s*")
_UNSEEN = re.compile(f"[{INVISIBLE}*`_\\\\]")
_ITEM = re.compile(r"\n\s*-+\s+")
"""The mark of a list's item, which is no hyphen: the words before and behind it stay apart."""
_DASH = re.compile(r"\s*-+\s*")
_INSIDE_WORD = re.compile(r"(?<=[^\W\d_])-(?=[^\W\d_])")
_BLANKS = re.compile(r"[\s|]+")
_SENTENCE = re.compile(r"(?<!\b[A-Z])(?<!\b(?:Mr|Dr|No|St|vs))[.!?][')\]]*\s")
_CUT_BEFORE = re.compile(r"(?:\w|\d[.,])$")
_CUT_BEHIND = re.compile(r"\w|[.,]\d")
"""What shows that words were cut out of a longer word or figure."""


def normalize_typography(text: str) -> str:
    """Return `text` in the form in which quotes are compared."""
    seen = _UNSEEN.sub("", _SOFT_HYPHEN.sub("", text))
    plain = unicodedata.normalize("NFKC", seen.translate(_TYPOGRAPHY)).translate(_TYPOGRAPHY)
    return _BLANKS.sub(" ", _INSIDE_WORD.sub("", _DASH.sub("-", _ITEM.sub(" ", plain)))).strip()


def is_quoted_in(quote: str, passage: str) -> bool:
    """Return whether a quote is in a folded passage word for word.

    Its pieces around an omission stand in order in one sentence, or each begins where a sentence does.
    """
    at, before = 0, -1
    previous = ""
    for piece in re.split(r"\s*(?:\[\s*(?:\u2026|\.{3})\s*\]|\(\s*(?:\u2026|\.{3})\s*\)|\u2026|\.{3,})\s*", quote):
        wanted = normalize_typography(piece).strip(" .,;:!?'-")
        at = _end_of(wanted, passage, at)
        if at < 0:
            return False
        left_out = passage[before : at - len(wanted)] if before >= 0 else ""
        if _SENTENCE.search(left_out) and not (previous.endswith((".", "!", "?")) and piece[:1].isupper()):
            return False
        before, previous = at, piece.rstrip("\"'\u201d\u2019 ")
    return True


def normalized_paragraphs(text: str) -> list[str]:
    """Return a text's normalized paragraphs, the scope for words omitted from a quote."""
    return [folded for block in re.split(r"\n\s*\n", text) if (folded := normalize_typography(block))]


def _end_of(wanted: str, passage: str, at: int) -> int:
    """Return where words end that begin at or behind a place of a passage, as whole words; else -1."""
    while (at := passage.find(wanted, at)) >= 0:
        end = at + len(wanted)
        if not (_CUT_BEFORE.search(passage, max(at - 2, 0), at) or _CUT_BEHIND.match(passage, end)):
            return end
        at += 1
    return -1
