"""The card of a waiting call: what it is, what it touches, why it is asked, and the ways to decide.

The card is docked above the line and never takes the focus from it. Every decision leaves through `_decide`, which
asks `Calm` first; escape only ever steps back. A refusal of the engine is shown in the card, and nothing that was
typed is lost.
"""

from typing import ClassVar, Literal

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.message import Message
from textual.widgets import Static

from kimi_tui.commands import AnyCommand, Approve, ApproveAlways, Receipt, Veto
from kimi_tui.projections.calls import Call
from kimi_tui.projections.state import SessionState
from kimi_tui.text import printable
from kimi_tui.tui.actions import shown_key
from kimi_tui.tui.calm import Calm
from kimi_tui.tui.widgets.approval_text import described, several, title
from kimi_tui.tui.widgets.argument_form import ArgumentForm, FormError
from kimi_tui.tui.widgets.ask_line import AskLine
from kimi_tui.tui.widgets.choice import Choice
from kimi_tui.tui.widgets.text_line import TextLine

Mode = Literal["decide", "edit", "always", "veto", "all"]
"""What the card is doing: asking for a decision, or for the words that belong to one."""

HINTS: dict[Mode, str] = {
    "decide": "",
    "edit": "Change the arguments: enter runs the call with them, ctrl+j makes a new line, esc goes back.",
    "always": "Later calls that match this rule run without asking. You may narrow it: TOOL EFFECT TARGET.",
    "veto": "The model reads the note.",
    "all": "Each of these runs as it stands.",
}
"""What the card says under each mode."""

SENDS: dict[Mode, str] = {
    "decide": "",
    "edit": "Run with these",
    "always": "Run and keep the rule",
    "veto": "Refuse the call",
    "all": "Run all of them",
}
"""What the choice that ends each mode is called."""

VERBS: tuple[tuple[Mode, str], ...] = (("edit", "Edit"), ("always", "Always"), ("veto", "Veto"), ("all", "All"))
"""The modes that a choice begins."""


