"""Ways to hide a text in words and letters, undone."""

import string
from collections.abc import Callable, Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kimi_tui.egress.word_ciphers import (
    MAX_WORDS,
    WORD_CIPHERS,
    decode_changed_words,
    decode_fillers,
    decode_five_signs,
    decode_lone_letters,
    decode_other_scripts,
    decode_spelled_words,
)

NATO_WORDS = (
    "alpha bravo charlie delta echo foxtrot golf hotel india juliett kilo lima mike november oscar papa quebec romeo "
    "sierra tango uniform victor whiskey xray yankee zulu"
)
NATO = dict(
    zip(
        string.ascii_lowercase,
        NATO_WORDS.split(),
        strict=True,
    )
)
BRAILLE = dict(zip(string.ascii_lowercase, "⠁⠃⠉⠙⠑⠋⠛⠓⠊⠚⠅⠇⠍⠝⠕⠏⠟⠗⠎⠞⠥⠧⠺⠭⠽⠵", strict=True))
TURNED = str.maketrans(string.ascii_lowercase, "ɐqɔpǝɟƃɥᴉɾʞlɯuodbɹsʇnʌʍxʎz")
NAME = "karrenbruck"
Decoder = Callable[[str], Iterator[str]]


@pytest.mark.parametrize(
    ("decoder", "text", "found"),
    [
        (decode_spelled_words, " ".join(NATO[sign] for sign in NAME), NAME),
        (decode_spelled_words, "kiwi apple rose rose egg nut", "karren"),
        (decode_spelled_words, "xok xoa xor xor xoe xon", "karren"),
        (decode_changed_words, "eht tnalp", "the plant"),
        (decode_changed_words, "plant the", "the plant"),
        (decode_changed_words, "ovenantcay asway aivedway", "covenant was waived"),
        (decode_fillers, "kxaxrxrxexnxbxrxuxcxkx", NAME),
        (decode_fillers, "xkxaxrxrxexnxbxrxuxcxk", NAME),
        (decode_fillers, "k12a34r56r78e90n12b", "karrenb"),
        (decode_fillers, "sell x the y plant z now w", "sell the plant now"),
        (decode_fillers, "karr3nbruck", "karrnbruck"),
        (decode_lone_letters, "k, a; r (r) e / n", "karren"),
        (decode_five_signs, " ".join(f"{ord(sign) - 97:05b}" for sign in NAME), NAME),
        (decode_five_signs, "".join(f"{ord(s) - 97:05b}".translate(str.maketrans("01", "AB")) for s in NAME), NAME),
        (decode_five_signs, "25 11 42 42 15 33 12 42 45 13 25", NAME),
        (decode_other_scripts, "".join(BRAILLE[sign] for sign in NAME), NAME),
        (decode_other_scripts, NAME.translate(TURNED)[::-1], NAME),
        (decode_other_scripts, "".join(chr(0x1F1E6 + ord(sign) - 97) for sign in NAME), NAME),
        (decode_other_scripts, "\u1d0b\u1d00\u0280\u0280\u1d07\u0274", "karren"),
    ],
)
def test_decoder_undoes_its_cipher(decoder: Decoder, text: str, found: str) -> None:
    assert found in list(decoder(text))


@pytest.mark.parametrize(
    ("decoder", "text"),
    [
        (decode_spelled_words, ""),
        (decode_spelled_words, "alpha bravo"),
        (decode_changed_words, "one"),
        (decode_changed_words, ""),
        (decode_fillers, ""),
        (decode_fillers, "short"),
        (decode_lone_letters, "a b c d e"),
        (decode_lone_letters, "abc def"),
        (decode_five_signs, "aabba"),
        (decode_five_signs, "66 77 88 99 66 77"),
        (decode_five_signs, ""),
        (decode_other_scripts, "plain"),
        (decode_other_scripts, "\u4e2d\u6587"),
    ],
)
def test_decoder_of_other_text_gives_nothing(decoder: Decoder, text: str) -> None:
    assert list(decoder(text)) == []


def test_decode_spelled_words_of_a_long_text_is_bounded() -> None:
    assert max(map(len, decode_spelled_words("word " * (MAX_WORDS * 3)))) == MAX_WORDS


@given(st.sampled_from(sorted(WORD_CIPHERS)), st.text(max_size=80) | st.text("ab01 12345", max_size=80))
def test_every_decoder_takes_any_text(name: str, text: str) -> None:
    assert all(isinstance(found, str) for found in WORD_CIPHERS[name](text))
