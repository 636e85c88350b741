"""The context stays inside its window: what leaves, in which order, and what is said of it."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar

import msgspec
import pytest

from kimi_tui.commands import Compact, Interrupt, Resume, Steer, Stop, Unhide
from kimi_tui.embedded.chat_requests import ChatRequest
from kimi_tui.embedded.reply_chunks import Fault, PlannedCall, PlannedReply
from kimi_tui.embedded.script import RepeatedText, Script, ScriptedModel, ScriptStep
from kimi_tui.engine.context.window import WindowBudget, max_reply_tokens, window_budget
from kimi_tui.events import CompactionProposed, ContextCompacted, ObservationRestored, StepFailed
from kimi_tui.projections.compactions import compaction_line
from kimi_tui.projections.state import SessionState
from kimi_tui.tools.base import Observation, ToolContext
from tests.engine.kit import ANSWER, Lookup, Scene, Word, call, memo, scene

WINDOW = 12_000
LONG = RepeatedText("word ", 480)
"""600 tokens of reasoning."""


class Writer(ScriptedModel):
    """The scripted model, which writes a checkpoint when it is asked for one instead of playing its next step."""

    def __init__(self, steps: tuple[ScriptStep, ...], checkpoint: Callable[[int], PlannedReply]) -> None:
        super().__init__(Script(steps=steps, context_window=WINDOW))
        self.asked: list[ChatRequest] = []
        """The requests for a checkpoint."""
        self._checkpoint = checkpoint

    async def reply(self, request: ChatRequest) -> PlannedReply:
        if "folded into a checkpoint" in request.messages[-1].content:
            self.asked.append(request)
            return self._checkpoint(len(self.asked))
        return await super().reply(request)


def found(*findings: tuple[str, str], **more: Any) -> PlannedReply:
    """A usable checkpoint."""
    listed = [{"text": text, "evidence": [evidence]} for text, evidence in findings]
    return PlannedReply(reasoning="I sum up.", text=json.dumps({"findings": listed, **more}))


def looking(count: int) -> tuple[ScriptStep, ...]:
    """So many steps, each with its own word and 600 tokens of reasoning."""
    return tuple(ScriptStep(reasoning=LONG, calls=(call("lookup", f"word{n}"),), split=0) for n in range(count))


class Wide(Lookup):
    """Reads much at once."""

    name: ClassVar[str] = "wide"

    async def run(self, arguments: Word, context: ToolContext) -> Observation:
        observation = await super().run(arguments, context)
        return msgspec.structs.replace(observation, text=f"{observation.text} {'and so on ' * 400}")


def widely(count: int) -> tuple[ScriptStep, ...]:
    """So many steps with 1,000 tokens of result each."""
    return tuple(ScriptStep(calls=(call("wide", f"word{n}"),)) for n in range(count))


def folds(stage: Scene) -> list[ContextCompacted]:
    return [event for event in stage.events(ContextCompacted) if event.kind == "fold"]


@pytest.mark.parametrize("window", [30_000, 65_536, 262_144, 1_000_000])
@pytest.mark.parametrize("cap", [24_000, 48_000])
def test_an_answer_and_a_checkpoint_always_fit_behind_the_longest_prompt(window: int, cap: int) -> None:
    state = SessionState().main
    state.budget.caps["reasoning"] = cap
    state.context.count.limit = window
    rooms = window_budget(state)
    full = WindowBudget(window, min(cap, window // 4), min(16_384, window // 8), min(8_192, window // 10))
    assert rooms == (full if window <= 262_144 else rooms)
    assert rooms.max_prompt_tokens + rooms.reasoning + rooms.answer + rooms.checkpoint <= rooms.window
    assert window >= 1_000_000 or rooms.max_prompt_tokens >= window // 2


def test_a_reply_is_kept_inside_the_window_and_the_cap_on_tokens() -> None:
    state = SessionState().main
    state.context.count.limit = 40_000
    free = max_reply_tokens(state)
    state.budget.caps["tokens"] = 9_000
    assert max_reply_tokens(state) == 9_000 < free
    state.budget.tokens = 8_900
    assert max_reply_tokens(state) == window_budget(state).answer, "an answer may always be written"
    state.context.count.counted = 39_900
    assert max_reply_tokens(state) == window_budget(state).margin


@pytest.mark.parametrize("policy", ["watermarks", "hide-all", "keep-5"])
async def test_no_policy_lets_a_long_session_die(tmp_path: Path, policy: str) -> None:
    writer = Writer((*looking(60), ANSWER), lambda n: found(("Alpha is 25.", "S1 p.1")))
    async with scene(tmp_path, others=(writer,), context=policy, context_window=WINDOW) as stage:
        assert (await stage.finished()).reason == "answered"
        assert stage.events(StepFailed) == []
        assert folds(stage)
        assert {event.author for event in folds(stage)} == {"model"}
        assert max(event.before for event in stage.events(ContextCompacted)) < WINDOW


async def test_hiding_goes_oldest_first_down_to_the_low_mark_and_keeps_the_last_steps(tmp_path: Path) -> None:
    async with scene(tmp_path, (*widely(24), ANSWER), tools=(Wide(),), context_window=40_000) as stage:
        assert (await stage.finished()).reason == "answered"
        first = stage.events(ContextCompacted)[0]
        assert first.kind == "hide"
        assert first.hidden == tuple(f"c{n}" for n in range(1, len(first.hidden) + 1))
        assert first.after < first.before
        shown = next(sent for sent in stage.sent if "hidden to save room" in str(sent))
        tools = [message["content"] for message in shown if message["role"] == "tool"]
        hidden = ["hidden to save room" in text for text in tools]
        assert hidden == sorted(hidden, reverse=True)
        assert not any(hidden[-5:])
        assert tools[0] == first.stubs[0]
        assert tools[0].startswith("[Result c1 of wide: Look up word0. 4,0")
        assert 'read(source="S1")' in tools[0]
        assert "\n" not in tools[0]


async def test_keep_5_shows_five_results(tmp_path: Path) -> None:
    many = [ScriptStep(calls=(call("lookup", f"word{n}"),)) for n in range(8)]
    async with scene(tmp_path, (*many, ANSWER), context="keep-5") as stage:
        await stage.finished()
        shown = [message["content"] for message in stage.sent[-1] if message["role"] == "tool"]
        assert ["hidden" in text for text in shown] == [True] * 3 + [False] * 5


async def test_hide_all_hides_every_result_that_was_read_when_the_window_fills(tmp_path: Path) -> None:
    longer = tuple(ScriptStep(calls=(call("lookup", f"w{n}" * 400),)) for n in range(30))
    async with scene(tmp_path, (*longer, ANSWER), context="hide-all", context_window=WINDOW) as stage:
        assert (await stage.finished()).reason == "answered"
        shown = next(sent for sent in stage.sent if "hidden to save room" in str(sent))
        hidden = ["hidden" in message["content"] for message in shown if message["role"] == "tool"]
        assert hidden == [True] * (len(hidden) - 1) + [False]


async def test_a_checkpoint_says_the_question_the_orders_and_the_plan_word_for_word(tmp_path: Path) -> None:
    plan = ScriptStep(calls=(planned("Find alpha", "Compare"), call("lookup")))
    writer = Writer((plan, *looking(40), ANSWER), lambda n: found(("Alpha is 25.", "S1 p.1"), gaps=["beta"]))
    question = "What is alpha,\nand  why?"
    async with scene(tmp_path, others=(writer,), context_window=WINDOW, question=question) as stage:
        await stage.until(lambda: stage.state.run.step >= 2)
        await stage.send(Steer("Mind the *units*; and\nbe brief."))
        assert (await stage.finished()).reason == "answered"
        last = folds(stage)[-1]
        for words in (
            question,
            "Mind the *units*; and\nbe brief.",
            "open: Find alpha",
            "Alpha is 25. [S1 p.1]",
            "beta",
        ):
            assert words in last.summary
        sent = stage.sent[-1]
        assert [message["role"] for message in sent[:4]] == ["system", "user", "user", "assistant"]
        assert (sent[1]["content"], sent[2]["content"]) == (question, last.summary)
        for prompt in stage.sent[4:]:
            assert "Mind the *units*; and\\nbe brief." in json.dumps(prompt)
            assert "Find alpha" in json.dumps(prompt)


def planned(*texts: str) -> Any:
    from kimi_tui.embedded.script import ScriptedCall

    return ScriptedCall("update_plan", {"steps": [{"text": text, "state": "open"} for text in texts]})


async def test_findings_go_on_from_checkpoint_to_checkpoint(tmp_path: Path) -> None:
    writer = Writer((*looking(60), ANSWER), lambda n: found((f"Finding {n}.", f"S{n} p.1")))
    async with scene(tmp_path, others=(writer,), context_window=WINDOW) as stage:
        await stage.finished()
        assert len(folds(stage)) >= 3
        for number, event in enumerate(folds(stage), 1):
            assert all(f"Finding {n}. [S{n} p.1]" in event.summary for n in range(1, number + 1))


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


async def test_a_server_with_a_smaller_window_than_it_says_is_learned(tmp_path: Path) -> None:
    writer = Writer((*looking(40), ANSWER), lambda n: found(("Alpha is 25.", "S1 p.1")))
    async with scene(tmp_path, others=(writer,), context_window=40_000) as stage:
        assert (await stage.finished()).reason == "answered"
        assert len([event for event in stage.events(StepFailed) if event.kind == "overflow"]) == 1
        assert window_budget(stage.state).window < WINDOW + 1_000


async def test_a_single_result_that_fills_the_window_is_hidden_and_says_so(tmp_path: Path) -> None:
    calls = tuple(call("lookup", f"w{n}" * 2_000) for n in range(6))
    async with scene(tmp_path, (ScriptStep(calls=calls), ScriptStep(calls=(memo(),))), context_window=WINDOW) as stage:
        assert (await stage.finished()).reason == "answered"
        assert "hidden to save room" in str(stage.sent[1])
        assert stage.events(StepFailed) == []


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
