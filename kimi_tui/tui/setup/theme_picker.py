"""The picker of themes: each is shown while the cursor is on it, enter keeps it, escape brings the old one back."""

from typing import ClassVar

from kimi_tui.tui.setup.picker import Picker, describe_write
from kimi_tui.tui.setup.service import SetupService
from kimi_tui.tui.themes import AUTO, DEFAULT_THEME, NO_COLOR_THEME, THEMES, resolve_theme
from kimi_tui.tui.widgets.row_list import ListCell, ListColumn, ListRow, RowList

THEME_MEANINGS = {
    AUTO: "follows the background of the terminal",
    DEFAULT_THEME: "dark",
    "kimi-light": "light",
    "kimi-contrast": "high contrast",
    NO_COLOR_THEME: "no colours of its own",
}


class ThemePicker(Picker):
    """Offers the themes; returns the name that the setting gets."""

    TITLE = "Theme"
    COLUMNS: ClassVar[tuple[ListColumn, ...]] = (ListColumn("", 16), ListColumn(""))

    def __init__(self, service: SetupService | None, *, dark: bool | None, has_color: bool) -> None:
        """`dark` is the background of the terminal; without `has_color` every theme is drawn without colours."""
        super().__init__()
        self._service = service
        self._dark = dark
        self._has_color = has_color
        self._before = ""

    def on_mount(self) -> None:
        """Show the themes, the cursor on the one in use."""
        super().on_mount()
        self._before = self.app.theme
        names = [AUTO, *(theme.name for theme in THEMES)]
        used = self._service.settings.ui.theme if self._service else self._before
        rows = [_theme_row(name, is_used=name == used) for name in names]
        self.query_one(RowList).show(rows, at=used)
        self._preview(self.query_one(RowList).current)

    def on_row_list_moved(self, message: RowList.Moved) -> None:
        """Show the theme."""
        self._preview(message.row_id)

    def _preview(self, name: str) -> None:
        if self._has_color:
            self.app.theme = resolve_theme(name, dark=self._dark)
        self.say(self._describe(name))

    def _describe(self, name: str) -> str:
        words = "" if self._has_color else "NO_COLOR is set, so that nothing is coloured now. "
        if self._service is None:
            return f"{words}It holds until you leave: there is no settings file to change."
        return words + describe_write(self._service, "ui.theme", setting_of_theme(name))

    def action_leave(self) -> None:
        """Bring back the theme that was there before."""
        self.app.theme = self._before
        super().action_leave()


def setting_of_theme(name: str) -> str | None:
    """Return the value of the setting for a theme; None for the default."""
    return None if name == AUTO else name


def _theme_row(name: str, *, is_used: bool) -> ListRow:
    """Return the row of a theme, the one in use marked."""
    mark = "* " if is_used else "  "
    return ListRow(name, (ListCell(mark + name, "strong" if is_used else ""), ListCell(THEME_MEANINGS[name], "muted")))
