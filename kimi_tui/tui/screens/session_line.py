"""The line of a session: it asks or steers; a text that may have been meant for the card opens a dialog."""

from textual import work

from kimi_tui.commands import AnyCommand, AskQuestion, Steer
from kimi_tui.tui.screens.dialog import DialogAnswer
from kimi_tui.tui.screens.question_dialogs import meant_for_a_card, meant_question
from kimi_tui.tui.screens.session_search import SessionSearch
from kimi_tui.tui.widgets.ask_line import AskLine


class SessionLine(SessionSearch):
    """The line of a session screen."""

    def on_ask_line_sent(self, message: AskLine.Sent) -> None:
        """Ask or steer; what may have been meant for the card is asked about first."""
        if not self.state.run.turn_open:
            self._send_text(AskQuestion(message.text), message.line)
        elif self.card.display and message.text.casefold() in meant_for_a_card(self.ui_context.keys):
            self._ask_what_was_meant(message.text, message.line)
        else:
            self._send_text(Steer(message.text), message.line)

    @work(group="ask")
    async def _ask_what_was_meant(self, text: str, line: AskLine) -> None:
        """Steer with a word that looks like a decision only after asking."""
        answer: DialogAnswer | None = await self.app.push_screen_wait(meant_question(text))
        if answer is not None and answer.choice == "steer":
            self._send_text(Steer(text), line)
        elif answer is not None and answer.choice == "decide":
            line.clear_text()
            self.timeline.focus()

    @work(group="send")
    async def _send_text(self, command: AnyCommand, line: AskLine) -> None:
        """Send the text; the line keeps it unless the engine took it."""
        seq = self.state.run.seq
        receipt = await self.bridge.send(command)
        if receipt.accepted:
            line.clear_text()
            self.timeline.selection.follow_end()
            await self.bridge.wait_until_applied(seq)
        else:
            self.app.notify(receipt.reason, severity="error")

    def on_ask_line_left(self) -> None:
        """Escape in the line: to the timeline."""
        self.timeline.focus()

    def cancel(self) -> bool:
        """End the generation or the tool now, if a turn runs; whether one does."""
        running = self.bridge.session.live and self.state.run.turn_open and not self.state.run.paused
        if running:
            self.action_order("interrupt")
        return running
