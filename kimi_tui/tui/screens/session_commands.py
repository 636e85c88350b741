"""Send what a person decided to the engine of one session, and show what the engine says to it."""

from collections.abc import Callable
from functools import partial

from kimi_tui.commands import Act, AnyCommand, ApproveAlways, Interrupt, Pause, Receipt, Resume, Stop
from kimi_tui.tui.bridge import SessionBridge
from kimi_tui.tui.ui_context import BackgroundWork


class SessionCommands:
    """Sends commands; a refusal is shown in the engine's words."""

    def __init__(
        self,
        bridge: SessionBridge,
        *,
        start: Callable[[BackgroundWork], object],
        refuse: Callable[[str], object],
        go_home: Callable[[], None],
    ) -> None:
        """`start` runs a coroutine function beside the caller, `refuse` shows why a command was refused."""
        self._bridge = bridge
        self._start = start
        self._refuse = refuse
        self._go_home = go_home

    @property
    def open_turn(self) -> bool:
        """Return whether a turn of a live session is open."""
        return self._bridge.session.live and self._bridge.state.run.turn_open

    def order(self, name: str) -> None:
        """Send one of: pause (or resume), hold, resume, interrupt, act, stop."""
        run = self._bridge.state.run
        match name:
            case "hold":
                self.send(Pause())
            case "resume":
                self.send(Resume())
            case "pause":
                self.send(Resume() if run.paused else Pause())
                self._go_home()
            case "interrupt":
                self.send(Interrupt())
                self._go_home()
            case "act":
                self.send(Act() if run.thinking else Resume())
            case "stop":
                self.send(Stop())
                self._go_home()

    def cancel(self) -> bool:
        """End the generation or the tool now, if a turn runs; whether one does."""
        running = self.open_turn and not self._bridge.state.run.paused
        if running:
            self.order("interrupt")
        return running

    def send(self, command: AnyCommand, then: Callable[[], None] | None = None) -> None:
        """Send a command; `then` is called once it is accepted."""
        self._start(partial(self._send, command, then))

    async def _send(self, command: AnyCommand, then: Callable[[], None] | None) -> None:
        seq = self._bridge.state.run.seq
        receipt = await self._bridge.send(command)
        if not receipt.accepted:
            self._refuse(receipt.reason)
            return
        if then is not None:
            then()
        await self._bridge.wait_until_applied(seq)

    def send_decisions(self, commands: tuple[AnyCommand, ...], show: Callable[[tuple[Receipt, ...]], object]) -> None:
        """Send decisions on waiting calls; `show` is given what the engine says to them."""
        self._start(partial(self._send_decisions, commands, show))

    async def _send_decisions(
        self, commands: tuple[AnyCommand, ...], show: Callable[[tuple[Receipt, ...]], object]
    ) -> None:
        seq = self._bridge.state.run.seq
        receipts: list[Receipt] = []
        for command in commands:
            receipts.append(await self._bridge.send(command))
            if isinstance(command, ApproveAlways) and not receipts[-1].accepted:
                break  # what the rule would have let run waits on
        show(tuple(receipts))
        await self._bridge.wait_until_applied(seq)
