"""Draw pages of the sources of recorded sessions, in worker processes that end when nothing more is drawn."""

import asyncio

from kimi_tui.journal.session_store import SessionStore
from kimi_tui.session import SessionError
from kimi_tui.sources import PagePicture, Source, TextMark
from kimi_tui.tools.text.page_pictures import PictureError, draw_page
from kimi_tui.tools.workers.pool import WorkerPool


class PageDrawer:
    """Draws pages of the sources of one data folder."""

    def __init__(self, store: SessionStore) -> None:
        self._store = store
        self._workers = WorkerPool(most=1)

    async def draw(
        self, session: str, source_id: str, label: str, marks: tuple[TextMark, ...], width: int
    ) -> PagePicture:
        """Return a picture of the page that a source's part shows; raises `SessionError` with the reason for none."""
        source, data = await asyncio.to_thread(self._read, session, source_id)
        if source is None or data is None:
            raise SessionError(f"the file of {source_id} is not stored in this session")
        if source.ref.media_type != "application/pdf":
            raise SessionError(f"{source_id} is not a PDF: it has no pages; only its text can be shown")
        text = next((part.text for part in source.parts if part.label == label), "")
        try:
            return await draw_page(self._workers, data, label, text, marks, width=width, crop=False)
        except PictureError as error:
            raise SessionError(f"{source_id} {label} cannot be drawn: {error}") from None

    async def close(self) -> None:
        """End the workers."""
        await self._workers.close()

    def _read(self, session: str, source_id: str) -> tuple[Source | None, bytes | None]:
        reader = self._store.open_reader(session)
        try:
            source = reader.sources.get(source_id)
            return source, reader.sources.data(source.ref.digest) if source else None
        finally:
            reader.close()
