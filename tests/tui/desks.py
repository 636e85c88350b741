"""What a library in memory says of a desk."""

from kimi_tui.session import DeskReading


class ReportedDesk:
    """The part of a library that speaks of the desk."""

    desk: DeskReading | None = None
    paths: tuple[str, ...] = ()
    closed = False

    async def desk_reading(self) -> DeskReading | None:
        """What a test says."""
        return self.desk

    async def desk_paths(self, desk: str | None = None) -> tuple[str, ...]:
        """What a test says, for any desk but none."""
        return () if desk == "" else self.paths

    async def close(self) -> None:
        """Nothing works in the background."""
        self.closed = True
