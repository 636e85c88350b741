"""Whatever is commanded at whatever moment: live equals replayed, one observation a call, an unbroken chain.

The scene itself checks these at its end, and that each recorded digest is that of what the server received.
"""

import asyncio
import tempfile
from pathlib import Path

import msgspec
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kimi_tui.commands import (
    Act,
    AnyCommand,
    Approve,
    ApproveAlways,
    AskQuestion,
    Interrupt,
    Pause,
    RaiseBudget,
    Resume,
    RevokeRule,
    Steer,
    Stop,
    Veto,
    Withdraw,
)
from kimi_tui.embedded.reply_chunks import Fault
from kimi_tui.embedded.script import RepeatedText, ScriptedCall, ScriptStep
from kimi_tui.tools.base import Observation, ToolContext
from tests.engine.kit import MEMO, Change, Lookup, Scene, Visit, Word, memo, scene

PATTERN = "visit network a.example.org"


class Reopen(msgspec.Struct, frozen=True):
    """End the program and open the session again."""


class Slow(Lookup):
    """Reads after a few turns of the event loop, and clears up for a few when it is ended."""

    name = "slow"

    async def run(self, arguments: Word, context: ToolContext) -> Observation:
        try:
            await asyncio.sleep(0.005)
        except asyncio.CancelledError:
            for _ in range(3):
                await asyncio.sleep(0)
            raise
        return await super().run(arguments, context)


words = st.sampled_from(["alpha", "a.example.org", "b.example.org", "nothing", "fault", ""])
calls = st.one_of(
    st.builds(
        lambda tool, word: ScriptedCall(tool, {"word": word}),
        st.sampled_from(["lookup", "slow", "visit", "change", "nonsense"]),
        words,
    ),
    st.sampled_from([memo(), memo("It is 26 [S1 p.1]."), memo(final=True), ScriptedCall("lookup", '{"word')]),
)
faults = st.sampled_from(
    [None, None, None, Fault("status", status=503, times=1, headers={"retry-after": "0"}), Fault("cut", times=1)]
)
steps = st.builds(
    ScriptStep,
    reasoning=st.sampled_from(["", "I think.", RepeatedText("thinking ", 30)]),
    text=st.sampled_from(["", "", "Beside the point.", MEMO]),
    calls=st.lists(calls, max_size=4).map(tuple),
    pace=st.sampled_from([0, 1_000]),
    fault=faults,
)
ids = st.sampled_from([f"c{n}" for n in range(1, 8)])
commands: st.SearchStrategy[AnyCommand | Reopen] = st.one_of(
    st.sampled_from([Pause(), Resume(), Resume(), Interrupt(), Act(), Stop(), Steer("Look at beta."), Reopen()]),
    st.sampled_from([AskQuestion("And then?"), RevokeRule(PATTERN), RaiseBudget("steps", 9), RaiseBudget("tokens", 9)]),
    st.builds(Approve, ids, st.sampled_from([None, {"word": "beta"}, {"word": ""}])),
    st.builds(ApproveAlways, ids, st.sampled_from([PATTERN, "visit network *"])),
    st.builds(Veto, ids, st.sampled_from(["", "no"])),
    st.builds(Withdraw, ids, st.sampled_from(["", "wrong"])),
)
schedules = st.lists(st.tuples(st.integers(0, 12), commands), max_size=12)


async def play(stage: Scene, schedule: list[tuple[int, AnyCommand | Reopen]]) -> None:
    """Send each command after so many turns of the event loop, or milliseconds for the larger numbers."""
    for wait, command in schedule:
        for _ in range(wait):
            await asyncio.sleep(0 if wait < 8 else 0.001)
        if isinstance(command, Reopen):
            await stage.reopen()
        else:
            await stage.session.send(command)


async def bring_to_its_end(stage: Scene) -> None:
    """Answer what waits, go on where it holds, until the turn is over."""
    async with asyncio.timeout(60):
        while stage.state.run.turn_open:
            for one in stage.state.calls.waiting:
                await stage.session.send(Veto(one.id))
            await stage.session.send(Resume())
            await asyncio.sleep(0.01)
            if stage.work.done():
                stage.work.result()


async def one_session(plan: list[ScriptStep], schedule: list[tuple[int, AnyCommand | Reopen]], *, person: bool) -> None:
    """A session with this model and these commands."""
    with tempfile.TemporaryDirectory() as folder:
        tools = (Slow(), Visit(), Change())
        async with scene(Path(folder), plan, tools=tools, person=person, max_steps=7, retries=0) as stage:
            await play(stage, schedule)
            stage.check()
            await bring_to_its_end(stage)
            assert not stage.state.calls.open


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True, database=None)
@given(st.lists(steps, min_size=1, max_size=5), schedules, st.booleans())
def test_any_schedule_of_commands_leaves_a_sound_record(
    plan: list[ScriptStep], schedule: list[tuple[int, AnyCommand | Reopen]], person: bool
) -> None:
    asyncio.run(one_session(plan, schedule, person=person))
