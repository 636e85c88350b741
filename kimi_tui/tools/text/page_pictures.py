"""Pictures of PDF pages, drawn in worker processes."""

import io
from collections.abc import Sequence

import msgspec

from kimi_tui.sources import PagePicture
from kimi_tui.tools.workers.pool import WorkerError, WorkerPool

PICTURE_SECONDS = 10.0
"""Processor time that drawing one page may take."""
PATIENCE_FACTOR = 3
"""Times its processor time that a page may take by the clock."""
MAX_PICTURE_MEMORY = 1 << 30
"""Bytes that drawing one page may take."""
PALETTE_COLOURS = 48
"""Colours of a picture as PNG: text on paper needs few."""


class PictureError(Exception):
    """A page that could not be drawn; the text says why."""


async def draw_page(
    workers: WorkerPool,
    data: bytes,
    label: str,
    text: str,
    marks: Sequence[tuple[int, int, str]],
    *,
    width: int,
    crop: bool,
) -> PagePicture:
    """Return a picture of the page that a part shows; raises `PictureError`.

    `label` and `text` are those of the part, `marks` pieces of its text with their roles; see `pdf_picture.draw_page`.
    """
    number = label.removeprefix("p.")
    if not (number.isascii() and number.isdigit() and len(number) < 8):
        raise PictureError(f"{label} is not a page")
    arguments = {
        "data": data, "number": int(number), "text": text, "marks": list(marks), "width": width, "crop": crop,
    }  # fmt: skip
    try:
        drawn = await workers.call(
            "kimi_tui.tools.text.pdf_picture:draw_page",
            arguments,
            timeout=PICTURE_SECONDS * PATIENCE_FACTOR,
            cpu=PICTURE_SECONDS,
            memory=MAX_PICTURE_MEMORY,
        )
        picture = msgspec.convert(drawn, PagePicture)
    except WorkerError as error:
        raise PictureError(str(error)) from None
    except msgspec.ValidationError:
        raise PictureError("the worker gave an answer that makes no sense") from None
    if picture.width < 1 or picture.height < 1 or len(picture.rgb) != picture.width * picture.height * 3:
        raise PictureError("the worker gave a picture that makes no sense")
    return picture


def encode_png(picture: PagePicture) -> bytes:
    """Return a picture as PNG with few colours."""
    from PIL import Image  # only pictures need it

    image = Image.frombytes("RGB", (picture.width, picture.height), picture.rgb)
    file = io.BytesIO()
    image.quantize(PALETTE_COLOURS, method=Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE).save(
        file, "PNG", optimize=True
    )
    return file.getvalue()
