"""The plan as text: what is written is what is read."""

import pytest

from kimi_tui.events import PlanEdited, PlanStep
from kimi_tui.projections.research_state import format_plan, parse_plan, plan_message

PLAN = (PlanStep("look", "done"), PlanStep("compare [2023] with 2024", "doing"), PlanStep("write", "open"))


def test_a_plan_that_is_written_down_is_read_as_it_was() -> None:
    assert parse_plan(format_plan(PLAN)) == PLAN


@pytest.mark.parametrize(
    ("line", "step"),
    [
        ("look", PlanStep("look")),
        ("  - [X]  look   well ", PlanStep("look well", "done")),
        ("[~]look", PlanStep("look", "doing")),
        ("[?] look", PlanStep("[?] look")),
        ("[] look", PlanStep("[] look")),
    ],
)
def test_a_line_is_a_step_however_it_is_marked(line: str, step: PlanStep) -> None:
    assert parse_plan(line) == (step,)


def test_lines_without_words_are_no_steps() -> None:
    assert parse_plan("\n[ ]\n  \n[x]  \n") == ()


def test_the_model_learns_of_an_empty_plan() -> None:
    assert plan_message(PlanEdited(())).endswith("(no steps)")
