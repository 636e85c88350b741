"""Bytes to characters: labels as browsers read them, guesses that are noted, and damage that costs one character."""

import pytest

from kimi_tui.tools.text.encodings import decode_text, find_codec
from kimi_tui.tools.text.html_reader import read_html
from kimi_tui.tools.text.readers import read_bytes

RUSSIAN = "Выручка компании выросла на 12 процентов до 345 млн рублей. Чистая прибыль составила 45 млн рублей.\n"
JAPANESE = "会社名,売上高,営業利益\n株式会社ソニー表示,100,20\n富士通能力,200,30\n"
CHINESE = "公司,营业收入\n中国石油,100\n中国石化,200\n"
TAIWANESE = "公司,營業收入\n台灣積體電路,100\n聯發科技,200\n"
KOREAN = "회사,매출액,영업이익\n삼성전자,100,20\n현대자동차,200,30\n"
POLISH = "Przychody spółki wzrosły o 12 procent do 345 milionów złotych. Zysk netto wyniósł 45 milionów złotych.\n"
GREEK = "Τα έσοδα της εταιρείας αυξήθηκαν κατά 12% σε 345 εκατομμύρια. Τα καθαρά κέρδη ανήλθαν σε 45 εκατομμύρια.\n"
GERMAN = "Die Umsatzerlöse der Müller GmbH & Söhne stiegen um 12 % auf 345 Mio. €.\n"


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        (RUSSIAN, "cp1251"),
        (RUSSIAN, "koi8-r"),
        (RUSSIAN, "utf-16-le"),
        (RUSSIAN, "utf-16-be"),
        (JAPANESE, "cp932"),
        (JAPANESE, "euc-jp"),
        (JAPANESE, "iso2022-jp"),
        (JAPANESE, "utf-16-le"),
        (CHINESE, "gbk"),
        (CHINESE, "utf-16-be"),
        (TAIWANESE, "big5"),
        (KOREAN, "euc-kr"),
        (POLISH, "cp1250"),
        (GREEK, "cp1253"),
        (GERMAN, "cp1252"),
    ],
)
def test_decode_text_without_label_is_guessed_with_note(text: str, encoding: str) -> None:
    found = decode_text(text.encode(encoding))
    assert found.text == text
    assert ["guess" in note for note in found.notes] == [True]


def test_decode_text_plain_utf_8_has_no_note() -> None:
    for text in ("", "plain", GERMAN, JAPANESE):
        for data in (text.encode(), text.encode("utf-8-sig"), text.encode("utf-16"), text.encode("utf-32")):
            assert (decode_text(data).text, decode_text(data).notes) == (text, ())


@pytest.mark.parametrize(
    ("label", "codec"),
    [
        ("iso-8859-1", "cp1252"),
        ("US-ASCII", "cp1252"),
        ("x-sjis", "cp932"),
        ("Shift_JIS", "cp932"),
        ("gb2312", "gb18030"),
        ("ks_c_5601-1987", "cp949"),
        ("windows-31j", "cp932"),
        ("iso-8859-9", "cp1254"),
        ("big5", "big5hkscs"),
        ("unicode-1-1-utf-8", "utf-8"),
        ("zlib", ""),
        ("rot13", ""),
        ("", ""),
    ],
)
def test_labels_are_read_as_browsers_read_them(label: str, codec: str) -> None:
    assert find_codec(label) == codec


def test_a_label_is_followed_unless_the_bytes_are_plainly_utf_8() -> None:
    assert decode_text("“5” – ①㈱".encode("cp932", "ignore"), "shift_jis").text.endswith("①㈱")
    assert decode_text(b"\x80 5", "iso-8859-1").text == "€ 5"
    mislabelled = decode_text(GERMAN.encode(), "iso-8859-1")
    assert mislabelled.text == GERMAN
    assert "is UTF-8" in mislabelled.notes[0]


def test_a_damaged_byte_costs_its_character_and_names_its_line() -> None:
    data = (GERMAN * 3).encode().replace(b"stiegen", b"st\xffiegen", 1) + b"last \xc3"
    found = decode_text(data)
    assert found.text.count("\ufffd") == 2
    assert found.text.count("Müller") == 3
    assert found.notes == ("2 places are not valid utf-8 and shown as \ufffd: line 1, 4.",)


@pytest.mark.parametrize("media_type", ["text/plain", "text/markdown", "text/csv", "text/html"])
def test_every_kind_of_text_is_decoded_in_the_same_way(media_type: str) -> None:
    text = f"# Отчёт\n\n{RUSSIAN}" if media_type != "text/csv" else "имя;выручка\nРоснефть;100\nГазпром нефть;200\n"
    read = read_bytes(text.encode("cp1251"), media_type)
    assert any("windows-1251 is a guess" in note for note in read.notes)
    assert ("Роснефть" if media_type == "text/csv" else "Выручка") in "".join(part.text for part in read.parts)


def test_a_page_is_decoded_by_what_its_head_says() -> None:
    for head in ('<meta charset="{}">', '<meta http-equiv=Content-Type content="text/html; charset={}">'):
        page = f"<html><head>{head.format('windows-1251')}</head><body><p>{RUSSIAN}</p></body></html>"
        assert "Выручка" in read_html(page.encode("cp1251"), article=False).parts[0].text
    page = f"<?xml version='1.0' encoding='windows-1251'?><html><body><p>{RUSSIAN}</p></body></html>"
    assert "Выручка" in read_html(page.encode("cp1251"), article=False).parts[0].text
    page = '<meta charset="utf-16"><p>Müller</p>'
    assert "Müller" in read_html(page.encode(), article=False).parts[0].text
