"""The approval card: a waiting call, what it touches, why it needs approval, and the ways to decide.

The card is docked above the line and never takes the focus from it. Every decision leaves through `_decide`, which
asks `DecisionGuard` first; escape only ever steps back. A refusal of the engine is shown in the card, and nothing that
was typed is lost.
"""

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.message import Message

from kimi_tui.commands import AnyCommand, Approve, ApproveAlways, Receipt, Veto
from kimi_tui.projections.calls import Call
from kimi_tui.projections.trajectory import TrajectoryState
from kimi_tui.tui.approval.card_layout import COMPONENTS, MODE_LABELS, CardLayout
from kimi_tui.tui.approval.decision_input import DecisionInput, DecisionMode
from kimi_tui.tui.approval.waiting_calls import WaitingCalls
from kimi_tui.tui.decision_guard import DecisionGuard
from kimi_tui.tui.widgets.choice_button import ChoiceButton


class ApprovalCard(Vertical):
    """Shows the waiting calls one by one and takes the decisions."""

    COMPONENT_CLASSES: ClassVar[set[str]] = set(COMPONENTS)
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "back", show=False)]

    class Decided(Message):
        """A person decided."""

        def __init__(self, commands: tuple[AnyCommand, ...]) -> None:
            super().__init__()
            self.commands = commands
            """What to send, in order."""

    class Dismissed(Message):
        """The input lines of the card closed, so the focus must move."""

        def __init__(self, *, typing: bool) -> None:
            super().__init__()
            self.typing = typing
            """True when the call was decided elsewhere: what is being typed must still land in a line."""

    def __init__(self, calm: DecisionGuard, key_of: dict[str, str], *, ascii: bool = False) -> None:
        super().__init__(id="approval")
        self.mode: DecisionMode = "decide"
        """The present mode of the card."""
        self.decision_guard = calm
        """Asked before every decision."""
        self._is_built = False
        self._face = CardLayout(self, key_of, ascii=ascii)
        self._waiting = WaitingCalls()
        self._drawn: tuple[str, DecisionMode, int] = ("", "decide", 0)
        self.display = False

    def compose(self) -> ComposeResult:
        """Nothing before it is needed: most sessions that are looked at never ask."""
        if self._is_built:
            yield from self._face.compose()

    @property
    def call(self) -> Call | None:
        """Return the call on the card."""
        return self._waiting.shown

    async def show_waiting(self, state: TrajectoryState) -> bool:
        """Show the waiting calls; returns True when the card has just appeared."""
        if state.calls.waiting and not self._is_built:
            self._is_built = True
            await self.recompose()
        is_other = self._waiting.update(state)
        appeared = bool(self._waiting.calls) and not self.display
        self.display = bool(self._waiting.calls)
        if is_other and self.mode != "decide":
            self._enter_mode("decide")
            self.post_message(self.Dismissed(typing=not self._waiting.was_decided_here))
        self._draw()
        return appeared

    def show_other_call(self, by: int) -> None:
        """Show the next or the previous waiting call."""
        if self.mode == "decide" and self._waiting.show_other(by):
            self._draw()

    def scroll_text(self, by: int) -> None:
        """Read on in a long description."""
        if self._is_built:
            self._face.scroll_text(by)

    def choose(self, name: str) -> None:
        """Handle the choice of a decision, or of `send` or `back` in a mode."""
        call = self.call
        if name == "back":
            self.return_to_choices()
        elif call is None or not self._decision_counts():
            return
        elif name == "send" or (name == "all" and self.mode == "all"):
            self._submit(call)
        elif self.mode == "decide":
            self._begin_decision(name, call)

    def _begin_decision(self, name: str, call: Call) -> None:
        """Approve at once, or ask for the words of another decision."""
        if name == "approve":
            self._decide(Approve(call.id))
        elif name == "always" and not call.pattern:
            self._face.show_line("This call cannot become a standing rule. Approve it once.")
        elif name == "all" and not self._waiting.choose_batch():
            self._face.show_line("Text of the desk or a long address leaves with each call. Decide them one by one.")
        else:
            self._enter_mode(next(verb for verb, _ in MODE_LABELS if verb == name))

    def return_to_choices(self) -> None:
        """Return to the choices without a decision."""
        self._enter_mode("decide")
        self.post_message(self.Dismissed(typing=False))

    def show_receipts(self, receipts: tuple[Receipt, ...]) -> None:
        """Show what the engine refused; on success return to the choices."""
        refused = [receipt.reason for receipt in receipts if not receipt.accepted]
        if refused:
            self._face.show_line(refused[0], problem=True)
        elif self.mode != "decide":
            self._enter_mode("decide")
            self.post_message(self.Dismissed(typing=True))

    def on_resize(self) -> None:
        """Restart the wait, since the choices have moved."""
        if self._is_built:
            self._face.fit_height(self.mode)
        self.restart_wait()

    def restart_wait(self) -> None:
        """Restart the wait, since the card is visible again."""
        self.decision_guard.restart_wait()
        self._dim_choices_while_waiting()

    def _dim_choices_while_waiting(self) -> None:
        """Draw the choices dimmed until a decision counts."""
        if not self.display:
            return
        wait = self.decision_guard.seconds_to_wait()
        self.set_class(wait > 0, "-wait")
        if 0 < wait < 60:
            self.set_timer(wait + 0.02, self._dim_choices_while_waiting)

    def _decision_counts(self) -> bool:
        """Return whether a decision counts now; show a message when it does not."""
        if self.decision_guard.seconds_to_wait() > 0:
            if self.mode != "decide":
                self._face.show_line("The card had just changed. Press the key again.")
            return False
        return True

    def _decide(self, *commands: Approve | ApproveAlways | Veto) -> None:
        """Post the decision; every decision passes through here."""
        if commands and self.display and self._decision_counts():
            self._waiting.mark_decided({command.call_id for command in commands})
            self.post_message(self.Decided(commands))

    def _submit(self, call: Call) -> None:
        """Decide with the words of the mode."""
        words = self.query_one(DecisionInput)
        match self.mode:
            case "edit":
                try:
                    self._decide(Approve(call.id, words.arguments()))
                except ValueError as error:
                    self._face.show_line(str(error), problem=True)
            case "always":
                others = self._waiting.released_by(call, words.text)
                self._decide(ApproveAlways(call.id, words.text), *(Approve(other.id) for other in others))
            case "veto":
                self._decide(Veto(call.id, words.text))
            case "all":
                self._decide(*(Approve(waiting.id) for waiting in self._waiting.batch))
            case "decide":
                pass

    def _enter_mode(self, mode: DecisionMode) -> None:
        """Change the mode: show its lines and put the focus where its words are typed."""
        self.mode = mode
        self._face.show_mode(mode)
        self._draw()
        self._face.open_input(mode, self.call)

    def _draw(self) -> None:
        """Show the call, and restart the wait if it is another one."""
        call, waiting, mode = self.call, self._waiting, self.mode
        self.decision_guard.set_shown_call(f"{call.id} {mode}" if call else "")
        drawn = (call.id if call else "", mode, len(waiting.calls))
        if call is None or drawn == self._drawn:
            return
        self._drawn = drawn
        self._face.fit_height(mode)
        self._face.draw_title(call, waiting.position)
        self._draw_text(call)
        self._face.show_hint(mode)
        self._face.draw_choices(mode, call, len(waiting.calls))
        self._dim_choices_while_waiting()

    def _draw_text(self, call: Call) -> None:
        if self._waiting.state is not None:
            self._face.draw_text(self.mode, call, self._waiting.state, self._waiting.batch)

    def on_choice_button_chosen(self, message: ChoiceButton.Chosen) -> None:
        """A click or enter on a choice."""
        message.stop()
        self.choose(message.name)

    def on_decision_input_sent(self, message: DecisionInput.Sent) -> None:
        """Enter in one of the lines."""
        message.stop()
        self.choose("send")

    def on_decision_input_left(self, message: DecisionInput.Left) -> None:
        """Escape in one of the lines."""
        message.stop()
        self.return_to_choices()

    def on_decision_input_changed(self, message: DecisionInput.Changed) -> None:
        """Show what the changed rule would have allowed."""
        message.stop()
        if self.mode == "always" and self.call is not None:
            self._draw_text(self.call)

    def action_back(self) -> None:
        """Go back from a choice; never decides."""
        if self.mode != "decide":
            self.return_to_choices()
