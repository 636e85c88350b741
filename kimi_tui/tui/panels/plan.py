"""The plan and the open questions: the plan is text, one step a line, that a person may change."""

from textual.content import Content
from textual.widget import Widget
from textual.widgets import Static

from kimi_tui.commands import EditPlan
from kimi_tui.projections.research_state import format_plan, parse_plan
from kimi_tui.text import one_line
from kimi_tui.tui.panels.panel import Panel
from kimi_tui.tui.widgets.ask_line import AskLine

MAX_QUESTIONS = 12
"""Open questions that are listed."""


class PlanPanel(Panel):
    """One text to edit, over the open questions."""

    TITLE = "Plan"
    IS_SPARSE = True

    def content_widgets(self) -> list[Widget]:
        """Return the text and the questions."""
        return [AskLine("one step a line", folds=False, id="plan-text"), Static(id="plan-questions", markup=False)]

    def on_mount(self) -> None:
        """Show the present plan; later changes by the model do not alter the text being edited."""
        super().on_mount()
        line = self.query_one(AskLine)
        line.set_text(format_plan(self.state.plan.steps))
        line.focus()

    def show(self) -> None:
        """Say how to edit, and list the questions."""
        may = self.bridge.session.live and self.state.run.turn_open
        self.query_one(AskLine).read_only = not may
        self.refresh_bindings()
        self.set_figures(
            "[ ] open · [~] doing · [x] done, one step a line" if may else "it can be changed while a turn runs"
        )
        questions = [f"? {one_line(question, 300)}" for question in self.state.plan.questions[:MAX_QUESTIONS]]
        self.query_one("#plan-questions", Static).update(Content("\n".join(questions)))

    async def on_ask_line_sent(self, message: AskLine.Sent) -> None:
        """Change the plan; the text stays when it is refused."""
        receipt = await self.bridge.send(EditPlan(parse_plan(message.text)))
        if receipt.accepted:
            self.dismiss("")
        else:
            self.app.notify(receipt.reason, severity="error")

    def on_ask_line_left(self) -> None:
        """Close without changing the plan."""
        self.dismiss("")
