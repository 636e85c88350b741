"""Word-by-word difference of two texts, with signs that need no colour: `{+added+}` and `[-removed-]`."""

import re
from difflib import SequenceMatcher
from typing import Literal

import msgspec

MAX_CHARS = 4_000
"""Words of a text that are compared; beyond, the texts are only said to differ."""
_WORDS = re.compile(r"\d[\d.,]*\d|\w+|\s+|[^\w\s]")
"""A figure is one word, so that the whole of it is shown as changed."""

Change = Literal["same", "added", "removed"]


class DiffPiece(msgspec.Struct, frozen=True):
    """A run of text that is the same, added or removed."""

    change: Change
    """True when both texts have it."""
    text: str
    """As it stands, blanks and all."""

    @property
    def shown(self) -> str:
        """Return the text in its signs."""
        return {"same": self.text, "added": f"{{+{self.text}+}}", "removed": f"[-{self.text}-]"}[self.change]


def diff_words(old: str, new: str) -> list[DiffPiece]:
    """Return the pieces of both texts in order; removed text comes before its replacement."""
    before, after = _WORDS.findall(old), _WORDS.findall(new)
    if max(len(before), len(after)) > MAX_CHARS:
        return [DiffPiece("same", new)] if old == new else [DiffPiece("removed", old), DiffPiece("added", new)]
    pieces: list[DiffPiece] = []
    for kind, a, b, c, d in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if kind == "equal":
            pieces.append(DiffPiece("same", "".join(after[c:d])))
            continue
        pieces += [DiffPiece("removed", "".join(before[a:b]))] if b > a else []
        pieces += [DiffPiece("added", "".join(after[c:d]))] if d > c else []
    return pieces


def shorten_unchanged(pieces: list[DiffPiece], around: int = 40) -> list[DiffPiece]:
    """Return the pieces with long unchanged runs cut down to the text beside a change."""
    short: list[DiffPiece] = []
    for number, piece in enumerate(pieces):
        left, right = (around if number else 0), (around if number < len(pieces) - 1 else 0)
        if piece.change == "same" and len(piece.text) > left + right + 3:
            text = piece.text[:left] + "…" + (piece.text[-right:] if right else "")
            short.append(DiffPiece("same", text))
        else:
            short.append(piece)
    return short
