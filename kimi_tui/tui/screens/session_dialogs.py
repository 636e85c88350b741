"""Ask before something is done in a session: what a text in the line was meant for, and why a result is withdrawn."""

from collections.abc import Callable
from functools import partial
from typing import Any

from textual.screen import Screen

from kimi_tui.commands import Withdraw
from kimi_tui.tui.bridge import SessionBridge
from kimi_tui.tui.formatting import call_label
from kimi_tui.tui.screens.dialog import DialogAnswer
from kimi_tui.tui.screens.question_dialogs import meant_question, withdraw_dialog
from kimi_tui.tui.screens.session_commands import SessionCommands
from kimi_tui.tui.timeline.block_selection import BlockSelection
from kimi_tui.tui.ui_context import run_in_group


class SessionDialogs:
    """The dialogs over the screen of one session."""

    def __init__(
        self, screen: Screen[Any], bridge: SessionBridge, commands: SessionCommands, selection: BlockSelection
    ) -> None:
        self._screen = screen
        self._bridge = bridge
        self._commands = commands
        self._selection = selection

    @property
    def withdrawable_call(self) -> str | None:
        """Return the selected call if its result can be taken out of the context."""
        call = self._bridge.state.calls.by_id.get(self._selection.call or "")
        return call.id if call and call.observation and not call.withdrawn else None

    def withdraw(self) -> None:
        """Take the selected call's result out of the context, after asking why."""
        call_id = self.withdrawable_call
        if call_id is not None:
            run_in_group(self._screen, partial(self._withdraw, call_id), "ask")

    async def _withdraw(self, call_id: str) -> None:
        dialog = withdraw_dialog(call_label(self._bridge.state.calls.by_id[call_id]))
        answer: DialogAnswer | None = await self._screen.app.push_screen_wait(dialog)
        if answer is not None and answer.choice == "withdraw":
            self._commands.send(Withdraw(call_id, answer.text))

    def ask_what_was_meant(self, text: str, steer: Callable[[], None], decide: Callable[[], None]) -> None:
        """Steer with a word that looks like a decision only after asking; call what was meant, or neither."""
        run_in_group(self._screen, partial(self._ask_what_was_meant, text, steer, decide), "ask")

    async def _ask_what_was_meant(self, text: str, steer: Callable[[], None], decide: Callable[[], None]) -> None:
        answer: DialogAnswer | None = await self._screen.app.push_screen_wait(meant_question(text))
        if answer is not None and answer.choice == "steer":
            steer()
        elif answer is not None and answer.choice == "decide":
            decide()
