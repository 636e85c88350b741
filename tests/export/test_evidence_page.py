"""The exported page: each citation opens a crop of its page, or its lines, with what it rests on marked."""

import asyncio
import base64
import io
import re
from contextlib import closing
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import msgspec
import pytest
from fpdf import FPDF
from PIL import Image

from kimi_tui.events import ObservationRecorded, QuestionAsked, SessionOpened, TurnFinished
from kimi_tui.evidence.memo_check import check_memo
from kimi_tui.export import citation_evidence
from kimi_tui.export.evidence_page import format_evidence_page
from kimi_tui.export.file_writer import export_content
from kimi_tui.export.recording import read_recording
from kimi_tui.journal.reader import JournalReader
from kimi_tui.journal.writer import JournalWriter
from kimi_tui.tools.text.extraction import extract
from kimi_tui.tools.workers.pool import WorkerPool
from tests.story import SESSION, Clock, settings

ROWS = (("", "2025", "2024"), ("Revenues", "46,309", "51,362"), ("Gross profit", "19,790", "22,887"))


def table_pdf() -> bytes:
    """A PDF whose second page has a table in its lower half."""
    document = FPDF()
    for page in ("Acme makes shoes.", "(in millions)"):
        document.add_page()
        document.set_font("helvetica", size=11)
        document.multi_cell(0, 6, page)
    document.set_y(170)
    for row in ROWS:
        for column, words in enumerate(row):
            document.cell(60, 8, words, align="L" if column == 0 else "R")
        document.ln()
    return bytes(document.output())


