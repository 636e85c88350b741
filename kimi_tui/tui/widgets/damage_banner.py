"""Banner over a damaged session: what is damaged, and what can be done."""

from textual.content import Content
from textual.widgets import Static

from kimi_tui.text import one_line
from kimi_tui.tui.actions import display_key


class DamageBanner(Static):
    """A few lines at most, for as long as the session is shown."""

    def __init__(self, damage: str, keys: str) -> None:
        """`damage` is the session's own account of it; `keys` are those that salvage it."""
        text = (
            f"Damaged, read-only: {one_line(damage, 400)} "
            f"{display_key(keys)} salvages it; the damaged file is kept. Other sessions are not affected."
        )
        super().__init__(Content(text), id="damage", markup=False)
