"""PDF bytes as text, a part for each page, by either reader."""

from collections.abc import AsyncIterator

import pytest

from kimi_tui.tools.text.pdf_reader import ENCRYPTED_REASON, read_pdf
from kimi_tui.tools.workers.child import RefusalError
from kimi_tui.tools.workers.pool import WorkerError, WorkerPool
from tests.tools.papers import bomb, pdf, pdf_of
from tests.tools.readings import whole


@pytest.fixture
async def workers() -> AsyncIterator[WorkerPool]:
    workers = WorkerPool()
    yield workers
    await workers.close()


def test_each_page_of_a_pdf_is_a_part_under_its_title() -> None:
    read = read_pdf(pdf("First page.", "Second page.", title="Annual report 2024"))
    assert [(part.label, part.text) for part in read.parts] == [("p.1", "First page."), ("p.2", "Second page.")]
    assert (read.title, read.extractor, read.notes) == ("Annual report 2024", "pypdfium2", ())


@pytest.mark.parametrize("title", ["Microsoft Word - final.doc", "untitled", "report_v3.indd", "x.pdf"])
def test_a_title_that_a_program_made_up_is_left_out(title: str) -> None:
    assert read_pdf(pdf("Text.", title=title)).title == ""


@pytest.mark.parametrize(
    ("text", "expected"),
    [("the finan-\ncial results", "financial"), ("a long-term view and a long-\nterm plan", "long-term plan")],
)
def test_words_cut_at_line_ends_are_whole_again(text: str, expected: str) -> None:
    assert expected in whole(read_pdf(pdf(text)))


def test_a_range_of_years_at_a_line_end_never_becomes_one_number() -> None:
    assert "20232024" not in whole(read_pdf(pdf("the range 2023-\n2024 is")))


def test_an_empty_password_opens_an_encrypted_pdf() -> None:
    assert whole(read_pdf(pdf("Locked but open.", password=""))) == "Locked but open."


@pytest.mark.parametrize("second", [False, True])
def test_a_pdf_with_a_password_is_refused(second: bool) -> None:
    with pytest.raises(RefusalError, match="password") as caught:
        read_pdf(pdf("Locked.", password="secret"), second=second)
    assert str(caught.value) == ENCRYPTED_REASON


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
def test_a_pdf_that_was_cut_off_is_refused_in_one_sentence(share: float) -> None:
    data = pdf(*("Page text. " * 50 for _ in range(20)))
    with pytest.raises(RefusalError, match=r"damaged") as caught:
        read_pdf(data[: int(len(data) * share)])
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("data", [b"hello", b"<html></html>", b"\x00" * 1000])
def test_bytes_that_are_no_pdf_are_refused(data: bytes) -> None:
    with pytest.raises(RefusalError, match="not a PDF"):
        read_pdf(data)


def test_junk_before_the_header_is_borne_by_the_second_reader() -> None:
    read = read_pdf(b"junk from a mail gateway\r\n" * 60 + pdf("Still here."))
    assert whole(read) == "Still here."
    assert read.extractor == "pypdf"


def test_a_page_without_text_is_kept_and_said() -> None:
    read = read_pdf(pdf("Text.", "", "More."))
    assert [part.label for part in read.parts] == ["p.1", "p.2", "p.3"]
    assert read.notes == ("No text (blank or scanned as a picture): p.2.",)


def test_control_characters_of_a_pdf_do_not_reach_the_text() -> None:
    text = whole(read_pdf(pdf_of(b"BT /F 12 Tf 50 700 Td (safe\\033[2J\\007 text) Tj ET")))
    assert "safe" in text
    assert "\x1b" not in text
    assert "\x07" not in text


@pytest.mark.parametrize("second", [False, True])
async def test_a_pdf_bomb_ends_in_an_error_and_not_in_the_engine(workers: WorkerPool, second: bool) -> None:
    arguments = {"data": bomb(400), "media_type": "application/pdf", "second": second}
    with pytest.raises(WorkerError):
        await workers.call("kimi_tui.tools.text.readers:read_bytes", arguments, timeout=30, memory=200 << 20)
