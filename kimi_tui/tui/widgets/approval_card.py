"""The card of a waiting call: what it is, what it touches, why it is asked, and the ways to decide.

The card is docked above the line and never takes the focus from it. Every decision leaves through `_decide`, which
asks `Calm` first; escape only ever steps back. A refusal of the engine is shown in the card, and nothing that was
typed is lost.
"""

from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.message import Message

from kimi_tui.commands import AnyCommand, Approve, ApproveAlways, Receipt, Veto
from kimi_tui.projections.calls import Call
from kimi_tui.projections.earlier_calls import released
from kimi_tui.projections.state import SessionState
from kimi_tui.tui.calm import Calm
from kimi_tui.tui.widgets.approval_face import VERBS, ApprovalFace
from kimi_tui.tui.widgets.approval_text import is_told_at_a_glance
from kimi_tui.tui.widgets.approval_words import ApprovalWords, Mode
from kimi_tui.tui.widgets.choice import Choice


class ApprovalCard(ApprovalFace):
    """Shows one waiting call after another and takes the decisions."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "back", show=False)]

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
        super().__init__(key_of, ascii=ascii)
        self.calm = calm
        """Asked before every decision."""
        self._state: SessionState | None = None
        self._waiting: list[Call] = []
        self._batch: list[Call] = []
        self._decided: set[str] = set()
        self._shown = ""
        self._drawn: tuple[str, Mode, int] = ("", "decide", 0)
        self.display = False

    @property
    def call(self) -> Call | None:
        """The call on the card."""
        return next((call for call in self._waiting if call.id == self._shown), None)

    async def show_waiting(self, state: SessionState) -> bool:
        """Show what waits now; True when the card has just appeared."""
        if state.calls.waiting:
            await self.make()
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
        elif name == "all" and not (batch := self._told_at_a_glance()):
            self.say("Words of the desk or long addresses leave with each of these; decide them one by one.")
        else:
            self._batch = batch if name == "all" else []
            self._enter(next(verb for verb, _ in VERBS if verb == name))

    def _told_at_a_glance(self) -> list[Call]:
        """The waiting calls of which a line tells all."""
        state = self._state
        return [call for call in self._waiting if state is not None and is_told_at_a_glance(call, state)]

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
            self._enter("decide")
            self.post_message(self.Dismissed(typing=True))

    def on_resize(self) -> None:
        """The choices have appeared or moved: wait again."""
        if self.is_made:
            self.fit()
        self.disturb()

    def disturb(self) -> None:
        """The card has just come back before the person: wait again."""
        self.calm.disturb()
        self._show_calm()

    def _show_calm(self) -> None:
        """Draw the choices quiet until a decision counts."""
        if not self.display:
            return
        wait = self.calm.wait()
        self.set_class(wait > 0, "-wait")
        if 0 < wait < 60:
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
        words = self.query_one(ApprovalWords)
        match self.mode:
            case "edit":
                try:
                    self._decide(Approve(call.id, words.arguments()))
                except ValueError as error:
                    self.say(str(error), problem=True)
            case "always":
                others = released(self._state.calls, call, words.text) if self._state is not None else []
                self._decide(ApproveAlways(call.id, words.text), *(Approve(other.id) for other in others))
            case "veto":
                self._decide(Veto(call.id, words.text))
            case "all":
                self._decide(*(Approve(waiting.id) for waiting in self._batch if waiting in self._waiting))
            case "decide":
                pass

    def _enter(self, mode: Mode) -> None:
        """Change the mode: show its lines and put the focus where its words are typed."""
        self.mode = mode
        self.query_one("#approval-body").display = mode != "edit"
        self.query_one("#approval-body").scroll_home(animate=False)
        self._draw()
        self.query_one(ApprovalWords).ask(mode, self.call)
        if mode == "all":
            self.query_one("#choice-send", Choice).focus()

    def _draw(self) -> None:
        """Show the call, and start waiting anew if it is another one."""
        call, state = self.call, self._state
        self.calm.shows(f"{call.id} {self.mode}" if call else "")
        drawn = (self._shown, self.mode, len(self._waiting))
        if call is None or state is None or drawn == self._drawn:
            return
        self._drawn = drawn
        self.fit()
        position = f"{self._waiting.index(call) + 1} of {len(self._waiting)}" if len(self._waiting) > 1 else ""
        self.draw_title(call, position)
        self._draw_text(call, state)
        self.say(self.hint())
        self.draw_choices(call, len(self._waiting))
        self._show_calm()

    def _draw_text(self, call: Call, state: SessionState) -> None:
        self.draw_text(call, state, [waiting for waiting in self._batch if waiting in self._waiting])

    def on_choice_chosen(self, message: Choice.Chosen) -> None:
        """A click or enter on a choice."""
        message.stop()
        self.choose(message.name)

    def on_approval_words_sent(self, message: ApprovalWords.Sent) -> None:
        """Enter in one of the lines."""
        message.stop()
        self.choose("send")

    def on_approval_words_left(self, message: ApprovalWords.Left) -> None:
        """Escape in one of the lines."""
        message.stop()
        self.back()

    def on_approval_words_changed(self, message: ApprovalWords.Changed) -> None:
        """The rule reads otherwise: show what this one would have allowed."""
        message.stop()
        if self.mode == "always" and self.call is not None and self._state is not None:
            self._draw_text(self.call, self._state)

    def action_back(self) -> None:
        """Escape on a choice: it never decides."""
        if self.mode != "decide":
            self.back()
