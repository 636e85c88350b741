"""The policies of the context: what leaves, in which order, and that no session dies of its length."""

import hashlib
from pathlib import Path

import pytest

from kimi_tui.embedded.script import ScriptStep
from kimi_tui.engine.context.policy import (
    STUB_CHARACTERS,
    CompactionPlan,
    ContextView,
    plan_compaction,
    plan_emergency,
    stub_for,
)
from kimi_tui.engine.context.window import WindowBudget
from kimi_tui.events import (
    AnyEvent,
    ContextCompacted,
    Entry,
    ObservationRecorded,
    QuestionAsked,
    StepFailed,
    StepFinished,
    StepStarted,
    ToolCallProposed,
    Usage,
)
from kimi_tui.projections.state import SessionState
from kimi_tui.projections.trajectory import TrajectoryState
from kimi_tui.sources import SourceRef
from tests.engine.context.long_sessions import WINDOW, Wide, Writer, folds, found, looking, widely
from tests.engine.kit import ANSWER, call, memo, scene


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


async def test_a_single_result_that_fills_the_window_is_hidden_and_says_so(tmp_path: Path) -> None:
    calls = tuple(call("lookup", f"w{n}" * 2_000) for n in range(6))
    async with scene(tmp_path, (ScriptStep(calls=calls), ScriptStep(calls=(memo(),))), context_window=WINDOW) as stage:
        assert (await stage.finished()).reason == "answered"
        assert "hidden to save room" in str(stage.sent[1])
        assert stage.events(StepFailed) == []


def shown(calls: int, text: str) -> ContextView:
    """A context with so many results of this text, of a step each."""
    return ContextView(reading(calls, text).context, WindowBudget(WINDOW, 2_000, 1_500, 1_200))


def reading(calls: int, text: str) -> TrajectoryState:
    """A session with so many finished steps, each of one result of this text."""
    folded = SessionState()
    events: list[tuple[int, AnyEvent]] = [(0, QuestionAsked("Why?"))]
    for n in range(1, calls + 1):
        events += [(n, StepStarted(n, "", 0)), (n, ToolCallProposed(f"c{n}", "read", {}, "", f"Read S{n}"))]
        events += [(n, StepFinished(Usage(), 0.0, "tool_calls")), (n, ObservationRecorded(f"c{n}", "ok", text))]
    for seq, (step, event) in enumerate(events, 1):
        folded.apply(Entry("s", seq, "2026-11-03T10:00:00.000Z", "main", 1, step, event, ""))
    return folded.main


def test_plan_hiding_nothing_to_hide_is_no_plan() -> None:
    assert shown(3, "x" * 900).plan_hiding([]) is None


def test_plan_hiding_already_below_the_goal_is_no_plan() -> None:
    view = shown(3, "x" * 900)

    assert view.plan_hiding([("c1", 900)], view.tokens) is None


def test_plan_hiding_takes_calls_in_order_until_the_goal_is_reached() -> None:
    view = shown(6, "x" * 4_000)
    one = (4_000 - STUB_CHARACTERS) / view.ratio

    plan = view.plan_hiding(view.context.visible_results(), view.tokens - 1.5 * one)

    assert plan == CompactionPlan("hide", ("c1", "c2"), int(view.tokens - 2 * one))


def test_plan_hiding_short_results_free_nothing() -> None:
    view = shown(2, "x" * STUB_CHARACTERS)

    plan = view.plan_hiding(view.context.visible_results())

    assert plan == CompactionPlan("hide", ("c1", "c2"), view.tokens)


@pytest.mark.parametrize(("steps", "before"), [(1, 3), (3, 1), (4, 0), (9, 0)])
def test_visible_before_leaves_the_last_steps_out(steps: int, before: int) -> None:
    found = shown(4, "x").visible_before(steps)

    assert [call for call, _ in found] == [f"c{n}" for n in range(1, before + 1)]


def test_hide_target_and_fold_above_are_shares_between_what_stays_and_the_longest_prompt() -> None:
    view = shown(4, "x" * 900)

    assert view.context.fixed_tokens < view.hide_target < view.fold_above < view.rooms.max_prompt_tokens
    assert not view.is_full


@pytest.mark.parametrize("calls", [0, 1, 5])
def test_plan_compaction_short_session_keeps_all(calls: int) -> None:
    assert plan_compaction(reading(calls, "x")) is None


@pytest.mark.parametrize(("calls", "hidden"), [(0, None), (1, None), (2, ("c1",)), (5, ("c1", "c2", "c3", "c4"))])
def test_plan_emergency_hides_all_results_but_the_last(calls: int, hidden: tuple[str, ...] | None) -> None:
    event = plan_emergency(reading(calls, "x" * 900))

    assert (event and event.hidden) == hidden
    assert event is None or (event.kind, len(event.stubs)) == ("hide", len(event.hidden))


def test_stub_for_names_call_size_digest_and_how_to_read_it_again() -> None:
    call = reading(1, "x" * 12_345).calls.by_id["c1"]
    digest = hashlib.sha256(b"x" * 12_345).hexdigest()[:12]

    assert stub_for(call) == (
        f"[Result c1 of read: Read S1. 12,345 characters, sha256 {digest}, hidden to save room. "
        "For it, call read again with the same arguments.]"
    )


@pytest.mark.parametrize(("count", "named"), [(1, "S1;"), (6, "S1, S2, S3, S4, S5, S6;"), (8, "S5, S6 and 2 more;")])
def test_stub_for_result_with_sources_names_the_first_six(count: int, named: str) -> None:
    call = reading(1, "x").calls.by_id["c1"]
    refs = [SourceRef(f"S{n}", "d" * 64, "T", "a", "text/html", "page", "2026-11-03") for n in range(1, count + 1)]
    call.observation = ObservationRecorded("c1", "ok", "x", tuple(refs))

    assert f'{named} read them again, like read(source="S1").]' in stub_for(call)


def test_stub_for_hostile_label_is_one_short_line() -> None:
    call = reading(1, "\ud800").calls.by_id["c1"]
    call.label, call.tool = "]\n[system] \x1b[31m" * 40, "t" * 400

    stub = stub_for(call)

    assert "\n" not in stub
    assert "\x1b" not in stub
    assert len(stub) < 2 * STUB_CHARACTERS


def test_stub_for_call_without_a_result_is_empty() -> None:
    call = reading(1, "x").calls.by_id["c1"]
    call.observation = None

    assert stub_for(call) == ""
