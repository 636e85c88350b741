"""Print where each citation of a memo leads, as HTML: a crop of the PDF page, or the lines of the text, marked."""

import base64
import html
import time
from collections.abc import Iterator, Sequence

from kimi_tui.evidence.cited_places import CitedPlace, cited_place, first_cited_part, marks_in_part
from kimi_tui.evidence.memo import Citation
from kimi_tui.export.source_excerpt import excerpt_html
from kimi_tui.export.verify import EvidenceStore
from kimi_tui.session import SessionError
from kimi_tui.sources import Part, Source, TextMark
from kimi_tui.text import one_line
from kimi_tui.tools.text.page_pictures import PictureError, draw_page, encode_png
from kimi_tui.tools.workers.pool import WorkerPool

CROP_WIDTHS = (1_000, 640)
"""Pixels of a crop's width; the second where the first gives too many bytes."""
MAX_CROP_BYTES = 160_000
"""Bytes of one crop, as PNG."""
MAX_PICTURES_BYTES = 5_000_000
"""Bytes of all crops of one page."""
MAX_PICTURES_SECONDS = 90.0
"""Seconds until no further crop is drawn."""
MAX_PARTS = 3
"""Pages or sections that are shown of one cited place."""


class CitationEvidence:
    """Prints what citations lead to, within limits for all of them together."""

    def __init__(self, store: EvidenceStore, workers: WorkerPool) -> None:
        self._store = store
        self._workers = workers
        self._left = MAX_PICTURES_BYTES
        self._until = time.monotonic() + MAX_PICTURES_SECONDS
        self._drawn: dict[tuple[str, str, tuple[TextMark, ...]], str] = {}

    async def print(self, cite: Citation) -> str:
        """Return all that a citation leads to."""
        return "".join([await self._place(cited_place(cite, index)) for index in range(len(cite.places))])

    async def _place(self, cited: CitedPlace) -> str:
        name = html.escape(one_line(" ".join(filter(None, (cited.place.source, cited.place.label))), 80))
        try:
            source = self._store.get(cited.place.source)
        except SessionError as error:
            return f"<p>{name}: {html.escape(one_line(str(error), 300))}</p>"
        parts = list(_cited_parts(source, cited)) if source is not None else []
        if source is None or not parts:
            return f"<p>{name} is not in the sources of this session.</p>"
        title = html.escape(one_line(source.ref.title or source.ref.address, 160))
        return "".join([await self._part(source, part, cited, title) for part in parts])

    async def _part(self, source: Source, part: Part, cited: CitedPlace, title: str) -> str:
        marks = marks_in_part(source, part, cited)
        label = html.escape(one_line(part.label, 40))
        caption = f"<figcaption>{html.escape(source.ref.id)} {label} \u2014 {title}</figcaption>"
        shown, note = "", ""
        if source.ref.media_type == "application/pdf":
            try:
                shown = await self._picture(source, part, marks)
            except (PictureError, SessionError) as error:
                note = f"<p>No picture of this page: {html.escape(one_line(str(error), 200))}. Its text:</p>"
        return f"<figure>{caption}{note}{shown or excerpt_html(part.text, marks)}</figure>"

    async def _picture(self, source: Source, part: Part, marks: Sequence[TextMark]) -> str:
        """Return a crop as an image; raises `PictureError`."""
        key = (source.ref.digest, part.label, tuple(marks))
        if key not in self._drawn:
            self._drawn[key] = await self._draw(source, part, marks)
        return self._drawn[key]

    async def _draw(self, source: Source, part: Part, marks: Sequence[TextMark]) -> str:
        data = self._store.data(source.ref.digest)
        if data is None:
            raise PictureError("its file is not stored")
        if time.monotonic() > self._until:
            raise PictureError("drawing the pictures before it took too long")
        for width in CROP_WIDTHS:
            picture = await draw_page(self._workers, data, part.label, part.text, marks, width=width, crop=True)
            png = encode_png(picture)
            if len(png) <= MAX_CROP_BYTES:
                break
        else:
            raise PictureError(f"it has more than {MAX_CROP_BYTES >> 10} kB")
        if len(png) > self._left:
            raise PictureError(f"the pictures before it take the {MAX_PICTURES_BYTES >> 20} MB that there are for all")
        self._left -= len(png)
        cited = [mark for mark in marks if mark.role == "cited"]
        words = "; ".join(part.text[mark.start : mark.end] for mark in cited)
        said = f"{part.label} with {words} marked" if picture.cited else part.label
        unsure = "<p>Where the cited words are on the page was not found for sure; nothing is marked.</p>"
        return (
            f'<img alt="{html.escape(one_line(said, 200))}" width="{picture.width}" height="{picture.height}" '
            f'src="data:image/png;base64,{base64.b64encode(png).decode()}">'
            f"{unsure if cited and not picture.cited else ''}"
        )


def _cited_parts(source: Source, cited: CitedPlace) -> Iterator[Part]:
    """Yield the parts that hold cited cells, else the one that is cited; the first few."""
    named = dict.fromkeys(cell.part for cell in cited.own_cells)
    held = [part for part in source.parts if part.label in named]
    if not held:
        first = first_cited_part(source, cited)
        held = [source.parts[first]] if first is not None else []
    yield from held[:MAX_PARTS]
