"""Outside text: nothing in it takes effect on a terminal, and all of it can be stored."""

import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kimi_tui.text import count_noun, one_line, printable, replace_surrogates

ANY = st.text(st.characters(exclude_categories=()), max_size=60)
NASTY = st.text(
    st.sampled_from(
        "a\x00\x07\x08\x0b\x1b[2J\x7f\x9b\x9d\r\n\t\u200b\u202e\u2066\ufeff\U000e0041\u0300\ud800\u00ad\u2028"
    ),
    max_size=40,
)
ALLOWED_CONTROLS = "\n\t"


def is_harmless(text: str) -> bool:
    return all(
        character in ALLOWED_CONTROLS or unicodedata.category(character) not in ("Cc", "Cf", "Cs", "Zl", "Zp")
        for character in text
    )


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain äöü 漢字 🌍\n\ttab", "plain äöü 漢字 🌍\n\ttab"),
        ("\x1b[2J", "␛[2J"),
        ("\x1b]52;c;aGk=\x07", "␛]52;c;aGk=␇"),
        ("\x9b2J", "⟨009B⟩2J"),
        ("\x7f", "␡"),
        ("\0", "␀"),
        ("a\r\nb\rc", "a\nbc"),
        ("soft\u00adhyphen", "softhyphen"),
        ("\u202egnp.exe", "⟨202E⟩gnp.exe"),
        ("zero\u200bwidth\ufeff", "zero⟨200B⟩width⟨FEFF⟩"),
        ("tag\U000e0041", "tag⟨E0041⟩"),
        ("filler\u3164 selector\U000e0101", "filler⟨3164⟩ selector⟨E0101⟩"),
        ("line\u2028next\u2029", "line\nnext\n"),
        ("\ud800", "⟨D800⟩"),
        ("e" + "\u0301" * 9, "e" + "\u0301" * 3),
        ("", ""),
    ],
)
def test_what_has_no_look_is_shown(text: str, shown: str) -> None:
    assert printable(text) == shown


@given(ANY | NASTY)
def test_no_control_or_invisible_character_is_left(text: str) -> None:
    shown = printable(text)
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]", shown)
    assert printable(shown) == shown
    shown.encode()


@given(NASTY, st.integers(0, 40))
def test_a_sequence_that_is_split_is_caught_as_well(text: str, at: int) -> None:
    """Character by character: only a run of combining marks may be longer over the seam."""
    bare = text.replace("\u0300", "")
    assert printable(bare[:at]) + printable(bare[at:]) == printable(bare)
    assert is_harmless(printable(text[:at]) + printable(text[at:]))


@given(ANY | NASTY, st.integers(0, 20))
def test_one_line_is_one_line_and_no_longer_than_its_limit(text: str, limit: int) -> None:
    line = one_line(text, limit)
    assert not re.search(r"[\n\t\r\v\f]", line)
    assert line == line.strip()
    assert not limit or len(line) <= limit


def test_a_cut_line_ends_with_an_ellipsis() -> None:
    assert one_line("one two three", 8) == "one two…"
    assert one_line("one two three", 4) == "one…"
    assert one_line("one two three", 13) == "one two three"
    assert one_line("abc", 1) == "…"
    assert one_line(" a \n\n b\t") == "a b"


@given(ANY)
def test_well_formed_text_can_be_stored_and_differs_only_where_it_must(text: str) -> None:
    stored = replace_surrogates(text)
    assert stored.encode().decode() == stored
    assert len(stored) == len(text)
    assert all(new in (old, "\ufffd") for old, new in zip(text, stored, strict=True))


@pytest.mark.parametrize(
    "text",
    [
        "\U0001f469\u200d\U0001f4bb",
        "\U0001f468\u200d\U0001f469\u200d\U0001f467",
        "\U0001f3f3\ufe0f\u200d\U0001f308",
        "\u2764\ufe0f\u200d\U0001f525",
        "\U0001f9d1\U0001f3fd\u200d\u2695\ufe0f",
        "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645",
        "\u0915\u094d\u200d\u0937",
        "\u0dc1\u0dca\u200d\u0dbb\u0dd3",
    ],
)
def test_joiners_of_emoji_and_of_scripts_are_shown(text: str) -> None:
    assert printable(text) == text
    assert one_line(text) == text


@pytest.mark.parametrize(
    "text",
    [
        "pay\u200dpal",
        "\u200d",
        "a\u200d\U0001f4bb",
        "\U0001f4bb\u200d",
        "\U0001f4bb\u200d\u200d\U0001f4bb",
        "1\u200c2",
        "\u0627\u202e\u0628",
        "\U0001f469\u2066\U0001f4bb",
        "\u0627\u200f\u0628",
        "\u0627\u061c\u0628",
        "\u0627\u200b\u0628",
        "\U0001f3f4\U000e0067",
    ],
)
def test_joiners_that_hide_and_controls_of_direction_are_marked(text: str) -> None:
    assert printable(text) != text
    assert not any(mark in printable(text) for mark in "\u200d\u200c\u202e\u2066\u200f\u061c\u200b\U000e0067")


@pytest.mark.parametrize(
    ("count", "noun", "words"),
    [
        (1, "step", "1 step"),
        (0, "step", "0 steps"),
        (2, "retry", "2 retries"),
        (1, "entry", "1 entry"),
        (3, "reply", "3 replies"),
        (2, "day", "2 days"),
        (2, "match", "2 matches"),
        (0, "box", "0 boxes"),
        (2, "process", "2 processes"),
        (1_200, "other file", "1,200 other files"),
    ],
)
def test_count_noun_gives_the_noun_in_its_number(count, noun, words):
    assert count_noun(count, noun) == words
