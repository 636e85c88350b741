"""The settings screen: every setting with its value, its origin and what it accepts; each changed by the shown line."""

from collections.abc import Mapping
from typing import Any, ClassVar

from textual import work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Input, Static

from kimi_tui.config import ConfigError, Settings
from kimi_tui.config.declaration import DeclaredSetting, declared_settings
from kimi_tui.config.descriptions import SettingDescription, describe_settings
from kimi_tui.text import one_line, printable
from kimi_tui.tui.actions import bindings_for, build_keymap
from kimi_tui.tui.screens.base import SHEET_CLASSES, SideSheet, TopmostScreen
from kimi_tui.tui.setup.service import SetupService
from kimi_tui.tui.setup.value_text import read_value, show_value
from kimi_tui.tui.setup.write_dialog import WriteDialog
from kimi_tui.tui.themes import AUTO, THEMES, resolve_theme
from kimi_tui.tui.ui_context import UiContext
from kimi_tui.tui.widgets.key_footer import KeyFooter
from kimi_tui.tui.widgets.row_list import ListCell, ListColumn, ListRow, RowList
from kimi_tui.tui.widgets.text_line import TextLine

COLUMNS = (
    ListColumn("setting", 26),
    ListColumn("value"),
    ListColumn("from", 11),
    ListColumn("accepts", 34, min_list_width=100),
)
FIXED: Mapping[str, str] = {"home": "The data folder of a running app cannot be changed; set KIMI_TUI_HOME."}
"""Settings that are not changed here, and why."""
INTRODUCTION = "Enter changes the chosen setting; nothing is written until you have seen how the file would change."


class SettingsScreen(SideSheet[None], TopmostScreen[None]):
    """Lists the effective settings, and changes one at a time."""

    BINDINGS: ClassVar[list[BindingType]] = bindings_for("panel")

    def __init__(self, service: SetupService, look: UiContext) -> None:
        super().__init__(classes=SHEET_CLASSES)
        self._service = service
        self.ui_context = look
        self._declared = {one.name: one for one in declared_settings(Settings)}
        self._described = {one.name: one for one in describe_settings()}
        self._edited = ""

    def compose(self) -> ComposeResult:
        """Title, settings, what the chosen one means, a line for its value, keys."""
        with Vertical(id="sheet"):
            title = Content.assemble(("Settings", "bold"), f"   {printable(str(self._service.path))}")
            yield Static(title, id="sheet-title", markup=False)
            yield RowList(COLUMNS, id="settings")
            yield Static(id="setting-meaning", markup=False)
            yield Static(Content(INTRODUCTION), id="setup-status", markup=False)
            yield TextLine(id="setting-value")
            yield KeyFooter(("panel", "everywhere"), self.ui_context.keys)

    def on_mount(self) -> None:
        """Show every setting."""
        self._line.display = False
        self.show()
        self.query_one(RowList).focus()

    @property
    def _line(self) -> TextLine:
        return self.query_one("#setting-value", TextLine)

    def show(self) -> None:
        """Draw the settings as they hold for the next session."""
        rows = self.query_one(RowList)
        rows.show([self._row(one) for one in self._declared.values()])
        self._describe(rows.current)

    def _row(self, declared: DeclaredSetting) -> ListRow:
        value = declared.value_in(self._service.settings)
        changed = value != declared.default
        cells = (
            ListCell(declared.name, "strong" if changed else ""),
            ListCell(one_line(show_value(declared, value), 200) or "-", "" if changed else "muted"),
            ListCell(self._origin(declared), "accent" if changed else "muted"),
            ListCell(accepted_values(self._described[declared.name]), "muted"),
        )
        return ListRow(declared.name, cells)

    def _origin(self, declared: DeclaredSetting) -> str:
        """Return where the value came from: `default`, `file`, `flag`, or `environment`."""
        origin = self._service.origins.get(declared.name, "default")
        if origin in ("default", "flag"):
            return origin
        return "environment" if origin == declared.setting.variable else "file"

    def on_row_list_moved(self, message: RowList.Moved) -> None:
        """Explain the setting."""
        self._describe(message.row_id)

    def _describe(self, name: str) -> None:
        described = self._described[name]
        accepts = accepted_values(described)
        origin = self._service.origins.get(name, "default")
        lines = [described.meaning, f"Accepts {accepts}." if accepts else "", f"From {one_line(origin, 200)}."]
        self.query_one("#setting-meaning", Static).update(Content(printable(" ".join(filter(None, lines)))))

    def on_row_list_chosen(self, message: RowList.Chosen) -> None:
        """Open the line for a value."""
        name = message.row_id
        if name in FIXED:
            self._say(FIXED[name], is_problem=True)
            return
        declared = self._declared[name]
        self._edited = name
        self._line.password = declared.setting.is_secret
        is_secret = declared.setting.is_secret
        self._line.set_text("" if is_secret else show_value(declared, declared.value_in(self._service.settings)))
        self._line.set_hint("empty for the default")
        self._line.display = True
        self._line.focus()
        self._say(f"{name}: enter shows the change, escape leaves it; an empty line takes the default.")

    def on_text_line_left(self) -> None:
        """Close the line without a change."""
        self._close_line()

    def _close_line(self) -> None:
        self._line.set_text("")
        self._line.display = False
        self.query_one(RowList).focus()
        self._say(INTRODUCTION)

    def on_input_submitted(self, message: Input.Submitted) -> None:
        """Show how the file would change."""
        message.stop()
        self._write(self._edited, message.value)

    @work(exclusive=True, group="write")
    async def _write(self, name: str, typed: str) -> None:
        declared = self._declared[name]
        try:
            value = read_value(declared, typed)
            check_screen_value(name, value)
            change = self._service.plan({name: value})
            if change.is_empty:
                self._close_line()
                self._say("The file says so already.")
                return
            if await self.app.push_screen_wait(WriteDialog(change)):
                words = await self._service.write(change, {name: value})
                self._close_line()
                self.show()
                later = "the next start" if name.startswith("ui.") else "the next session"
                self._say(" ".join([f"Written to {change.path}; it holds from {later}.", *words]))
        except ConfigError as error:
            self._say(f"{str(error)[:1].upper()}{str(error)[1:]}.", is_problem=True)

    def _say(self, words: str, *, is_problem: bool = False) -> None:
        status = self.query_one("#setup-status", Static)
        status.set_class(is_problem, "-problem")
        status.update(Content(printable(words)))

    def action_close(self) -> None:
        """Close; what was written stays."""
        self.dismiss(None)


def accepted_values(described: SettingDescription) -> str:
    """Return what a setting accepts, in words."""
    choices = (AUTO, *(theme.name for theme in THEMES)) if described.name == "ui.theme" else described.choices
    return " | ".join(choices) or described.limits


def check_screen_value(name: str, value: Any) -> None:
    """Check what only the screen knows: names of themes and keys; raises `ConfigError`."""
    if name == "ui.theme" and value is not None:
        resolve_theme(value, dark=True)
    if name == "ui.keys" and isinstance(value, dict):
        build_keymap(value)
