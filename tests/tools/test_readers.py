"""Readers of documents: what is in the bytes reaches the parts, and what cannot be read is refused in one sentence."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from kimi_tui.tools.text.encodings import decode_text
from kimi_tui.tools.text.extraction import UnreadableError, extract
from kimi_tui.tools.text.html_reader import read_html
from kimi_tui.tools.text.parts import PART_CHARS, Extraction, clean_text, split_blocks, split_sections
from kimi_tui.tools.text.pdf_reader import ENCRYPTED_REASON, read_pdf
from kimi_tui.tools.text.plain_reader import read_json, read_table, read_text
from kimi_tui.tools.text.readers import read_bytes, read_file
from kimi_tui.tools.workers.child import RefusalError
from kimi_tui.tools.workers.pool import WorkerError, WorkerPool
from tests.tools.papers import bomb, pdf, pdf_of

PROSE = "Meridian reported revenue of 4.2 billion for the year, and the board proposed a higher dividend. " * 6


@pytest.fixture
async def workers() -> AsyncIterator[WorkerPool]:
    workers = WorkerPool()
    yield workers
    await workers.close()


def page(body: str, head: str = "") -> bytes:
    """An HTML page."""
    return f"<html><head>{head}</head><body>{body}</body></html>".encode()


def whole(extraction: Extraction) -> str:
    """All text of an extraction."""
    return "\n".join(part.text for part in extraction.parts)


# PDF


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


# HTML


def test_a_page_is_cut_at_its_headings() -> None:
    read = read_html(
        page(f"<h1>Results</h1><p>{PROSE}</p><h2>Cloud</h2><p>Cloud grew. {PROSE}</p>", "<title>Q4</title>")
    )
    assert [(part.label, part.title) for part in read.parts] == [("§1", "Results"), ("§2", "Cloud")]
    assert read.parts[1].text.startswith("Cloud grew.")
    assert (read.title, read.extractor) == ("Q4", "trafilatura")


@pytest.mark.parametrize("second", [False, True])
def test_tables_survive_as_rows_of_cells(second: bool) -> None:
    rows = "".join(f"<tr><td>Segment {n}</td><td>{n * 1234:,}</td></tr>" for n in range(1, 12))
    read = read_html(page(f"<p>{PROSE}</p><table><tr><th>Name</th><th>2024</th></tr>{rows}</table>"), second=second)
    lines = [line.replace(" ", "") for line in whole(read).split("\n")]
    assert "|Name|2024|" in lines
    assert "|Segment11|13,574|" in lines


def test_a_long_table_repeats_its_header_in_each_part() -> None:
    rows = "".join(f"<tr><td>Segment {n}</td><td>{n * 1234:,}</td></tr>" for n in range(1, 400))
    read = read_html(page(f"<h1>T</h1><table><tr><th>Name</th><th>2024</th></tr>{rows}</table>"), second=True)
    assert len(read.parts) > 2
    assert all(part.text.replace(" ", "").startswith("|Name|2024|\n|---") for part in read.parts)


def test_emphasis_and_links_do_not_break_a_quote() -> None:
    text = f"<p>{PROSE}</p><p>Revenue was <b>4.2</b> billion in <a href='x'>fiscal <i>2024</i></a>, up.</p>"
    assert "Revenue was 4.2 billion in fiscal 2024, up." in whole(read_html(page(text)))


def test_every_voice_of_a_thread_keeps_its_name() -> None:
    posts = "".join(
        f"<section><h3>user_{name} wrote:</h3><p>This is what {name} has to say about the compressors.</p></section>"
        for name in ("anna", "bert", "cleo", "dora")
    )
    read = read_html(page(f"<article><h1>Thread</h1><p>5 posts</p>{posts}</article>"))
    assert [part.title for part in read.parts][-4:] == [
        f"user_{name} wrote:" for name in ("anna", "bert", "cleo", "dora")
    ]
    assert [part.text.split()[3] for part in read.parts[-4:]] == ["anna", "bert", "cleo", "dora"]


def test_read_html_notes_publication_date() -> None:
    head = "<meta property='article:published_time' content='2024-12-19'>"
    read = read_html(page(f"<p>Published: <time datetime='2024-12-19'>19 December</time></p><p>{PROSE}</p>", head))
    assert "Published: 19 December" in whole(read)
    assert read.notes == ("The page says that it was published on 2024-12-19.",)


def test_a_raised_footnote_mark_does_not_become_part_of_a_figure() -> None:
    assert "4.2^1 billion" in whole(read_html(page(f"<p>{PROSE}</p><p>It was 4.2<sup>1</sup> billion.</p>")))


@pytest.mark.parametrize(
    "hidden",
    [
        "<p style='display: none'>SECRET ORDER</p>",
        "<p style='color:red; VISIBILITY:hidden'>SECRET ORDER</p>",
        "<p style='font-size:0'>SECRET ORDER</p>",
        "<div hidden><p>SECRET <b>ORDER</b></p></div>",
        "<p class='big gone'>SECRET ORDER</p>",
        "<p id=away>SECRET ORDER</p>",
    ],
)
@pytest.mark.parametrize("second", [False, True])
def test_hidden_text_is_left_out_and_said(hidden: str, second: bool) -> None:
    rules = "@media print {.shown {display:none}} p.x, .gone {color:red;display:none} #away{visibility:hidden}"
    head = f"<style>{rules}</style>"
    read = read_html(
        page(f"<p>{PROSE}</p>{hidden}<p class=shown>Shown to all readers of the page.</p>", head), second=second
    )
    assert "SECRET" not in whole(read)
    assert "Shown to all readers" in whole(read)
    assert read.notes == ("Left out: 12 characters that the page hides from its readers.",)


def test_scripts_comments_and_templates_are_no_text() -> None:
    body = f"<script>STEAL()</script><!-- STEAL --><template>STEAL</template><noscript>STEAL</noscript><p>{PROSE}</p>"
    read = read_html(page(body, "<style>p{content:'STEAL'}</style>"))
    assert "STEAL" not in whole(read)
    assert read.notes == ()


def test_invisible_marks_are_taken_out() -> None:
    tags = "".join(chr(0xE0000 + ord(letter)) for letter in "obey")
    assert clean_text(f"to\u200btal{tags} \u202eabc\x1b[2J \ufb01nance") == "total abc[2J finance"


def test_a_large_filing_keeps_every_figure() -> None:
    rows = "".join(f"<tr><td>Item {n}</td><td>{1_000_000 + n}</td></tr>" for n in range(30_000))
    read = read_html(page(f"<h1>Form 10-K</h1><table>{rows}</table>"))
    text = whole(read)
    assert all(str(1_000_000 + n) in text for n in range(0, 30_000, 997))
    assert read.extractor == "html-to-markdown"


def test_navigation_does_not_hide_the_article() -> None:
    links = "".join(f"<li><a href='/{n}'>Link number {n} of the menu</a></li>" for n in range(300))
    read = read_html(page(f"<nav><ul>{links}</ul></nav><article><h1>News</h1><p>{PROSE}</p></article>"))
    assert read.extractor == "trafilatura"
    assert "Link number 7" not in whole(read)
    assert PROSE.strip()[-40:] in whole(read)


@pytest.mark.parametrize(
    "body",
    [
        "<div>" * 20_000 + "the deepest words of the page " * 20 + "</div>" * 20_000,
        "<p>" + "the deepest words of the page " * 50_000,
        "<p>" + "<span>the deepest words of the page</span> " * 20_000,
        "<p>" + "the deepest words of the page<br>" * 20_000,
        "<a><b><i>" * 20_000 + "the deepest words of the page",
        "<style>" + "@" * 300_000 + "</style><p>the deepest words of the page",
        "<div hidden>" * 500 + "</div>" * 500 + "<p>the deepest words of the page" + "<p hidden>x" * 500,
    ],
    ids=["nested", "one text", "spans", "breaks", "unclosed", "style", "hidden"],
)
async def test_hostile_html_gives_its_text(workers: WorkerPool, body: str) -> None:
    read = await extract(workers, page(body), "text/html")
    assert "deepest words" in whole(read)


async def test_a_page_without_text_is_refused(workers: WorkerPool) -> None:
    with pytest.raises(UnreadableError, match="no text in the page"):
        await extract(workers, page("<script>1</script>"), "text/html")


@pytest.mark.parametrize(
    ("data", "charset"),
    [
        ("<meta charset=iso-8859-1><p>Umsatz für Öl</p>".encode("latin-1"), ""),
        ("<p>Umsatz für Öl</p>".encode("utf-16"), ""),
        ("<p>Umsatz für Öl</p>".encode("cp1252"), "windows-1252"),
        ("<?xml version='1.0' encoding='utf-8'?><html><p>Umsatz für Öl</p></html>".encode(), ""),
        ("<meta charset=no-such-thing><p>Umsatz für Öl</p>".encode(), ""),
    ],
)
def test_the_encoding_of_a_page_is_found(data: bytes, charset: str) -> None:
    assert "Umsatz für Öl" in whole(read_html(data, charset=charset))


# Text


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252"])
def test_text_is_decoded(encoding: str) -> None:
    assert decode_text("Umsatz für Öl: 3 €".encode(encoding)).text == "Umsatz für Öl: 3 €"


def test_markdown_is_cut_at_headings_but_not_inside_code() -> None:
    text = "# Title\n\nOne.\n\n```\n# no heading\n```\n\nUnder\n=====\n\nTwo.\n\n## Empty\n\n### Deep ##\n\nThree."
    found = [(section.title, section.text) for section in split_sections(text)]
    assert found == [
        ("Title", "One.\n\n```\n# no heading\n```"),
        ("Under", "\nTwo.".strip()),
        ("Empty › Deep", "Three."),
    ]


def test_headings_without_any_text_are_not_lost() -> None:
    text = "\n".join(f"# Heading {n}" for n in range(10))
    reported = "\n".join(f"{section.title} {section.text}" for section in split_sections(text))
    assert all(f"Heading {n}" in reported for n in range(10))


@pytest.mark.parametrize("paragraph", ["word " * 300, "x" * 7000, "A line of text.\n" * 400, "One. Two! " * 700])
def test_blocks_keep_every_word_and_stay_short(paragraph: str) -> None:
    text = "\n\n".join([paragraph] * 5)
    found = list(split_blocks(text))
    assert "".join("".join(found).split()) == "".join(text.split())
    assert max(map(len, found)) <= PART_CHARS + 10
    assert len(found) <= 2 + 2 * len(text) // PART_CHARS


def test_plain_text_has_blocks_and_no_headings() -> None:
    read = read_text(b"# not a heading\n\ntext", headings=False)
    assert [(part.label, part.title, part.text) for part in read.parts] == [("§1", "", "# not a heading\n\ntext")]


def test_bytes_that_are_no_text_are_refused() -> None:
    with pytest.raises(RefusalError, match="not text"):
        read_text(bytes(range(256)) * 10, headings=False)


def test_json_on_one_line_is_laid_out() -> None:
    read = read_json(b'{"rows": [' + b",".join(b'{"revenue": %d}' % n for n in range(2000)) + b"]}")
    assert '"revenue": 1999' in whole(read)
    assert len(read.parts) > 5


# Tables


@pytest.mark.parametrize("rows", [1, 49, 50, 51, 120, 1000])
def test_every_row_of_a_table_has_its_number(rows: int) -> None:
    text = "quarter,revenue\n" + "".join(f"Q{n},{n * 100}\n" for n in range(1, rows + 1))
    read = read_table(text.encode())
    lines = [line for part in read.parts for line in part.text.split("\n") if not line.startswith("header")]
    assert lines == [f"row {n}: Q{n} | {n * 100}" for n in range(1, rows + 1)]
    assert all(part.text.startswith("header: quarter | revenue\n") for part in read.parts)
    assert read.parts[-1].label == f"rows {(rows - 1) // 50 * 50 + 1}-{rows}"


@pytest.mark.parametrize(
    "text",
    [
        "name,amount\nA,1\nB,2\n",
        "name;amount\r\nA;1\r\nB;2\r\n",
        "name\tamount\nA\t1\nB\t2",
        "name|amount\nA|1\nB|2",
        '"name","amount"\n"A",1\n\n\n"B",2\n',
        "name;amount\nA;1\nB;2\n",
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_the_delimiter_of_a_table_is_found(text: str, encoding: str) -> None:
    assert read_table(text.encode(encoding)).parts[0].text == "header: name | amount\nrow 1: A | 1\nrow 2: B | 2"


def test_decimal_commas_do_not_mislead_the_delimiter() -> None:
    read = read_table(b"Umsatz;Marge\n1,5;2,25\n3,5;4,75\n")
    assert read.parts[0].text.split("\n")[2] == "row 2: 3,5 | 4,75"


def test_a_cell_with_line_breaks_stays_on_its_row() -> None:
    assert read_table(b'a,b\n"two\nlines",1\nx,2\n').parts[0].text.split("\n")[1] == "row 1: two lines | 1"


def test_a_table_over_the_cap_says_where_it_was_cut() -> None:
    wide = "x" * 9_000
    data = ("a,b\n" + f"{wide},{wide}\n" * 1000).encode()
    read = read_table(data)
    assert len(read.parts) * 50 < 1000
    assert read.notes[0].startswith(f"Cut before rows {len(read.parts) * 50 + 1}-")
    assert "Query the file as a database" in read.notes[1]


def test_a_table_with_only_a_header_is_kept() -> None:
    assert read_table(b"a,b\n").parts[0].text == "header: a | b"


# Files


@pytest.mark.parametrize("media_type", ["application/pdf", "text/html", "text/csv", "text/plain", "application/json"])
def test_an_empty_document_is_refused(media_type: str) -> None:
    with pytest.raises(RefusalError, match="it is empty"):
        read_bytes(b"", media_type)


def test_a_file_that_is_known_is_not_read_again(tmp_path: Path) -> None:
    file = tmp_path / "a.txt"
    file.write_text("hello")
    with file.open("rb") as opened:
        first = read_file(opened.fileno(), "text/plain")
        assert first.extraction is not None
        assert read_file(opened.fileno(), "text/plain", known=first.digest).extraction is None


def test_read_file_at_an_unreadable_descriptor_refuses(tmp_path: Path) -> None:
    with (tmp_path / "a.txt").open("wb") as opened, pytest.raises(RefusalError, match="cannot be read"):
        read_file(opened.fileno(), "text/plain")
