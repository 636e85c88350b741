"""Lay out and draw the approval card: title, description of the call, input of a mode, and the choices.

Nothing here decides, or knows a state: the card says what to draw.
"""

from collections.abc import Sequence

from textual.app import ComposeResult
from textual.containers import Horizontal, VerticalScroll
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Static

from kimi_tui.projections.calls import Call
from kimi_tui.projections.trajectory import TrajectoryState
from kimi_tui.text import printable
from kimi_tui.tui.actions import display_key
from kimi_tui.tui.approval.call_description import (
    card_title,
    describe_batch,
    describe_call,
    describe_rule_reach,
)
from kimi_tui.tui.approval.decision_input import DecisionInput, DecisionMode
from kimi_tui.tui.approval.outgoing_words import CardStyles
from kimi_tui.tui.widgets.choice_button import ChoiceButton

MODE_HINTS: dict[DecisionMode, str] = {
    "decide": "",
    "edit": "The call runs with these arguments; {newline} starts a new line.",
    "always": "Later calls that match this rule run without asking. You may narrow it: TOOL EFFECT TARGET.",
    "veto": "The model reads this note. Write one, or press the number of a prepared one.",
    "all": "Each of these calls runs unchanged.",
}
"""What the card says under each mode."""

SEND_LABELS: dict[DecisionMode, str] = {
    "decide": "",
    "edit": "Run with these",
    "always": "Run and keep the rule",
    "veto": "Refuse the call",
    "all": "Run all of them",
}
"""What the choice that ends each mode is called."""

MODE_LABELS: tuple[tuple[DecisionMode, str], ...] = (
    ("edit", "Edit"),
    ("always", "Always"),
    ("veto", "Veto"),
    ("all", "All"),
)
"""The modes that a choice begins."""


MAX_HEIGHT_SHARE = 0.75
"""Of the screen's height: the card takes no more."""
LOW_SCREEN_LINES = 16
"""Lines of the screen below which the card has neither blanks nor hints."""
TALL_SCREEN_LINES = 32
"""Lines of the screen from which there is room for a long card."""
MIN_TIMELINE_LINES = 12
"""Lines of the timeline that a card leaves in sight while it only asks, where the screen is neither low nor tall."""
SCREEN_CHROME_LINES = 3
"""Lines of the header, of the line for questions and of the footer."""
BRIEF_CHROME_LINES = 2
"""Lines of a brief card beside its text: title and choices."""
CHROME_LINES: dict[DecisionMode, int] = {"decide": 6, "edit": 8, "always": 10, "veto": 12, "all": 8}
"""Lines of the card in each mode beside its text or form: title, line, reasons, hint, choices and blanks."""


STYLE_NAMES = ("name", "desk", "person", "removed", "added")
"""Styles of the words of a description, in the order of `CardStyles`."""
COMPONENTS = frozenset(f"approval--{name}" for name in ("title", *STYLE_NAMES))
"""Parts of the card that the style sheet styles."""


