"""The plan: what is noted, and what comes back."""

from kimi_tui.tools.update_plan import PlanStepParameter, UpdatePlan
from kimi_tui.tools.update_plan import UpdatePlanParameters as Plan
from tests.tools.kit import tool_context


async def test_a_plan_is_noted_with_its_progress() -> None:
    steps = [
        PlanStepParameter("Read\nthe report", "done"),
        PlanStepParameter("Compare\x1b[2J", "doing"),
        PlanStepParameter("Write"),
    ]
    async with tool_context() as context:
        observation = await UpdatePlan().run(Plan(steps, "why\nnot", ["Since\nwhen?"]), context)
    assert observation.text == "Plan noted: 1 of 3 done, 1 question open."
    assert observation.artifact == {
        "kind": "plan",
        "steps": [
            {"text": "Read the report", "state": "done"},
            {"text": "Compare␛[2J", "state": "doing"},
            {"text": "Write", "state": "open"},
        ],
        "note": "why not",
        "questions": ["Since when?"],
    }
