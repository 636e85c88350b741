"""A regulator's full submission: its documents one by one, and nothing of its wrapping."""

import pytest

from kimi_tui.cells import decode_cells
from kimi_tui.tools.text.readers import read_bytes
from kimi_tui.tools.workers.child import RefusalError

PAGE = (
    "<?xml version='1.0' encoding='ASCII'?>\n<html><head><title>Annual report</title></head><body>"
    '<div style="display:none"><ix:header><ix:hidden><ix:nonNumeric>HIDDENFACT</ix:nonNumeric></ix:hidden></ix:header>'
    "</div><p><span>Net debt was </span><span>$1,234</span> million.</p>"
    "<table><tr><td></td><td>2024</td></tr><tr><td>Revenue</td><td>5,678</td></tr></table></body></html>"
)


def document(kind: str, file: str, text: str, wrapper: str = "") -> str:
    inner = f"<{wrapper}>\n{text}\n</{wrapper}>" if wrapper else text
    head = f"<TYPE>{kind}\n<SEQUENCE>1\n<FILENAME>{file}\n"
    return f"<DOCUMENT>\n{head}<TEXT>\n{inner}\n</TEXT>\n</DOCUMENT>\n"


def submission(*documents: str) -> bytes:
    header = "<SEC-DOCUMENT>1.txt : 20241227\n<SEC-HEADER>x\nCOMPANY CONFORMED NAME:\tEXAMPLE HOLDINGS\n</SEC-HEADER>\n"
    return (header + "".join(documents) + "</SEC-DOCUMENT>\n").encode()


def test_documents_are_read_one_by_one_under_their_names() -> None:
    letter = "Dear shareholders,\n\nthe year < 2024 was > 2023."
    read = read_bytes(
        submission(document("10-K", "x.htm", PAGE, "XBRL"), document("EX-99", "letter.txt", letter)), "text/plain"
    )
    texts = {part.title: part.text for part in read.parts}
    assert "EXAMPLE HOLDINGS" in texts["Header"]
    assert texts["10-K x.htm"].startswith("Net debt was $1,234 million.")
    assert "the year < 2024 was > 2023." in texts["EX-99 letter.txt"]
    assert not any(word in part.text for part in read.parts for word in ("HIDDENFACT", "<span", "<TYPE>", "DOCUMENT"))
    assert [part.label for part in read.parts] == ["§1", "§2", "§3"]


def test_cells_point_into_the_parts_of_the_whole() -> None:
    read = read_bytes(submission(document("10-K", "x.htm", PAGE), document("EX-13", "y.htm", PAGE)), "text/plain")
    texts = {part.label: part.text for part in read.parts}
    cells = decode_cells(read.cells)
    assert [(cell.part, cell.table) for cell in cells] == [("§2", 1), ("§3", 2)]
    assert all(texts[cell.part][cell.start : cell.end] == "5,678" for cell in cells)


def test_pictures_and_forms_for_programs_are_left_out_and_named() -> None:
    picture = "begin 644 logo.jpg\nM_]C_X  02D9)1@ ! 0$ 8 !@  #_VP!#  @&!@<&!0@'!P<)\n`\nend"
    read = read_bytes(
        submission(
            document("10-K", "x.htm", PAGE),
            document("GRAPHIC", "logo.jpg", picture),
            document("EX-101.SCH", "x.xsd", "<schema/>", "XML"),
            document("EX-99.1", "scan.pdf", "begin 644 scan.pdf\nM)5!$1B", "PDF"),
        ),
        "text/plain",
    )
    assert any("GRAPHIC logo.jpg, EX-101.SCH x.xsd, EX-99.1 scan.pdf" in note for note in read.notes)
    assert not any("M_]C" in part.text for part in read.parts)


@pytest.mark.parametrize("data", [b"<DOCUMENT><TYPE>10-K<TEXT></TEXT></DOCUMENT>", b"<DOCUMENT><TEXT>" * 2_000])
def test_a_submission_without_text_is_refused(data: bytes) -> None:
    with pytest.raises(RefusalError, match="submission"):
        read_bytes(data, "text/plain")


def test_comments_before_a_document_are_passed_in_bounded_time() -> None:
    read = read_bytes(submission(document("10-K", "x.txt", "<!-- x --> " * 5_000 + "plain text")), "text/plain")
    assert "plain text" in read.parts[-1].text


def test_a_text_that_only_speaks_of_documents_is_a_text() -> None:
    read = read_bytes(b"A filing wraps each file in <DOCUMENT> and <TEXT>.", "text/plain")
    assert read.parts[0].text == "A filing wraps each file in <DOCUMENT> and <TEXT>."


def test_tags_that_lay_out_plain_text_are_taken_out() -> None:
    old = "<PAGE>\n<TABLE>\n<CAPTION>\n        1995   1994\n<S>     <C>    <C>\nSales   1,234  1,100\n</TABLE>\na < b"
    read = read_bytes(submission(document("10-K", "x.txt", old)), "text/plain")
    text = read.parts[-1].text
    assert "<" not in text.replace("a < b", "")
    assert "Sales   1,234  1,100" in text


def test_a_submission_under_the_name_of_a_page_is_one_too() -> None:
    read = read_bytes(submission(document("10-K", "x.htm", PAGE)), "text/html")
    assert read.extractor == "submission"


def test_submission_behind_a_byte_order_mark_is_one_and_is_called_by_its_first_document() -> None:
    read = read_bytes(b"\xef\xbb\xbf" + submission(document("10-K", "a.txt", "Net debt was 5.")), "text/plain")
    assert [part.text for part in read.parts][1:] == ["Net debt was 5."]
    assert read.title == "10-K a.txt"
