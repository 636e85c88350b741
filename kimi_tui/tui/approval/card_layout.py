"""Layout of the approval card: title, description of the call, input of a mode, and the choices.

Nothing here decides; what is drawn is told by the card.
"""

from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.widgets import Static

from kimi_tui.projections.calls import Call
from kimi_tui.projections.state import SessionState
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


class ApprovalCardLayout(Vertical):
    """The layout of a card."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "approval--title",
        "approval--name",
        "approval--desk",
        "approval--person",
        "approval--removed",
        "approval--added",
    }

    def __init__(self, key_of: dict[str, str], *, ascii: bool) -> None:
        super().__init__(id="approval")
        self.mode: DecisionMode = "decide"
        """What the card is doing."""
        self.is_built = False
        """Whether it has anything in it: most sessions that are looked at never ask."""
        self._keys = key_of
        self._ascii = ascii

    async def build_widgets(self) -> None:
        """Mount the widgets, before the first call is shown."""
        if not self.is_built:
            self.is_built = True
            await self.recompose()

    def compose(self) -> ComposeResult:
        """Title, description, the lines of the modes, and the choices; nothing before they are needed."""
        if not self.is_built:
            return
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

    def hint(self) -> str:
        """Return the hint of the card's mode."""
        return MODE_HINTS[self.mode].format(newline=display_key(self._keys["line.newline"]))

    def show_line(self, text: str, *, problem: bool = False) -> None:
        """Show one line under the description."""
        hint = self.query_one("#approval-hint", Static)
        hint.update(Content(printable(text)))
        hint.display = bool(text) and (problem or not self.has_class("-low"))
        hint.set_class(problem, "-problem")

    def fit_height(self) -> None:
        """Leave room for the choices: the text scrolls when the screen is short."""
        height = self.screen.size.height
        brief = self.mode == "decide" and LOW_SCREEN_LINES <= height < TALL_SCREEN_LINES
        self.set_class(height < LOW_SCREEN_LINES or brief, "-low")
        room = int(height * MAX_HEIGHT_SHARE) - CHROME_LINES[self.mode]
        if brief:
            room = height - SCREEN_CHROME_LINES - MIN_TIMELINE_LINES - BRIEF_CHROME_LINES
        self.query_one("#approval-body").styles.max_height = max(room, 3)
        self.query_one("#approval-form").styles.max_height = max(room, 3)

    def draw_title(self, call: Call, position: str) -> None:
        """Draw the title of the call, with its place in the queue."""
        strong = self.get_visual_style("approval--title", partial=True)
        line = self.query_one("#approval-title", Static)
        line.update(card_title(call, position, self._ascii, strong, room=self.screen.size.width - 5))

    def draw_text(self, call: Call, state: SessionState, batch: Sequence[Call]) -> None:
        """Describe the call, or the effect of the mode's input."""
        names = ("name", "desk", "person", "removed", "added")
        tones = CardStyles(*(self.get_component_rich_style(f"approval--{name}", partial=True) for name in names))
        if self.mode == "all":
            text = describe_batch(batch, len(state.calls.waiting) - len(batch), tones)
        elif self.mode == "always":
            text = describe_rule_reach(
                call, state, self.query_one(DecisionInput).text or call.pattern, tones, ascii=self._ascii
            )
        else:
            text = describe_call(call, state, tones, ascii=self._ascii)
        self.query_one("#approval-text", Static).update(text)

    def draw_choices(self, call: Call, waiting: int) -> None:
        """Show the choices that there are in this mode."""
        deciding = self.mode == "decide"
        self.set_class(self.mode == "veto", "-veto")
        for choice in self.query("#approval-choices ChoiceButton").results(ChoiceButton):
            choice.display = deciding != (choice.name in ("send", "back"))
        self.query_one("#choice-all", ChoiceButton).display = deciding and waiting > 1
        self.query_one("#choice-always", ChoiceButton).display = deciding and bool(call.pattern)
        self.query_one("#choice-all", ChoiceButton).set_label(f"All {waiting}")
        self.query_one("#choice-send", ChoiceButton).set_label(SEND_LABELS[self.mode])

    def scroll_text(self, by: int) -> None:
        """Read on in a long description."""
        if not self.is_built:
            return
        body = self.query_one("#approval-body")
        body.scroll_relative(y=by * max(body.size.height - 1, 1), animate=False)
