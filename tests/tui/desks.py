"""A library in memory: its answers about a desk."""

from kimi_tui.session import DeskReading


class ReportedDesk:
    """The part of a library that speaks of the desk."""

    desk: DeskReading | None = None
    paths: tuple[str, ...] = ()
    closed = False

    async def desk_reading(self) -> DeskReading | None:
        """Return the reading that a test set."""
        return self.desk

    async def desk_paths(self, desk: str | None = None) -> tuple[str, ...]:
        """Return the paths that a test set, for any desk but none."""
        return () if desk == "" else self.paths

    async def close(self) -> None:
        """Nothing works in the background."""
        self.closed = True
