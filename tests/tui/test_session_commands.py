"""A person's decisions go to the engine, and its answers back to the screen; without an app."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

from textual.message_pump import MessagePump

from kimi_tui import commands, events
from kimi_tui.tui.bridge import SessionBridge
from kimi_tui.tui.screens.session_commands import SessionCommands
from tests.tui.sessions import MemorySession, asked, opened, proposed


class Desk:
    """The commands of one session, and what they did."""

    def __init__(self, *recorded: events.AnyEvent, live: bool = True) -> None:
        self.session = MemorySession(live=live)
        self.session.record(opened(), events.QuestionAsked("Why?"), *recorded)
        self.bridge = SessionBridge(self.session, MessagePump())
        self.bridge.state.apply_all(self.session.entries)
        self.tasks: list[asyncio.Task[None]] = []
        self.refused: list[str] = []
        self.went_home = 0
        self.commands = SessionCommands(
            self.bridge, start=self.start, refuse=self.refused.append, go_home=self.count_home
        )

    def start(self, work: Callable[[], Coroutine[Any, Any, None]]) -> None:
        self.tasks.append(asyncio.ensure_future(work()))

    def count_home(self) -> None:
        self.went_home += 1

    async def sent(self) -> list[commands.AnyCommand]:
        """Every command that was sent, once all have been answered."""
        await asyncio.gather(*self.tasks)
        return self.session.commands


async def test_session_commands_order_sends_the_command_of_its_name_and_goes_home() -> None:
    desk = Desk()
    for name in ("pause", "interrupt", "stop"):
        desk.commands.order(name)
    assert await desk.sent() == [commands.Pause(), commands.Interrupt(), commands.Stop()]
    assert desk.went_home == 3


async def test_session_commands_order_pause_resumes_a_paused_run() -> None:
    desk = Desk(events.RunPaused("person"))
    desk.commands.order("pause")
    assert await desk.sent() == [commands.Resume()]


async def test_session_commands_order_hold_and_resume_leave_the_focus() -> None:
    desk = Desk()
    desk.commands.order("hold")
    desk.commands.order("resume")
    assert await desk.sent() == [commands.Pause(), commands.Resume()]
    assert desk.went_home == 0


async def test_session_commands_order_act_ends_the_thinking_or_retries() -> None:
    thinking = Desk(events.StepStarted(1, "", 1_000))
    thinking.commands.order("act")
    assert await thinking.sent() == [commands.Act()]
    idle = Desk()
    idle.commands.order("act")
    assert await idle.sent() == [commands.Resume()]
    assert (thinking.went_home, idle.went_home) == (0, 0)


async def test_session_commands_cancel_interrupts_only_a_running_turn() -> None:
    running = Desk()
    assert running.commands.cancel() is True
    assert await running.sent() == [commands.Interrupt()]
    for other in (Desk(events.RunPaused("person")), Desk(events.TurnFinished("stopped")), Desk(live=False)):
        assert other.commands.cancel() is False
        assert await other.sent() == []


async def test_session_commands_send_reports_a_refusal_and_does_not_go_on() -> None:
    desk = Desk()
    desk.session.refusal = "the journal is full"
    went_on: list[bool] = []
    desk.commands.send(commands.Steer("look"), lambda: went_on.append(True))
    await desk.sent()
    assert (desk.refused, went_on) == (["the journal is full"], [])
    desk.session.refusal = ""
    desk.commands.send(commands.Steer("look"), lambda: went_on.append(True))
    await desk.sent()
    assert (desk.refused, went_on) == (["the journal is full"], [True])


async def test_session_commands_send_decisions_stops_where_a_rule_is_refused() -> None:
    desk = Desk(events.StepStarted(1, "", 1_000), proposed("c1"), asked("c1"), proposed("c2"), asked("c2"))
    shown: list[list[bool]] = []
    wanted = (commands.ApproveAlways("no such call", "open_page network *"), commands.Approve("c1"))
    desk.commands.send_decisions(wanted, lambda receipts: shown.append([one.accepted for one in receipts]))
    assert await desk.sent() == [wanted[0]]
    both = (commands.Approve("c1"), commands.Veto("c2", "no"))
    desk.commands.send_decisions(both, lambda receipts: shown.append([one.accepted for one in receipts]))
    assert await desk.sent() == [wanted[0], *both]
    assert shown == [[False], [True, True]]