class Elements(HTMLParser):
    """Every element of a page with its attributes."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))

    def named(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.found if name == tag]


def images(page: str) -> list[Image.Image]:
    """The pictures of a page, read back."""
    found = []
    for attributes in Elements(page).named("img"):
        kind, _, data = str(attributes["src"]).partition(",")
        assert kind == "data:image/png;base64"
        found.append(Image.open(io.BytesIO(base64.b64decode(data))).convert("RGB"))
    return found


def yellow_box(image: Image.Image) -> tuple[int, int, int, int] | None:
    """Left, top, right and bottom of what is marked in a picture."""
    data, width = image.tobytes(), image.width
    pixels = zip(data[0::3], data[1::3], data[2::3], strict=True)
    marked = [n for n, (red, green, blue) in enumerate(pixels) if red > 200 and green > 180 and blue < 140]
    across, down = [n % width for n in marked], [n // width for n in marked]
    return (min(across), min(down), max(across) + 1, max(down) + 1) if marked else None


def dark_share(image: Image.Image, box: tuple[int, int, int, int]) -> float:
    """How much of a box is ink."""
    piece = image.crop(box).convert("L")
    return sum(value < 110 for value in piece.tobytes()) / (piece.width * piece.height)


async def record(folder: Path, memo: str, media_type: str, data: bytes) -> JournalWriter:
    """A finished session with one source and a memo that was checked against it."""
    journal = JournalWriter(folder, SESSION, Clock())
    workers = WorkerPool(most=1)
    try:
        read = await extract(workers, data, media_type)
    finally:
        await workers.close()
    about: dict[str, Any] = {
        "kind": "document",
        "title": "Annual <report>",
        "address": "acme",
        "media_type": media_type,
    }
    ref = journal.sources.add(data=data, parts=read.parts, extractor=read.extractor, cells=read.cells, **about)
    checked = check_memo("Acme", memo, journal.sources)
    journal.append(
        (
            SessionOpened("1.0", "kimi-k2", "embedded", settings(steps=9), "You research."),
            QuestionAsked("How did Acme do?"),
            ObservationRecorded("c1", "ok", "Read.", (ref,)),
            TurnFinished("answered", {"kind": "memo", **msgspec.to_builtins(checked)}, "done"),
        ),
        turn=1,
        step=1,
    )
    return journal


def page_of(folder: Path, memo: str, media_type: str = "application/pdf", data: bytes | None = None) -> str:
    """The exported page of such a session."""
    journal = asyncio.run(record(folder, memo, media_type, data or table_pdf()))
    with closing(journal), closing(JournalReader(journal.path)) as reader:
        return format_evidence_page(read_recording(reader), reader.sources)


def test_citation_of_a_pdf_opens_a_crop_with_its_figure_marked(tmp_path: Path) -> None:
    page = page_of(tmp_path / "one", 'Revenues were $46,309 million in 2025 [S1 p.2 "Revenues" 2025].')
    (image,) = images(page)
    box = yellow_box(image)
    assert box is not None
    assert image.width == 1000
    assert image.height < 700  # a crop: the whole page is 1,414 high
    assert dark_share(image, box) > 0.08  # the figure is under the mark
    assert box[2] - box[0] < 120  # and nothing but the figure
    assert 0.4 < box[2] / image.width < 0.75  # in the second of three columns
    other = yellow_box(
        images(page_of(tmp_path / "two", 'Revenues were $51,362 million in 2024 [S1 p.2 "Revenues" 2024].'))[0]
    )
    assert other is not None
    assert other[0] > box[2]  # the column beside it
    assert abs(other[1] - box[1]) < 5  # in the same row


def test_quote_is_marked_on_the_first_page(tmp_path: Path) -> None:
    (image,) = images(page_of(tmp_path / "s", 'It says that "Acme makes shoes" [S1 p.1].'))
    box = yellow_box(image)
    assert box is not None
    assert 100 < box[2] - box[0] < 300


def test_page_runs_nothing_and_loads_nothing(tmp_path: Path) -> None:
    page = page_of(tmp_path / "s", 'Revenues were $46,309 million in 2025 [S1 p.2 "Revenues" 2025]. <script>x</script>')
    elements = Elements(page)
    assert not elements.named("script")
    assert all(str(link["href"]).startswith("#cite-") for link in elements.named("a"))
    assert "Annual &lt;report&gt;" in page
    assert re.search(r"Content-Security-Policy\" content=\"default-src 'none'; [^\"]*img-src data:\"", page)
    (link,) = elements.named("a")
    assert {"id": str(link["href"]).removeprefix("#")} in elements.named("div")  # a link into a fold opens it


def test_citation_of_a_csv_opens_its_rows_with_the_cell_marked(tmp_path: Path) -> None:
    data = b"quarter,revenue\n2024Q1,101\n2024Q2,<b>\n2024Q3,303\n"
    page = page_of(
        tmp_path / "s", "Revenue was 101 in 2024Q1 [S1 row 1] and 303 in 2024Q3 [S1 row 3].", "text/csv", data
    )
    assert not images(page)
    assert page.count("<mark>") >= 2
    assert "<b>" not in page
    marked = re.findall(r"<tr>(?:(?!</tr>).)*<mark>(?:(?!</tr>).)*</tr>", page)
    assert any("101" in row for row in marked)
    assert any("303" in row for row in marked)
    assert "<td> revenue" in page or "revenue</td>" in page  # the header of the column is in sight


def test_citation_of_a_web_page_opens_its_table_with_the_cell_marked(tmp_path: Path) -> None:
    rows = "".join(f"<tr><td>Row {n}</td><td>{n * 1111:,}</td></tr>" for n in range(1, 30))
    data = f"<h1>Acme</h1><table><tr><th>(USD)</th><th>2025</th></tr>{rows}</table>".encode()
    page = page_of(tmp_path / "s", 'Row 20 was $22,220 in 2025 [S1 §1 "Row 20" 2025].', "text/html", data)
    assert "<mark>22,220</mark>" in page
    assert "2025" in page.partition("<table>")[2].partition("</table>")[0]
    assert "Row 5 " not in page  # an excerpt, not the whole table


def test_pictures_over_the_limit_are_replaced_by_the_text(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(citation_evidence, "MAX_PICTURES_BYTES", 10)
    page = page_of(tmp_path / "s", 'Revenues were $46,309 million in 2025 [S1 p.2 "Revenues" 2025].')
    assert not images(page)
    assert "No picture of this page: the pictures before it take" in page
    assert "<mark>46,309</mark>" in page


def test_damaged_pdf_shows_its_text_and_says_why(tmp_path: Path) -> None:
    folder = tmp_path / "s"
    with (
        closing(
            asyncio.run(record(folder, 'It says "Acme makes shoes" [S1 p.1].', "application/pdf", table_pdf()))
        ) as journal,
        closing(JournalReader(journal.path)) as reader,
    ):

        class Broken:
            refs, get, cells = reader.sources.refs, reader.sources.get, reader.sources.cells

            def data(self, digest: str) -> bytes | None:
                return b"%PDF-1.7 nothing"

        page = format_evidence_page(read_recording(reader), Broken())
    assert "No picture of this page: PDFium cannot open the document" in page
    assert "<mark>Acme makes shoes</mark>" in page


def test_export_as_html_holds_the_pictures(tmp_path: Path) -> None:
    memo = 'Revenues were $46,309 million in 2025 [S1 p.2 "Revenues" 2025].'
    journal = asyncio.run(record(tmp_path / "s", memo, "application/pdf", table_pdf()))
    with closing(journal), closing(JournalReader(journal.path)) as reader:
        assert len(images(export_content(reader, "html").decode())) == 1


def test_evidence_page_shows_a_table_of_cited_figures_as_a_picture(tmp_path: Path) -> None:
    memo = (
        "| million | 2024 | 2025 |\n|---|---|---|\n"
        '| Revenues | 51,362 | 46,309 [S1 p.2 "Revenues"] |\n| Margin | 5 | 6 |\n\n'
        "| a | b |\n|---|---|\n| Margin | 5 [S1 p.1] |\n"
    )
    page = page_of(tmp_path, memo)
    assert page.count("<svg") == 1
    assert page.index("</table>") < page.index("<svg") < page.rindex("<table>")
    assert "Margin is left out: it cites no source." in page
    assert not [one for one in Elements(page).named("svg") if "href" in one or "src" in one]
