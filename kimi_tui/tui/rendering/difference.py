"""How two texts differ, word by word, in signs that need no colour: `{+added+}` and `[-removed-]`."""

import re
from difflib import SequenceMatcher
from typing import Literal

import msgspec

LONGEST = 4_000
"""Words of a text that are compared; beyond, the texts are only said to differ."""
_WORDS = re.compile(r"\w+|\s+|[^\w\s]")

Change = Literal["same", "added", "removed"]


class Piece(msgspec.Struct, frozen=True):
    """A stretch of text and what became of it."""

    change: Change
    """Whether both texts have it."""
    text: str
    """As it stands, blanks and all."""

    @property
    def shown(self) -> str:
        """The text in its signs."""
        return {"same": self.text, "added": f"{{+{self.text}+}}", "removed": f"[-{self.text}-]"}[self.change]


def difference(old: str, new: str) -> list[Piece]:
    """The pieces of both texts in their order; what was removed stands before what took its place."""
    before, after = _WORDS.findall(old), _WORDS.findall(new)
    if max(len(before), len(after)) > LONGEST:
        return [Piece("same", new)] if old == new else [Piece("removed", old), Piece("added", new)]
    pieces: list[Piece] = []
    for kind, a, b, c, d in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if kind == "equal":
            pieces.append(Piece("same", "".join(after[c:d])))
            continue
        pieces += [Piece("removed", "".join(before[a:b]))] if b > a else []
        pieces += [Piece("added", "".join(after[c:d]))] if d > c else []
    return pieces


def shortened(pieces: list[Piece], around: int = 40) -> list[Piece]:
    """The pieces with long stretches of sameness cut down to what stands beside a change."""
    short: list[Piece] = []
    for number, piece in enumerate(pieces):
        left, right = (around if number else 0), (around if number < len(pieces) - 1 else 0)
        if piece.change == "same" and len(piece.text) > left + right + 3:
            text = piece.text[:left] + "…" + (piece.text[-right:] if right else "")
            short.append(Piece("same", text))
        else:
            short.append(piece)
    return short
