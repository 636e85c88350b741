"""Folding text so that typography does not hide an exact quote.

White space, quotation marks, dashes, hyphens at line ends, soft hyphens, ligatures, Markdown emphasis and case of
print are folded; letters and figures are not.
"""

import re
import unicodedata

_TYPOGRAPHY = str.maketrans(
    {
        "\u2018": "'", "\u2019": "'", "\u201a": "'", "\u201b": "'", "\u2032": "'",
        "\u201c": '"', "\u201d": '"', "\u201e": '"', "\u00ab": '"', "\u00bb": '"', "\u2033": '"',
        "\u2010": "-", "\u2011": "-", "\u2012": "-", "\u2013": "-", "\u2014": "-", "\u2212": "-",
        "\u00ad": None, "\u200b": None, "\ufeff": None, "*": None, "`": None,
    }
)  # fmt: skip
_LINE_END_HYPHEN = re.compile(r"(?<=\w)-\s*\n\s*(?=[a-z])")
_BLANKS = re.compile(r"[\s|]+")


def fold(text: str) -> str:
    """`text` in the form in which quotes are compared."""
    joined = _LINE_END_HYPHEN.sub("", text.replace("\r\n", "\n"))
    plain = unicodedata.normalize("NFKC", joined.translate(_TYPOGRAPHY)).translate(_TYPOGRAPHY)
    return _BLANKS.sub(" ", plain).strip()