class ApprovalCard(Vertical):
    """Shows one waiting call after another and takes the decisions."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "back", show=False)]
    COMPONENT_CLASSES: ClassVar[set[str]] = {"approval--title", "approval--name"}

    class Decided(Message):
        """A person decided, deliberately."""

        def __init__(self, commands: tuple[AnyCommand, ...]) -> None:
            super().__init__()
            self.commands = commands
            """What to send, in order."""

    class Dismissed(Message):
        """The card's own lines are gone, and the focus must go elsewhere."""

        def __init__(self, *, typing: bool) -> None:
            super().__init__()
            self.typing = typing
            """True when the call was decided elsewhere: what is being typed must still land in a line."""

    def __init__(self, calm: Calm, key_of: dict[str, str], *, ascii: bool = False) -> None:
        super().__init__(id="approval")
        self.calm = calm
        """Asked before every decision."""
        self.mode: Mode = "decide"
        """What the card is doing."""
        self._keys = key_of
        self._ascii = ascii
        self._state: SessionState | None = None
        self._waiting: list[Call] = []
        self._batch: list[Call] = []
        self._decided: set[str] = set()
        self._shown = ""
        self._drawn: tuple[str, Mode, int] = ("", "decide", 0)
        self.display = False

    def compose(self) -> ComposeResult:
        """Title, description, the lines of the modes, and the choices."""
        yield Static(id="approval-title", markup=False)
        with VerticalScroll(id="approval-body", can_focus=False):
            yield Static(id="approval-text", markup=False)
        yield Vertical(id="approval-form")
        yield TextLine(id="approval-line")
        yield Static(id="approval-hint", markup=False)
        with Horizontal(id="approval-choices"):
            yield Choice("approve", "Approve", shown_key(self._keys["approval.approve"]))
            for verb, label in VERBS:
                yield Choice(verb, label, shown_key(self._keys[f"approval.{verb}"]))
            yield Choice("send", "")
            yield Choice("back", "Back", shown_key(self._keys["line.leave"]))

    @property
    def call(self) -> Call | None:
        """The call on the card."""
        return next((call for call in self._waiting if call.id == self._shown), None)

    def show_waiting(self, state: SessionState) -> bool:
        """Show what waits now; True when the card has just appeared."""
        self._state = state
        self._waiting = state.calls.waiting
        appeared = bool(self._waiting) and not self.display
        gone, by_person = self.call is None, self._shown in self._decided
        if gone:
            self._shown = self._waiting[0].id if self._waiting else ""
        self.display = bool(self._waiting)
        if gone and self.mode != "decide":
            self._enter("decide")
            self.post_message(self.Dismissed(typing=not by_person))
        self._draw()
        return appeared

    def step(self, by: int) -> None:
        """Show the next or the previous waiting call."""
        ids = [call.id for call in self._waiting]
        if self.mode == "decide" and self._shown in ids:
            self._shown = ids[(ids.index(self._shown) + by) % len(ids)]
            self._draw()

    def choose(self, name: str) -> None:
        """A key or a click chose a way to decide, or `send` or `back` in a mode."""
        call = self.call
        if name == "back":
            self.back()
        elif call is None or not self._is_calm():
            return
        elif name == "send" or (name == "all" and self.mode == "all"):
            self._submit(call)
        elif self.mode == "decide":
            self._begin(name, call)

    def _begin(self, name: str, call: Call) -> None:
        """Approve at once, or ask for the words of another decision."""
        if name == "approve":
            self._decide(Approve(call.id))
        elif name == "always" and not call.pattern:
            self.say("No standing rule can be made of this call; approve it once.")
        else:
            self._batch = list(self._waiting)
            self._enter(next(verb for verb, _ in VERBS if verb == name))

    def back(self) -> None:
        """Step back to the choices; nothing is decided."""
        self._enter("decide")
        self.post_message(self.Dismissed(typing=False))

    def answered(self, receipts: tuple[Receipt, ...]) -> None:
        """Show what the engine refused; on success step back."""
        refused = [receipt.reason for receipt in receipts if not receipt.accepted]
        if refused:
            self.say(refused[0], problem=True)
        elif self.mode != "decide":
            self.back()

    def say(self, text: str, *, problem: bool = False) -> None:
        """Put one line under the description."""
        hint = self.query_one("#approval-hint", Static)
        hint.update(Content(printable(text)))
        hint.display = bool(text)
        hint.set_class(problem, "-problem")

    def on_resize(self) -> None:
        """The choices have appeared or moved: wait again."""
        self.disturb()

    def disturb(self) -> None:
        """The card has just come back before the person: wait again."""
        self.calm.disturb()
        self._show_calm()

    def _show_calm(self) -> None:
        """Draw the choices quiet until a decision counts."""
        wait = self.calm.wait()
        self.set_class(wait > 0, "-wait")
        if 0 < wait < 60 and self.display:
            self.set_timer(wait + 0.02, self._show_calm)

    def _is_calm(self) -> bool:
        """Whether a decision counts now; says so when not."""
        if self.calm.wait() > 0:
            if self.mode != "decide":
                self.say("Nothing was decided: that was too quick. Once more, please.")
            return False
        return True

    def _decide(self, *commands: Approve | ApproveAlways | Veto) -> None:
        """The one door through which a decision leaves."""
        if commands and self.display and self._is_calm():
            self._decided.update(command.call_id for command in commands)
            self.post_message(self.Decided(commands))

    def _submit(self, call: Call) -> None:
        """Decide with the words of the mode."""
        words = self.query_one("#approval-line", TextLine).value.strip()
        match self.mode:
            case "edit":
                try:
                    self._decide(Approve(call.id, self.query_one(ArgumentForm).arguments()))
                except FormError as error:
                    self.say(str(error), problem=True)
            case "always":
                self._decide(ApproveAlways(call.id, words))
            case "veto":
                self._decide(Veto(call.id, words))
            case "all":
                self._decide(*(Approve(waiting.id) for waiting in self._batch if waiting in self._waiting))
            case "decide":
                pass

    def _enter(self, mode: Mode) -> None:
        """Change the mode: show its lines and put the focus where its words are typed."""
        self.mode = mode
        line, form = self.query_one("#approval-line", TextLine), self.query_one("#approval-form")
        line.display, form.display = mode in ("always", "veto"), mode == "edit"
        self.query_one("#approval-body").display = mode != "edit"
        form.remove_children()
        call = self.call
        self._draw()
        if call is None or mode == "decide":
            return
        if mode == "edit":
            form.mount(ArgumentForm(call.arguments))
        elif mode == "all":
            self.query_one("#choice-send", Choice).focus()
        else:
            line.put(call.pattern if mode == "always" else "")
            line.hint("" if mode == "always" else "why not, for the model (may stay empty)")
            line.focus()

    def _draw(self) -> None:
        """Show the call, and start waiting anew if it is another one."""
        call, state = self.call, self._state
        self.calm.shows(f"{call.id} {self.mode}" if call else "")
        drawn = (self._shown, self.mode, len(self._waiting))
        if call is None or state is None or drawn == self._drawn:
            return
        self._drawn = drawn
        position = f"{self._waiting.index(call) + 1} of {len(self._waiting)}" if len(self._waiting) > 1 else ""
        strong = self.get_visual_style("approval--title", partial=True)
        names = self.get_component_rich_style("approval--name", partial=True)
        batch = [waiting for waiting in self._batch if waiting in self._waiting]
        self.query_one("#approval-title", Static).update(title(call, position, self._ascii, strong))
        text = several(batch, names) if self.mode == "all" else described(call, state, names, ascii=self._ascii)
        self.query_one("#approval-text", Static).update(text)
        self.say(HINTS[self.mode])
        self._draw_choices(call)
        self._show_calm()

    def _draw_choices(self, call: Call) -> None:
        """Show the choices that there are in this mode."""
        deciding = self.mode == "decide"
        for choice in self.query(Choice):
            choice.display = deciding != (choice.name in ("send", "back"))
        self.query_one("#choice-all", Choice).display = deciding and len(self._waiting) > 1
        self.query_one("#choice-always", Choice).display = deciding and bool(call.pattern)
        self.query_one("#choice-all", Choice).relabel(f"All {len(self._waiting)}")
        self.query_one("#choice-send", Choice).relabel(SENDS[self.mode])

    def on_choice_chosen(self, message: Choice.Chosen) -> None:
        """A click or enter on a choice."""
        message.stop()
        self.choose(message.name)

    def on_ask_line_sent(self, message: AskLine.Sent) -> None:
        """Enter in a line of the form."""
        message.stop()
        self.choose("send")

    def on_ask_line_left(self, message: AskLine.Left) -> None:
        """Escape in a line of the form."""
        message.stop()
        self.back()

    def on_input_submitted(self, message: TextLine.Submitted) -> None:
        """Enter in the line of a note or a rule."""
        message.stop()
        self.choose("send")

    def on_text_line_left(self, message: TextLine.Left) -> None:
        """Escape in the line."""
        message.stop()
        self.back()

    def action_back(self) -> None:
        """Escape on a choice: it never decides."""
        if self.mode != "decide":
            self.back()
