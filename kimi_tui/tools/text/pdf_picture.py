"""Draw a page of a PDF, with pieces of its text marked; worker processes only.

A page may say any size: what is drawn is bounded in pixels before anything is drawn.
"""

import ctypes
from collections.abc import Sequence
from typing import Any

from kimi_tui.text import count_noun
from kimi_tui.tools.text.pdf_places import PageBox, PagePlaces
from kimi_tui.tools.text.pdf_reader import ENCRYPTED_REASON
from kimi_tui.tools.workers.child import RefusalError

MAX_PIXELS = 4_000_000
"""Pixels that one picture of a page may have."""
MAX_SIDE_PIXELS = 8_000
"""Pixels of its longer side."""
MAX_SCALE = 6.0
"""Pixels for a point of the page, at most."""
MARK_COLOURS = {"cited": (255, 221, 64), "label": (190, 222, 255)}
"""The colour over marked words, as of a pen: white paper takes it, ink stays ink."""
FRAME_COLOUR = (200, 30, 30)
"""The frame around what is cited."""
MARGIN_SHARE = 1 / 330
"""Between a mark and its words, as a share of the picture's width."""
CROP_SHARE = 0.16
"""Share of the page's height that a crop shows above and below what is marked."""


def draw_page(
    data: bytes, number: int, text: str, marks: Sequence[tuple[int, int, str]], width: int, crop: bool
) -> dict[str, Any]:
    """Return a picture of a page (from 1) `width` pixels wide: `width`, `height`, `rgb`, and the boxes in pixels.

    `marks` are pieces of the page's `text` by their offsets, each with its role: `cited`, `label`, or `header`, which
    is kept in sight. `crop` leaves the page above and below them out. Raises `RefusalError`.
    """
    import pypdfium2

    try:
        document = pypdfium2.PdfDocument(data)
    except pypdfium2.PdfiumError as error:
        raise RefusalError(
            ENCRYPTED_REASON if "password" in str(error).lower() else "PDFium cannot open the document"
        ) from None
    if not 1 <= number <= len(document):
        raise RefusalError(f"the document has {count_noun(len(document), 'page')}, and page {number} is not among them")
    try:
        page = document[number - 1]
        return _draw(page, text, marks, width, crop)
    except pypdfium2.PdfiumError as error:
        raise RefusalError(f"PDFium cannot draw page {number}: {error}") from None


def _draw(page: Any, text: str, marks: Sequence[tuple[int, int, str]], width: int, crop: bool) -> dict[str, Any]:
    from PIL import Image, ImageChops, ImageDraw

    size = page.get_size()
    picture = page.render(scale=_scale(size, width)).to_pil().convert("RGB")
    found = [(role, _on_picture(page, box, picture.size)) for role, box in _find(page, text, marks)]
    pen = Image.new("RGB", picture.size, (255, 255, 255))
    for role, box in found:
        if role in MARK_COLOURS:
            ImageDraw.Draw(pen).rectangle(box, fill=MARK_COLOURS[role])
    picture = ImageChops.multiply(picture, pen)
    cited = [box for role, box in found if role == "cited"]
    for box in cited:
        ImageDraw.Draw(picture).rectangle(box, outline=FRAME_COLOUR)
    top, bottom = _crop(picture.size, [box for _, box in found], cited) if crop else (0, picture.height)
    picture = picture.crop((0, top, picture.width, bottom))
    boxes = [(left, high - top, right, low - top) for left, high, right, low in cited]
    return {"width": picture.width, "height": picture.height, "rgb": picture.tobytes(), "cited": boxes}


def _scale(size: tuple[float, float], width: int) -> float:
    """Return how many pixels a point of a page of this size gets."""
    across, up = (max(side, 1.0) for side in size)
    return float(min(width / across, MAX_SCALE, MAX_SIDE_PIXELS / max(across, up), (MAX_PIXELS / (across * up)) ** 0.5))


def _find(page: Any, text: str, marks: Sequence[tuple[int, int, str]]) -> list[tuple[str, PageBox]]:
    """Return the boxes of marked pieces that are found on the page, each with its role."""
    if not marks:
        return []
    text_page = page.get_textpage()
    try:
        places = PagePlaces(page, text_page)
        return [(role, box) for start, end, role in marks for box in places.find(text, start, end)]
    finally:
        text_page.close()


def _on_picture(page: Any, box: PageBox, size: tuple[int, int]) -> tuple[int, int, int, int]:
    """Return left, top, right and bottom of a box of the page in pixels of its picture, with a margin."""
    import pypdfium2.raw as pdfium

    corners = []
    for across, up in ((box.left, box.bottom), (box.right, box.top)):
        x, y = ctypes.c_int(), ctypes.c_int()
        pdfium.FPDF_PageToDevice(page, 0, 0, *size, 0, across, up, ctypes.byref(x), ctypes.byref(y))
        corners.append((x.value, y.value))
    (first, one), (second, other) = corners
    left, right = (min(max(side, 0), size[0] - 1) for side in sorted((first, second)))
    top, bottom = (min(max(side, 0), size[1] - 1) for side in sorted((one, other)))
    margin = max(round(size[0] * MARGIN_SHARE), 1)
    return (
        max(left - margin, 0), max(top - margin, 0),
        min(right + margin, size[0] - 1), min(bottom + margin, size[1] - 1),
    )  # fmt: skip


def _crop(
    size: tuple[int, int], boxes: Sequence[tuple[int, int, int, int]], cited: Sequence[tuple[int, int, int, int]]
) -> tuple[int, int]:
    """Return the first and the last row of pixels to show: what is cited with some of the page, and its header."""
    if not cited:
        return 0, size[1]
    room = round(CROP_SHARE * size[1])
    shown = boxes if max(box[3] for box in boxes) - min(box[1] for box in boxes) < size[1] // 2 else cited[:1]
    return max(min(box[1] for box in shown) - room, 0), min(max(box[3] for box in shown) + room, size[1])
