"""The help screen: every key, command and sign and what it means, from the lists that the app itself works with."""

from collections.abc import Iterator, Mapping, Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Static

from kimi_tui.session import State
from kimi_tui.tui.actions import ACTIONS, PLACE_TITLES, bindings_for, display_key, split_keys
from kimi_tui.tui.formatting import state_mark, state_word
from kimi_tui.tui.screens.base import SHEET_CLASSES, SideSheet, TopmostScreen
from kimi_tui.tui.slash_commands import COMMANDS, SIGN
from kimi_tui.tui.widgets.key_footer import KeyFooter
from kimi_tui.tui.widgets.row_list import ListCell, ListColumn, ListRow, RowList

COLUMNS = (ListColumn("key", 13), ListColumn("", 12), ListColumn(""))
"""Key, name, sentence."""

MOVEMENT_KEYS = (
    ("arrows", "Move", "Move; page up and down, home and end too."),
    ("enter", "Choose", "Unfold the block, or choose the row."),
    ("tab", "Next", "Go to the line and back; shift+tab to the choices."),
)
"""Keys that every list takes by itself."""


LINE_SIGNS = (
    ("@", "Document", "Complete a document of the desk or a source; tab takes it."),
    ("//", "Slash", "Begin a text, and no command, with a slash."),
    ("up", "History", "Bring back what you asked, in this session or an earlier one."),
)
"""What is special in the line for questions."""
SEARCH_FILTERS = (
    ("tool:", "Tool", "Only calls of a tool: tool:read."),
    ("host:", "Host", "Only what touches a host or file: host:sec.gov."),
    ("step:", "Steps", "Only some steps: step:3-9."),
    ("is:error", "Errors", "Only what went wrong."),
    ("is:source", "Sources", "Only the texts of sources."),
)
"""The filters of a search."""
MOUSE_WAYS = (
    ("click", "Choose", "Choose or open a row, a block, a citation, a choice, a key of the last line."),
    ("wheel", "Scroll", "Scroll what is under the pointer."),
    ("drag", "Copy", "Select text; it is copied at once."),
)
"""What the mouse does."""
STATE_MEANINGS: dict[State, str] = {
    "running": "The model or a tool works.",
    "waiting": "A call needs your decision.",
    "paused": "Nothing goes on until you resume it.",
    "finished": "The memo is there.",
    "stopped": "You ended the turn.",
    "budget": "A cap ended the turn; the memo is partial.",
    "failed": "The turn ended with an error.",
    "empty": "There is no question yet.",
    "damaged": "The file is damaged; its intact part can be read and saved.",
}
"""The states of a session."""
FINDING_MEANINGS: dict[str, str] = {
    "supported": "The cited place has this figure, or this quote letter by letter.",
    "judged": "A model found it in the cited place; never a proof.",
    "contradicted": "The cited place says something else.",
    "not found": "The cited place has no such figure or quote.",
    "unchecked": "Nothing could decide; read the source.",
    "lookup failed": "The source could not be read.",
}
"""The findings on a statement of a memo."""


class HelpScreen(SideSheet[None], TopmostScreen[None]):
    """A list of keys by the place where they work."""

    BINDINGS: ClassVar[list[BindingType]] = bindings_for("panel", "everywhere")

    def __init__(self, keys: Mapping[str, str]) -> None:
        super().__init__(classes=SHEET_CLASSES)
        self._keys = keys

    def compose(self) -> ComposeResult:
        """Title, list, keys."""
        with Vertical(id="sheet"):
            title = Content.assemble(
                ("Help", "bold"), "   keys, commands, searches, signs · ui.keys in the settings changes keys"
            )
            yield Static(title, id="sheet-title", markup=False)
            yield RowList(COLUMNS, headings=False, id="help")
            yield KeyFooter(("panel", "everywhere"), self._keys)

    def on_mount(self) -> None:
        """List the keys."""
        rows = [_heading("Moving")]
        rows += [
            ListRow(name, (ListCell(key, "accent"), ListCell(name), ListCell(words, "muted")))
            for key, name, words in MOVEMENT_KEYS
        ]
        for place, heading in PLACE_TITLES.items():
            rows += [_blank(place), _heading(heading)]
            for action in ACTIONS:
                if action.place == place:
                    keys = " ".join(display_key(key) for key in split_keys(self._keys[action.id]))
                    cells = (ListCell(keys, "accent"), ListCell(action.label), ListCell(action.help, "muted"))
                    rows.append(ListRow(action.id, cells))
        for heading, entries in _other_sections(is_ascii=self.app.has_class("-ascii")):
            rows += [_blank(heading), _heading(heading)]
            rows += [
                ListRow(f"{heading} {key} {name}", (ListCell(key, "accent"), ListCell(name), ListCell(words, "muted")))
                for key, name, words in entries
            ]
        self.query_one(RowList).show(rows)

    def action_close(self) -> None:
        """Go back."""
        self.dismiss(None)


def _other_sections(*, is_ascii: bool) -> Iterator[tuple[str, Sequence[tuple[str, str, str]]]]:
    """Yield what is no key: a heading, then sign, name and sentence of each entry."""
    from kimi_tui.evidence.memo_printing import JUDGED_MARK, MARKS  # read when the help is opened

    by_name = {command.name: command for command in COMMANDS}
    found = {"judged": JUDGED_MARK} | {str(finding): sign for finding, sign in MARKS.items()}
    yield (
        "Commands, at the beginning of the line",
        [
            (f"{SIGN}{name}", command.words_hint or command.action.label, command.help)
            for name, command in by_name.items()
        ],
    )
    yield "In the line", LINE_SIGNS
    yield "In a search", SEARCH_FILTERS
    yield "With the mouse", MOUSE_WAYS
    states = [(state_mark(state, is_ascii), state_word(state), words) for state, words in STATE_MEANINGS.items()]
    yield "Signs of a session", states
    yield (
        "Signs of a statement",
        [(found[name], name, words) for name, words in FINDING_MEANINGS.items()],
    )


def _heading(words: str) -> ListRow:
    return ListRow(f"heading {words}", (ListCell(words, "strong"),), heading=True)


def _blank(name: str) -> ListRow:
    return ListRow(f"blank {name}", (ListCell(""),), heading=True)
