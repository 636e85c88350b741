"""`update_plan`: the model's own list of steps, shown to the person and kept in the journal. It touches nothing."""

from typing import Annotated, ClassVar, Literal

import msgspec

from kimi_tui.events import Effect
from kimi_tui.text import one_line
from kimi_tui.tools.base import Observation, Tool, ToolContext


class PlanStepParameter(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One step of a plan."""

    text: Annotated[str, msgspec.Meta(description="What is to be done, in one line.", min_length=1, max_length=300)]
    state: Annotated[Literal["open", "doing", "done"], msgspec.Meta(description="Where the step stands.")] = "open"


class UpdatePlanParameters(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Parameters of `update_plan`."""

    steps: Annotated[
        list[PlanStepParameter], msgspec.Meta(description="The whole plan, in order.", min_length=1, max_length=30)
    ]
    note: Annotated[str, msgspec.Meta(description="Why the plan changed, in one line.", max_length=500)] = ""
    questions: Annotated[
        list[Annotated[str, msgspec.Meta(min_length=1, max_length=300)]],
        msgspec.Meta(description="What you still have to find out, one question each.", max_length=12),
    ] = []


class UpdatePlan(Tool):
    """Replaces the plan that the person sees."""

    name: ClassVar[str] = "update_plan"
    description: ClassVar[str] = (
        "Write down or change your plan: all steps with their states, and the questions that are still open. Use it "
        "at the start of a longer piece of work and whenever a step is done or the plan changes. The person who asked "
        "sees it and may change it."
    )
    parameters: ClassVar[type[msgspec.Struct]] = UpdatePlanParameters
    read_only: ClassVar[bool] = True
    timeout: ClassVar[float] = 5.0

    def effects(self, arguments: UpdatePlanParameters) -> tuple[Effect, ...]:
        """None."""
        return ()

    def label(self, arguments: UpdatePlanParameters) -> str:
        """Return how far the plan is."""
        return f"Plan: {_progress(arguments)}"

    async def run(self, arguments: UpdatePlanParameters, context: ToolContext) -> Observation:
        """Note the plan."""
        steps = [{"text": one_line(step.text), "state": step.state} for step in arguments.steps]
        questions = [one_line(question) for question in arguments.questions]
        artifact = {"kind": "plan", "steps": steps, "note": one_line(arguments.note), "questions": questions}
        return Observation(f"Plan noted: {_progress(arguments)}.", artifact=artifact)


def _progress(arguments: UpdatePlanParameters) -> str:
    done = sum(step.state == "done" for step in arguments.steps)
    asked = len(arguments.questions)
    open_questions = f", {asked} question{'' if asked == 1 else 's'} open" if asked else ""
    return f"{done} of {len(arguments.steps)} done{open_questions}"
