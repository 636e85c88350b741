"""Pictures of PDF pages: bounded, marked where the words are, and never wrongly marked."""

from collections.abc import AsyncIterator
from io import BytesIO

import pypdf
import pytest

from kimi_tui.sources import PagePicture
from kimi_tui.tools.text.page_pictures import PictureError, draw_page
from kimi_tui.tools.text.pdf_picture import MAX_PIXELS, MAX_SIDE_PIXELS
from kimi_tui.tools.workers.pool import WorkerPool
from tests.tools.papers import bomb, pdf, pdf_of

LINES = b"BT /F 12 Tf 1 0 0 1 50 700 Tm (Alpha 111) Tj 1 0 0 1 50 400 Tm (Beta 222) Tj ET"
TEXT = "Alpha 111\n\nBeta 222"


@pytest.fixture
async def workers() -> AsyncIterator[WorkerPool]:
    pool = WorkerPool(most=1)
    yield pool
    await pool.close()


async def draw(
    workers: WorkerPool, data: bytes, words: str = "222", text: str = TEXT, *, crop: bool = False
) -> PagePicture:
    at = text.index(words)
    return await draw_page(workers, data, "p.1", text, [(at, at + len(words), "cited")], width=600, crop=crop)


def turned(data: bytes, angle: int) -> bytes:
    """The same document with its page turned."""
    writer = pypdf.PdfWriter(BytesIO(data))
    writer.pages[0].rotate(angle)
    file = BytesIO()
    writer.write(file)
    return file.getvalue()


async def test_words_are_marked_where_they_are_drawn(workers: WorkerPool) -> None:
    picture = await draw(workers, pdf_of(LINES))
    assert (picture.width, picture.height) == (600, 800)
    ((left, top, right, bottom),) = picture.cited
    assert 70 < left < right < 115  # "Beta " before it, at a pixel a point
    assert 385 < top < bottom < 405


@pytest.mark.parametrize(("angle", "corner"), [(90, (388, 78)), (180, (490, 390)), (270, (390, 490))])
async def test_turned_page_is_marked_at_the_turned_place(
    workers: WorkerPool, angle: int, corner: tuple[int, int]
) -> None:
    data = turned(pdf_of(LINES), angle)
    picture = await draw_page(
        workers, data, "p.1", TEXT, [(len(TEXT) - 3, len(TEXT), "cited")], width=800 if angle % 180 else 600, crop=False
    )
    (box,) = picture.cited
    assert abs(box[0] - corner[0]) < 15
    assert abs(box[1] - corner[1]) < 15


async def test_words_that_are_there_twice_are_distinguished_by_their_context(workers: WorkerPool) -> None:
    content = LINES.replace(b"222", b"111")
    text = TEXT.replace("222", "111")
    picture = await draw_page(
        workers, pdf_of(content), "p.1", text, [(len(text) - 3, len(text), "cited")], width=600, crop=False
    )
    ((_, top, _, _),) = picture.cited
    assert top > 380


async def test_words_that_are_not_on_the_page_are_not_marked(workers: WorkerPool) -> None:
    assert (await draw(workers, pdf_of(LINES), "333", "Gamma 333")).cited == ()


async def test_words_that_could_be_at_two_places_are_not_marked(workers: WorkerPool) -> None:
    assert (await draw(workers, pdf_of(LINES.replace(b"222", b"111")), "111", "111")).cited == ()


async def test_crop_shows_what_is_cited_and_little_else(workers: WorkerPool) -> None:
    picture = await draw(workers, pdf_of(LINES), crop=True)
    ((_, top, _, bottom),) = picture.cited
    assert picture.height < 400
    assert 0 < top < bottom < picture.height


@pytest.mark.parametrize("box", [b"0 0 200000 3", b"0 0 2 200000", b"0 0 200000 200000", b"0 0 1 1"])
async def test_page_of_any_size_is_bounded_in_pixels(workers: WorkerPool, box: bytes) -> None:
    data = pdf_of(LINES).replace(b"0 0 600 800", box)
    picture = await draw_page(workers, data, "p.1", TEXT, [], width=1000, crop=False)
    assert picture.width * picture.height <= MAX_PIXELS * 1.1
    assert max(picture.width, picture.height) <= MAX_SIDE_PIXELS + 1


@pytest.mark.parametrize(
    ("data", "label", "why"),
    [
        (b"no pdf", "p.1", "cannot open"),
        (pdf("a", password="secret"), "p.1", "password"),
        (pdf("a"), "p.2", "1 page, and page 2 is not"),
        (pdf("a"), "§1", "not a page"),
        (pdf("a"), "p.99999999999", "not a page"),
    ],
)
async def test_page_that_cannot_be_drawn_says_why(workers: WorkerPool, data: bytes, label: str, why: str) -> None:
    with pytest.raises(PictureError, match=why):
        await draw_page(workers, data, label, "", [], width=100, crop=False)


async def test_page_that_takes_too_long_is_ended(workers: WorkerPool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kimi_tui.tools.text.page_pictures.PICTURE_SECONDS", 0.2)
    with pytest.raises(PictureError, match=r"time|longer|memory"):
        await draw_page(workers, bomb(400), "p.1", "", [], width=1000, crop=False)