class CardLayout:
    """The widgets in a card, once it has them."""

    def __init__(self, card: Widget, key_of: dict[str, str], *, ascii: bool) -> None:
        self._card = card
        self._keys = key_of
        self._ascii = ascii

    def compose(self) -> ComposeResult:
        """Title, description, the lines of the modes, and the choices."""
        yield Static(id="approval-title", markup=False)
        with VerticalScroll(id="approval-body", can_focus=False):
            yield Static(id="approval-text", markup=False)
        yield DecisionInput()
        yield Static(id="approval-hint", markup=False)
        with Horizontal(id="approval-choices"):
            keys = [display_key(self._keys[name]) for name in ("approval.approve", "approval.now")]
            yield ChoiceButton("approve", "Approve", "/".join(keys))
            for verb, label in MODE_LABELS:
                yield ChoiceButton(verb, label, display_key(self._keys[f"approval.{verb}"]))
            yield ChoiceButton("send", "", display_key(self._keys["line.send"]))
            yield ChoiceButton("back", "Back", display_key(self._keys["line.leave"]))

    def show_hint(self, mode: DecisionMode) -> None:
        """Show what a mode is for."""
        self.show_line(MODE_HINTS[mode].format(newline=display_key(self._keys["line.newline"])))

    def show_line(self, text: str, *, problem: bool = False) -> None:
        """Show one line under the description."""
        hint = self._card.query_one("#approval-hint", Static)
        hint.update(Content(printable(text)))
        hint.display = bool(text) and (problem or not self._card.has_class("-low"))
        hint.set_class(problem, "-problem")

    def fit_height(self, mode: DecisionMode) -> None:
        """Leave room for the choices: the text scrolls when the screen is short."""
        height = self._card.screen.size.height
        brief = mode == "decide" and LOW_SCREEN_LINES <= height < TALL_SCREEN_LINES
        self._card.set_class(height < LOW_SCREEN_LINES or brief, "-low")
        room = int(height * MAX_HEIGHT_SHARE) - CHROME_LINES[mode]
        if brief:
            room = height - SCREEN_CHROME_LINES - MIN_TIMELINE_LINES - BRIEF_CHROME_LINES
        self._card.query_one("#approval-body").styles.max_height = max(room, 3)
        self._card.query_one("#approval-form").styles.max_height = max(room, 3)

    def draw_title(self, call: Call, position: str) -> None:
        """Draw the title of the call, with its place in the queue."""
        strong = self._card.get_visual_style("approval--title", partial=True)
        line = self._card.query_one("#approval-title", Static)
        line.update(card_title(call, position, self._ascii, strong, room=self._card.screen.size.width - 5))

    def draw_text(self, mode: DecisionMode, call: Call, state: TrajectoryState, batch: Sequence[Call]) -> None:
        """Describe the call, or the effect of the mode's input."""
        card = self._card
        tones = CardStyles(*(card.get_component_rich_style(f"approval--{name}", partial=True) for name in STYLE_NAMES))
        if mode == "all":
            text = describe_batch(batch, len(state.calls.waiting) - len(batch), tones)
        elif mode == "always":
            rule = card.query_one(DecisionInput).text or call.pattern
            text = describe_rule_reach(call, state, rule, tones, ascii=self._ascii)
        else:
            text = describe_call(call, state, tones, ascii=self._ascii)
        card.query_one("#approval-text", Static).update(text)

    def draw_choices(self, mode: DecisionMode, call: Call, waiting: int) -> None:
        """Show the choices that there are in a mode."""
        card, deciding = self._card, mode == "decide"
        card.set_class(mode == "veto", "-veto")
        for choice in card.query("#approval-choices ChoiceButton").results(ChoiceButton):
            choice.display = deciding != (choice.name in ("send", "back"))
        card.query_one("#choice-all", ChoiceButton).display = deciding and waiting > 1
        card.query_one("#choice-always", ChoiceButton).display = deciding and bool(call.pattern)
        card.query_one("#choice-all", ChoiceButton).set_label(f"All {waiting}")
        card.query_one("#choice-send", ChoiceButton).set_label(SEND_LABELS[mode])

    def show_mode(self, mode: DecisionMode) -> None:
        """Show the description from its beginning, or the form in its place."""
        body = self._card.query_one("#approval-body")
        body.display = mode != "edit"
        body.scroll_home(animate=False)

    def open_input(self, mode: DecisionMode, call: Call | None) -> None:
        """Open the lines of a mode, and put the focus where its words are typed."""
        self._card.query_one(DecisionInput).open_mode(mode, call)
        if mode == "all":
            self._card.query_one("#choice-send", ChoiceButton).focus()

    def scroll_text(self, by: int) -> None:
        """Read on in a long description."""
        body = self._card.query_one("#approval-body")
        body.scroll_relative(y=by * max(body.size.height - 1, 1), animate=False)
