"""HTML bytes as sections and tables: what is kept, and what no browser shows."""

from collections.abc import AsyncIterator

import pytest

from kimi_tui.tools.text.extraction import UnreadableError, extract
from kimi_tui.tools.text.html_reader import read_html
from kimi_tui.tools.text.parts import clean_text
from kimi_tui.tools.workers.pool import WorkerPool
from tests.tools.readings import whole

PROSE = "Meridian reported revenue of 4.2 billion for the year, and the board proposed a higher dividend. " * 6


@pytest.fixture
async def workers() -> AsyncIterator[WorkerPool]:
    workers = WorkerPool()
    yield workers
    await workers.close()


def page(body: str, head: str = "") -> bytes:
    """An HTML page."""
    return f"<html><head>{head}</head><body>{body}</body></html>".encode()


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
