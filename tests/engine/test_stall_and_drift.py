"""Staying on the question: a plan that a person may change, and a checkpoint when the steps leave it."""

from pathlib import Path

import pytest

from kimi_tui.commands import EditPlan, Stop
from kimi_tui.embedded.script import Script, ScriptedCall, ScriptStep
from kimi_tui.engine.stall_and_drift import DRIFT_PROMPT
from kimi_tui.events import DriftNoticed, PlanEdited, PlanStep, SteerReceived
from tests.engine.kit import ANSWER, LOOK, Held, call, scene

QUESTION = "How did the margins of the heat pump business develop from 2019 to 2024?"
ON_COURSE = (
    "The margins of the heat pump business develop from 2019 to 2024 as the annual report says; sales, costs, prices, "
    "segments, inventories, guidance, currency, tariffs, wages, logistics, subsidies, installers, orders, {n}."
)
AWAY = (
    "Football leagues, transfer windows, stadium capacities, trophies, northern clubs, referees, penalties, keepers, "
    "strikers, coaches, supporters, tickets, broadcasting, sponsors, kits, academies, injuries, fixtures, derbies, {n}."
)


def steps(reasoning: str, count: int) -> tuple[ScriptStep, ...]:
    """Steps that each look a new word up."""
    one = ScriptStep(reasoning=reasoning, calls=(ScriptedCall("lookup", {"word": "{n}"}),))
    return (one,) * count


async def test_a_model_that_leaves_its_question_is_asked_once_how_its_calls_serve_it(tmp_path: Path) -> None:
    script = Script((*steps(ON_COURSE, 12), *steps(AWAY, 24), LOOK, ANSWER))
    async with scene(tmp_path, script=script, question=QUESTION) as stage:
        assert (await stage.finished()).reason == "answered"
        [noticed] = stage.events(DriftNoticed)
        assert noticed.distance > noticed.usual
        reported = [event.text for event in stage.events(SteerReceived) if event.by == "engine"]
        assert reported == [DRIFT_PROMPT]
        assert {"role": "user", "content": DRIFT_PROMPT} in stage.sent[-1]


async def test_many_steps_on_the_question_are_never_interrupted(tmp_path: Path) -> None:
    script = Script((*steps(ON_COURSE, 60), LOOK, ANSWER))
    async with scene(tmp_path, script=script, question=QUESTION) as stage:
        assert (await stage.finished()).reason == "answered"
        assert stage.events(DriftNoticed) == []
        assert stage.events(SteerReceived) == []


async def test_a_plan_that_a_person_changed_is_read_before_the_next_step(tmp_path: Path) -> None:
    held = Held()
    plan = ScriptedCall("update_plan", {"steps": [{"text": "guess"}], "questions": ["Which alpha?"]})
    async with scene(tmp_path, (ScriptStep(calls=(plan, call("held"))), LOOK, ANSWER), tools=(held,)) as stage:
        await stage.until(lambda: held.begun and stage.state.plan.steps)
        assert stage.state.plan.questions == ("Which alpha?",)
        wanted = (PlanStep("look alpha up", "doing"), PlanStep("write\nit  down"), PlanStep("  "))
        await stage.send(EditPlan(wanted))
        assert stage.state.plan.steps == (PlanStep("look alpha up", "doing"), PlanStep("write it down"))
        held.go.set()
        await stage.finished()
        reported = stage.sent[1][-1]["content"]
        assert reported.startswith("The person changed your plan")
        assert reported.endswith("[~] look alpha up\n[ ] write it down")
        assert len(stage.events(PlanEdited)) == 1


@pytest.mark.parametrize(
    ("wanted", "words"),
    [
        ((PlanStep("look", "never"),), "cannot be 'never'"),
        (tuple(PlanStep(f"step {n}") for n in range(31)), "31 steps are too many"),
        ((), "like that already"),
    ],
)
async def test_a_plan_that_cannot_be_is_refused(tmp_path: Path, wanted: tuple[PlanStep, ...], words: str) -> None:
    held = Held()
    async with scene(tmp_path, (ScriptStep(calls=(call("held"),)), LOOK, ANSWER), tools=(held,)) as stage:
        await stage.until(lambda: held.begun)
        receipt = await stage.session.send(EditPlan(wanted))
        assert not receipt.accepted
        assert words in receipt.reason
        held.go.set()
        await stage.finished()
        late = await stage.session.send(EditPlan((PlanStep("look"),)))
        assert "no turn is running" in late.reason


async def test_a_changed_plan_is_read_before_a_memo_counts(tmp_path: Path) -> None:
    """A memo written while the plan was changed waits until its writer has read the change."""
    held = Held()
    both = ScriptStep(calls=(call("lookup"), *ANSWER.calls, call("held")))
    async with scene(tmp_path, (both, ANSWER), tools=(held,)) as stage:
        await stage.until(lambda: held.begun)
        await stage.send(EditPlan((PlanStep("look further"),)))
        held.go.set()
        await stage.finished()
        assert len(stage.sent) == 2
        await stage.session.send(Stop())
