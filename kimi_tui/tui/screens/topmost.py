"""A screen that leaves only while it is on top: keys typed faster than screens change leave none twice, or another."""

from textual.await_complete import AwaitComplete
from textual.screen import Screen, ScreenResultType


class TopmostScreen(Screen[ScreenResultType]):
    """A base of every screen that ends itself; not the first where there are two, from which the looks come."""

    def dismiss(self, result: ScreenResultType | None = None) -> AwaitComplete:
        """Leave with a result; nothing while another screen stands over this one, or when it has left already."""
        return super().dismiss(result) if self.app.screen is self else AwaitComplete()
