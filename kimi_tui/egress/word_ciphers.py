"""Undo the ways to hide a text that work on words and letters: initials, spelling alphabets, other scripts, fillers."""

import re
import string
from collections.abc import Iterator

MIN_SPELLED_LETTERS = 6
"""Letters of the shortest word that is spelled by words."""
MAX_WORDS = 400
"""Words of one text that are read as letters."""

_WORD = re.compile(r"[^\W\d_]+")
_SPELLING_ALPHABET = (
    "alpha alfa bravo charlie delta echo foxtrot golf hotel india juliett juliet kilo lima mike november oscar papa "
    "quebec romeo sierra tango uniform victor whiskey xray yankee zulu"
)
_SPELLING = {word: word[0] for word in _SPELLING_ALPHABET.split()}
_SMALL_CAPITALS = (
    "\u1d00\u0299\u1d04\u1d05\u1d07\ua730\u0262\u029c\u026a\u1d0a\u1d0b\u029f\u1d0d"
    "\u0274\u1d0f\u1d18\u01eb\u0280\ua731\u1d1b\u1d1c\u1d20\u1d21x\u028f\u1d22"
)
_TURNED = "\u0250q\u0254p\u01dd\u025f\u0183\u0265\u1d09\u027e\u029el\u026fuodb\u0279s\u0287n\u028c\u028dx\u028ez"
_BRAILLE = (
    "\u2801\u2803\u2809\u2819\u2811\u280b\u281b\u2813\u280a\u281a\u2805\u2807\u280d"
    "\u281d\u2815\u280f\u281f\u2817\u280e\u281e\u2825\u2827\u283a\u282d\u283d\u2835"
)
_OTHER_LETTERS = str.maketrans(
    _SMALL_CAPITALS + _BRAILLE + "".join(chr(0x1F1E6 + at) for at in range(26)) + "\u2800",
    string.ascii_lowercase * 3 + " ",
)
_TURNED_LETTERS = str.maketrans(_TURNED, string.ascii_lowercase)
_PIG_LATIN = re.compile(r"\b(\w+)([^aeiou\W]|[sctpw]h|[bcdfgpst]r)ay\b")
_BACON = re.compile(r"[abAB01]{5}")
_LETTER_APART = re.compile(r"(?<![^\W_])[^\W_](?![^\W_])")


def decode_spelled_words(text: str) -> Iterator[str]:
    """Yield what the words of a spelling alphabet, the first or the last letters of all words spell."""
    words = _WORD.findall(text)[:MAX_WORDS]
    spelled = "".join(_SPELLING.get(word.lower(), "") for word in words)
    if len(spelled) >= MIN_SPELLED_LETTERS:
        yield spelled
    if len(words) >= MIN_SPELLED_LETTERS:
        yield "".join(word[0] for word in words)
        yield "".join(word[-1] for word in words)


def decode_changed_words(text: str) -> Iterator[str]:
    """Yield a text whose words are read backwards, put in the opposite order, or taken back from Pig Latin."""
    words = text.split()
    if len(words) > 1:
        yield " ".join(word[::-1] for word in words)
        yield " ".join(words[::-1])
        yield _PIG_LATIN.sub(r"\2\1", text)


def decode_fillers(text: str) -> Iterator[str]:
    """Yield every second and third letter or word of a text, and its letters without digits between them."""
    letters = text if " " not in text.strip() else ""
    words = text.split()
    for step in (2, 3):
        for start in range(step):
            if len(letters) > 6 * step:
                yield letters[start::step]
            if len(words) > 2 * step:
                yield " ".join(words[start::step])
    if any(map(str.isdigit, text)):
        yield "".join(sign for sign in text if not sign.isdigit())


def decode_other_scripts(text: str) -> Iterator[str]:
    """Yield a text in plain letters that is written in small capitals, turned letters, Braille or letters of flags."""
    if not text.isascii():
        plain = text.translate(_OTHER_LETTERS)
        if plain != text:
            yield plain
        turned = text.translate(_TURNED_LETTERS)
        if turned != text:
            yield turned[::-1]


def decode_lone_letters(text: str) -> Iterator[str]:
    """Yield the single letters of a text joined, whatever is between them."""
    letters = _LETTER_APART.findall(text)
    if len(letters) >= MIN_SPELLED_LETTERS:
        yield "".join(letters)


def decode_five_signs(text: str) -> Iterator[str]:
    """Yield what groups of five of two signs (Bacon's cipher), or pairs of a square of letters, spell."""
    groups = _BACON.findall(text)
    if len(groups) >= MIN_SPELLED_LETTERS and len(groups) * 5 >= len(re.sub(r"\W", "", text)):
        values = [int(group.lower().translate(str.maketrans("ab", "01")), 2) for group in groups]
        yield "".join(string.ascii_lowercase[value] for value in values if value < 26)
        without_j_and_v = "abcdefghiklmnopqrstuwxyz"
        yield "".join(without_j_and_v[value] for value in values if value < 24)
    pairs = re.findall(r"(?<!\d)[1-5][1-5](?!\d)", text)
    if len(pairs) >= MIN_SPELLED_LETTERS:
        square = "abcdefghiklmnopqrstuvwxyz"
        yield "".join(square[(int(pair[0]) - 1) * 5 + int(pair[1]) - 1] for pair in pairs)


WORD_CIPHERS = {
    "letters spelled by words": decode_spelled_words,
    "words changed": decode_changed_words,
    "fillers": decode_fillers,
    "single letters": decode_lone_letters,
    "groups of signs": decode_five_signs,
}
"""Decoders that nobody applies twice, by what a person calls them."""
