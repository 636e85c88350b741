"""Compactions as they are carried out: checkpoints that the model writes or fails to write, and a person's say."""

from pathlib import Path

import pytest

from kimi_tui.commands import Compact, Interrupt, Resume, Stop, Unhide
from kimi_tui.embedded.reply_chunks import Fault, PlannedCall, PlannedReply
from kimi_tui.embedded.script import ScriptStep
from kimi_tui.events import CompactionProposed, ContextCompacted, ObservationRestored
from kimi_tui.projections.compactions import compaction_line
from tests.engine.context.long_sessions import WINDOW, Wide, Writer, folds, found, looking, widely
from tests.engine.kit import ANSWER, call, scene


@pytest.mark.parametrize(
    ("reply", "problem"),
    [
        (PlannedReply(text="I would rather not."), "no JSON object"),
        (PlannedReply(text='{"findings": "none"}'), "Expected `array`"),
        (PlannedReply(text='{"findings": [], "surprise": 1}'), "surprise"),
        (found(("Made up.", "S99 p.1")), "S99"),
        (found(("Without a source.", "page 4")), "page 4"),
        (PlannedReply(calls=(PlannedCall("x", "lookup", '{"word": "more"}'),)), "calls a tool"),
        (PlannedReply(fault=Fault("status", status=503)), "Internal server error"),
    ],
)
async def test_what_is_no_checkpoint_is_asked_for_once_more_and_then_made_from_the_journal(
    tmp_path: Path, reply: PlannedReply, problem: str
) -> None:
    writer = Writer((*looking(16), ANSWER), lambda n: reply)
    async with scene(tmp_path, others=(writer,), context_window=WINDOW) as stage:
        assert (await stage.finished()).reason == "answered"
        first = folds(stage)[0]
        assert first.author == "journal"
        assert problem in first.problem
        assert "c1 lookup Look up word0: ok, S1" in first.summary
        assert "S1 word0" in first.summary
        orders = [event.order for event in stage.events(CompactionProposed)][:2]
        assert "could not be used" in orders[1]
        assert (first.usage.prompt_tokens > 0) is (reply.fault is None)


async def test_a_checkpoint_costs_no_reading_again_and_is_counted(tmp_path: Path) -> None:
    writer = Writer((*looking(16), ANSWER), lambda n: found(("Alpha is 25.", "S1 p.1")))
    async with scene(tmp_path, others=(writer,), context_window=WINDOW) as stage:
        await stage.finished()
        usage = folds(stage)[0].usage
        assert usage.cached_tokens > 0.9 * (usage.prompt_tokens - 1_500)
        reported = sum(u.prompt_tokens + u.completion_tokens for u in [usage])
        assert stage.state.budget.total_tokens > reported
        assert stage.state.budget.total_steps == 17


async def test_a_checkpoint_that_is_interrupted_is_asked_for_again(tmp_path: Path) -> None:
    slow = PlannedReply(reasoning="thinking " * 400, pace=50)
    writer = Writer((*looking(16), ANSWER), lambda n: slow if n == 1 else found(("Alpha is 25.", "S1 p.1")))
    async with scene(tmp_path, others=(writer,), context_window=WINDOW) as stage:
        await stage.until(lambda: stage.state.compactions.pending and stage.server.generating)
        await stage.send(Interrupt())
        await stage.until(lambda: stage.state.run.paused and not stage.server.generating)
        assert folds(stage) == []
        [interrupted] = [event for event in stage.events(CompactionProposed) if not event.order]
        assert interrupted.usage.prompt_tokens > 0
        assert "interrupted" in compaction_line(interrupted)
        await stage.send(Resume())
        assert (await stage.finished()).reason == "answered"
        assert folds(stage)[0].author == "model"


async def test_a_checkpoint_is_asked_for_again_after_the_end_of_the_program(tmp_path: Path) -> None:
    slow = PlannedReply(reasoning="thinking " * 400, pace=50)
    writer = Writer((*looking(16), ANSWER), lambda n: slow if n == 1 else found(("Alpha is 25.", "S1 p.1")))
    async with scene(tmp_path, others=(writer,), context_window=WINDOW) as stage:
        await stage.until(lambda: stage.state.compactions.pending and stage.server.generating)
        await stage.reopen()
        assert (await stage.finished()).reason == "answered"
        assert folds(stage)[0].author == "model"


async def test_a_person_who_wants_to_be_asked_sees_what_would_leave_and_keeps_some_of_it(tmp_path: Path) -> None:
    tools = (Wide(),)
    async with scene(tmp_path, (*widely(24), ANSWER), tools=tools, compaction="ask", context_window=40_000) as stage:
        await stage.until(lambda: stage.state.compactions.waiting)
        asked = stage.state.compactions.waiting
        assert asked is not None
        assert stage.state.name == "waiting"
        assert (asked.kind, asked.hidden[0]) == ("hide", "c1")
        assert asked.before > asked.after > 0
        await stage.reopen()
        await stage.until(lambda: stage.state.compactions.waiting)
        await stage.send(Compact(keep=("c1",)))
        await stage.until(lambda: stage.state.compactions.hidings)
        event = stage.events(ContextCompacted)[0]
        assert (event.by, event.hidden) == ("person", asked.hidden[1:])
        while not stage.state.run.reason:
            await stage.until(lambda: stage.state.compactions.waiting or stage.state.run.reason)
            if stage.state.compactions.waiting:
                await stage.send(Compact())
        assert not (await stage.session.send(Compact())).accepted


