"""What a library in memory says of a desk."""

from kimi_tui.session import DeskReading


class ToldDesk:
    """The part of a library that speaks of the desk."""

    desk: DeskReading | None = None
    closed = False

    async def desk_reading(self) -> DeskReading | None:
        """What a test says."""
        return self.desk

    async def close(self) -> None:
        """Nothing works in the background."""
        self.closed = True
