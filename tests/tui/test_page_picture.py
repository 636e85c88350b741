"""The picture of a page in the terminal: the cited words are marked where they are drawn, or a reason is shown."""

import msgspec
import pytest

from kimi_tui import events
from kimi_tui.config import UiSettings
from kimi_tui.sources import Part
from kimi_tui.tui.screens.page_picture import PagePictureScreen
from kimi_tui.tui.widgets.graphics_view import GraphicsView
from kimi_tui.tui.widgets.picture_view import UPPER_HALF, PictureView
from tests.tools.papers import pdf_of
from tests.tui.sessions import MemoryLibrary, MemorySession, opened, source
from tests.tui.stage import Stage, staged

PLACE = {"source": "S1", "label": "p.1", "unit": "p.", "first": 1, "last": 1}
PAGE = pdf_of(b"BT /F 24 Tf 1 0 0 1 50 700 Tm (Alpha 111) Tj 1 0 0 1 50 400 Tm (Beta 222) Tj ET")


def library(media_type: str = "application/pdf", data: bytes = PAGE) -> MemoryLibrary:
    """A session whose memo quotes one page."""
    kept = source(1, "Report", Part("p.1", "Alpha 111\n\nBeta 222"))
    kept = msgspec.structs.replace(kept, ref=msgspec.structs.replace(kept.ref, media_type=media_type))
    session = MemorySession("s1", sources=(kept,))
    quote = {
        "start": 5, "end": 13, "marker": "[S1 p.1]", "places": [PLACE],
        "quotes": ["Beta 222"], "finding": "supported", "by": "quote",
    }  # fmt: skip
    memo = {"kind": "memo", "title": "Beta", "text": "Beta [S1 p.1].", "citations": [quote], "sources": ["S1"]}
    session.record(
        opened(),
        events.QuestionAsked("What is beta?"),
        events.StepStarted(1, "", 900),
        events.ToolCallProposed("c1", "read", {"source": "S1"}, "{}"),
        events.ToolCallStarted("c1"),
        events.ObservationRecorded("c1", "ok", "Read.", (kept.ref,)),
        events.TurnFinished("answered", memo | {"statements": [], "uncited": []}),
    )
    held = MemoryLibrary(session)
    held.files["S1"] = data
    return held


async def show_page(stage: Stage) -> None:
    """From the memo by keys alone to the source, and to its page."""
    await stage.opened()
    await stage.press("escape", "m")
    await stage.until(lambda: stage.app.screen.query("MemoView"))
    await stage.press("tab", "enter")
    await stage.until(lambda: stage.app.screen.has_class("-reading"))
    await stage.press("p")


def notices(stage: Stage) -> str:
    return " ".join(notice.message for notice in stage.app._notifications)


@pytest.mark.parametrize("size", [(80, 24), (120, 40), (200, 60)])
async def test_key_in_the_source_view_shows_the_page_with_the_quote_marked(size: tuple[int, int]) -> None:
    async with staged(library(), size=size, session_id="s1") as stage:
        await show_page(stage)
        await stage.until(lambda: isinstance(stage.app.screen, PagePictureScreen))
        view = stage.app.screen.query_one(PictureView)
        await stage.until(lambda: view.picture is not None and view.scroll_offset.y > 0)
        assert view.picture is not None
        ((left, top, right, bottom),) = view.picture.cited
        assert top > view.picture.height * 0.45  # Beta, not Alpha, which is in the upper half
        line = view.render_line((top + bottom) // 4 - view.scroll_offset.y)
        assert set(line.text.strip()) == {UPPER_HALF}
        shown = range(max(left - view.scroll_offset.x, 0) + 1, min(right - view.scroll_offset.x, size[0] - 6))
        colours = [style.color.triplet for style in _styles(line) if style and style.color and style.color.triplet]
        marked = [n for n, (red, green, blue) in enumerate(colours) if blue < 0.6 * red and abs(red - green) < 90]
        assert len(set(marked) & set(shown)) > 0.8 * len(shown)


def _styles(strip):
    return [segment.style for segment in strip for _ in segment.text]


async def test_plus_enlarges_the_page_and_minus_shows_more_of_it() -> None:
    async with staged(library(), session_id="s1") as stage:
        await show_page(stage)
        await stage.until(lambda: isinstance(stage.app.screen, PagePictureScreen))
        view = stage.app.screen.query_one(PictureView)
        await stage.until(lambda: view.picture is not None)
        assert view.picture is not None
        before = view.picture.width
        await stage.press("minus")
        await stage.until(lambda: view.picture is not None and view.picture.width < before)
        smaller = view.picture.width
        await stage.press("plus")
        await stage.until(lambda: view.picture is not None and view.picture.width > smaller)
        await stage.press("escape")
        assert not isinstance(stage.app.screen, PagePictureScreen)


async def test_ascii_terminal_gets_a_sentence_instead_of_a_picture() -> None:
    async with staged(library(), session_id="s1", ui=UiSettings(ascii=True)) as stage:
        await show_page(stage)
        await stage.until(lambda: "A page cannot be drawn with ASCII characters alone" in notices(stage))
        assert not isinstance(stage.app.screen, PagePictureScreen)


async def test_terminal_without_colours_gets_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    async with staged(library(), session_id="s1") as stage:
        await show_page(stage)
        await stage.until(lambda: "A page cannot be drawn with no colours (NO_COLOR)" in notices(stage))


async def test_page_picture_switched_off_says_so() -> None:
    async with staged(library(), session_id="s1", ui=UiSettings(pictures="off")) as stage:
        await show_page(stage)
        await stage.until(lambda: "Pictures are switched off by the setting `ui.pictures`." in notices(stage))


async def test_page_picture_by_sixels_is_sent_with_all_pixels_and_enlarged(monkeypatch: pytest.MonkeyPatch) -> None:
    async with staged(library(), session_id="s1", ui=UiSettings(pictures="sixel")) as stage:
        sent: list[str] = []
        graphics = stage.app._ui_context.graphics
        assert graphics is not None
        monkeypatch.setattr(graphics, "write", sent.append)
        monkeypatch.setattr(graphics, "_cell_pixels", lambda: (10, 20))
        await show_page(stage)
        await stage.until(lambda: isinstance(stage.app.screen, PagePictureScreen))
        view = stage.app.screen.query_one(GraphicsView)
        await stage.until(lambda: any("\x1bP" in one for one in sent))
        assert view.picture is not None
        assert view.picture.width == view.size.width * 10
        assert view.picture.cited, "the quote is marked"
        before, width = len(sent), view.picture.width
        await stage.press("plus")
        await stage.until(lambda: view.picture is not None and view.picture.width > width and len(sent) > before)


async def test_page_picture_by_sixels_in_a_terminal_that_tells_no_size_is_half_cells() -> None:
    async with staged(library(), session_id="s1", ui=UiSettings(pictures="sixel")) as stage:
        await show_page(stage)
        await stage.until(lambda: isinstance(stage.app.screen, PagePictureScreen))
        assert stage.app.screen.query(PictureView)


async def test_source_that_is_no_pdf_says_so() -> None:
    async with staged(library("text/html"), session_id="s1") as stage:
        await show_page(stage)
        await stage.until(lambda: "S1 is not a PDF" in notices(stage))


async def test_page_that_cannot_be_drawn_says_why_and_closes() -> None:
    async with staged(library(data=b"%PDF-1.7 no"), session_id="s1") as stage:
        await show_page(stage)
        await stage.until(lambda: "PDFium cannot open the document" in notices(stage))
        assert not isinstance(stage.app.screen, PagePictureScreen)