async def test_nobody_is_asked_when_nobody_is_there(tmp_path: Path) -> None:
    longer = tuple(ScriptStep(calls=(call("lookup", f"w{n}" * 400),)) for n in range(14))
    async with scene(tmp_path, (*longer, ANSWER), person=False, compaction="ask", context_window=WINDOW) as stage:
        assert (await stage.finished()).reason == "answered"
        assert stage.events(ContextCompacted)


async def test_what_a_person_keeps_of_folded_steps_is_brought_back(tmp_path: Path) -> None:
    writer = Writer((*looking(16), ANSWER), lambda n: found(("Alpha is 25.", "S1 p.1")))
    async with scene(tmp_path, others=(writer,), compaction="ask", context_window=WINDOW) as stage:
        await stage.until(lambda: stage.state.compactions.waiting)
        await stage.send(Compact(keep=("c2",)))
        await stage.until(lambda: stage.state.compactions.foldings)
        await stage.until(lambda: stage.events(ObservationRestored))
        assert stage.events(ObservationRestored)[0].call_id == "c2"
        assert "the word1 figure" in str(stage.state.context.messages[-1])
        await stage.send(Stop())
        await stage.finished()


async def test_a_hidden_result_comes_back_at_the_end(tmp_path: Path) -> None:
    longer = tuple(ScriptStep(calls=(call("lookup", f"w{n}"),), pace=0 if n < 9 else 400) for n in range(12))
    async with scene(tmp_path, (*longer, ANSWER), context="keep-5") as stage:
        await stage.until(lambda: "c1" in stage.state.context.hidden_calls())
        await stage.send(Unhide("c1"))
        refused = await stage.session.send(Unhide("c1"))
        assert (refused.accepted, "not hidden" in refused.reason) == (False, True)
        assert not (await stage.session.send(Unhide("c99"))).accepted
        await stage.finished()
        assert any("brought back the result c1" in str(sent[-1]) for sent in stage.sent)


async def test_model_that_fails_at_two_checkpoints_in_a_row_is_not_asked_for_the_next(tmp_path: Path) -> None:
    writer = Writer((*looking(60), ANSWER), lambda n: PlannedReply(reasoning="I sum up.", text="No JSON."))
    async with scene(tmp_path, others=(writer,), context_window=WINDOW) as stage:
        assert (await stage.finished()).reason == "answered"
        made = folds(stage)
        asked = ["was not asked" not in fold.problem for fold in made]
        assert len(made) >= 9
        assert asked[:9] == [True, True, False, True, False, False, True, False, False]
        assert {fold.author for fold in made} == {"journal"}
        assert len(writer.asked) == 2 * sum(asked)
        spared = made[2]
        assert spared.problem == "it failed at 2 checkpoints in a row, and was not asked for this one"
        assert spared.usage.prompt_tokens == 0
        await stage.reopen()
        assert stage.state.compactions.failed == asked.count(True)


async def test_model_that_writes_a_checkpoint_again_is_asked_for_each(tmp_path: Path) -> None:
    writer = Writer(
        (*looking(60), ANSWER),
        lambda n: PlannedReply(text="No JSON.") if n <= 4 else found((f"Finding {n}.", "S1 p.1")),
    )
    async with scene(tmp_path, others=(writer,), context_window=WINDOW) as stage:
        assert (await stage.finished()).reason == "answered"
        assert [fold.author for fold in folds(stage)][:6] == ["journal"] * 3 + ["model"] * 3


async def test_checkpoint_in_the_reasoning_alone_is_taken(tmp_path: Path) -> None:
    def reply(n: int) -> PlannedReply:
        return PlannedReply(reasoning=f"I sum up. {found((f'Finding {n}.', 'S1 p.1')).text}")

    writer = Writer((*looking(14), ANSWER), reply)
    async with scene(tmp_path, others=(writer,), context_window=WINDOW) as stage:
        assert (await stage.finished()).reason == "answered"
        assert {fold.author for fold in folds(stage)} == {"model"}
        assert len(writer.asked) == len(folds(stage))


@pytest.mark.parametrize(
    "refused", [Fault("status", status=402), Fault("status", status=429, headers={"retry-after": "900"})]
)
async def test_checkpoint_that_the_server_refuses_for_good_or_for_long_is_asked_for_once(
    tmp_path: Path, refused: Fault
) -> None:
    writer = Writer((*looking(14), ANSWER), lambda n: PlannedReply(text="{}", fault=refused))
    async with scene(tmp_path, others=(writer,), context_window=WINDOW) as stage:
        assert (await stage.finished()).reason == "answered"
        assert len(writer.asked) == len(folds(stage))
