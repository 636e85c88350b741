"""Text that says nothing of its encoding, or something wrong: read as words, with a note."""

import pytest

from kimi_tui.tools.text.encodings import decode_text

GERMAN = "Umsatzerlöse der Gesellschaft für das Geschäftsjahr über Vorjahr größer\n"
RUSSIAN = "Выручка компании выросла, чистая прибыль снизилась. Отчёт о финансовых результатах\n"


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        (GERMAN, "mac-roman"),
        (GERMAN, "cp850"),
        (RUSSIAN, "mac-cyrillic"),
        (RUSSIAN, "cp866"),
        ("Café 5\n", "cp1252"),
        ("naïve approach\n", "cp1252"),
        ("5 €\n", "cp1252"),
        ("Größe\n", "cp1252"),
        ("§ 12 BGB, 20°C\n", "cp1252"),
        ("Łódź\n", "cp1250"),
        ("Москва\n", "cp1251"),
    ],
)
def test_text_without_a_label_is_read_as_words_and_noted(text: str, encoding: str) -> None:
    found = decode_text(text.encode(encoding))
    assert found.text == text
    assert "guess" in found.notes[0]


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be"])
def test_wide_text_without_a_mark_is_read(encoding: str) -> None:
    assert decode_text("Net debt rose to 1,234 million.\n".encode(encoding)).text == "Net debt rose to 1,234 million.\n"


def test_ascii_with_a_few_zeros_is_not_taken_for_utf_16() -> None:
    data = b"abc\x00\x00def plain text here and more words " * 20
    assert decode_text(data).text == data.decode()


@pytest.mark.parametrize("text", ["Müller, Größe – 5 €", "“Société” café", "Ελλάδα 5"])
def test_what_was_encoded_twice_is_read_as_meant_and_noted(text: str) -> None:
    twice = "".join(chr(byte) if 0x7F < byte < 0xA0 else bytes((byte,)).decode("cp1252") for byte in text.encode())
    for spoiled in (twice, text.encode().decode("latin-1")):
        found = decode_text(spoiled.encode())
        assert found.text == text
        assert "twice" in found.notes[0]


@pytest.mark.parametrize("text", ["Ã is a letter, and so is Â", "São Paulo, Ñandú", "Â £5"])
def test_letters_that_begin_such_pairs_are_kept_alone(text: str) -> None:
    assert decode_text(text.encode()).text == text


def test_wrong_label_is_noted_when_another_encoding_gives_words() -> None:
    found = decode_text(RUSSIAN.encode("cp1251"), "iso-8859-1")
    assert found.text == RUSSIAN
    assert "labelled" in found.notes[0]
    assert decode_text(GERMAN.encode("cp1252"), "iso-8859-1").text == GERMAN
