"""Pages of the files that a test puts into its library, drawn as always."""

from functools import cached_property
from typing import Any

from kimi_tui.cells import Cell
from kimi_tui.session import SessionError
from kimi_tui.sources import PagePicture, TextMark
from kimi_tui.tools.text.page_pictures import PictureError, draw_page
from kimi_tui.tools.workers.pool import WorkerPool


class DrawnPages:
    """The part of a library that draws pages."""

    held: Any
    _refuse: Any

    @cached_property
    def files(self) -> dict[str, bytes]:
        """The bytes of a source by its id."""
        return {}

    async def page_picture(
        self, session_id: str, source_id: str, label: str, marks: tuple[TextMark, ...], width: int
    ) -> PagePicture:
        """The page of a file."""
        source = await self.held[session_id].source(source_id)
        text = next(part.text for part in source.parts if part.label == label) if source else ""
        workers = WorkerPool(most=1)
        try:
            return await draw_page(workers, self.files[source_id], label, text, marks, width=width, crop=False)
        except PictureError as error:
            raise SessionError(str(error)) from None
        finally:
            await workers.close()

    @cached_property
    def cells_of(self) -> dict[str, tuple[Cell, ...]]:
        """The cells of a source by its id."""
        return {}

    async def cells(self, session_id: str, parts: tuple[tuple[str, str], ...]) -> dict[str, tuple[Cell, ...]]:
        """The cells that a test put here, of the parts that are asked for."""
        self._refuse()
        return {
            source_id: tuple(cell for cell in cells if (source_id, cell.part) in parts)
            for source_id, cells in self.cells_of.items()
        }
