"""A screen that leaves only while it is on top: keys typed faster than screens change leave none twice, or another."""

from textual.await_complete import AwaitComplete
from textual.screen import Screen, ScreenResultType


class TopmostScreen(Screen[ScreenResultType]):
    """The base of every screen that ends itself; named last where there are several, since looks come from the first."""

    def dismiss(self, result: ScreenResultType | None = None) -> AwaitComplete:
        """Leave with a result; nothing while another screen stands over this one, or when it has left already."""
        return super().dismiss(result) if self.app.screen is self else AwaitComplete()
