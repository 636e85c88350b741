"""The questions to begin with, over the list of the library."""

from collections.abc import Sequence

from kimi_tui.tui.widgets.row_list import ListCell, ListColumn, ListRow, RowList

QUESTIONS_HEADING = "Suggested questions: press down, then enter to use one"
"""What heads the suggestions."""
SAMPLE_HEADING = "Try the sample desk of made-up companies: press down, then enter to use a question"
"""What heads them when no desk is set."""


class SuggestionList(RowList):
    """Suggested questions; without any, their heading is not there either."""

    def __init__(self, heading: str, questions: Sequence[str]) -> None:
        super().__init__((ListColumn(heading),), id="suggestions")
        self.questions = tuple(questions)
        """What is suggested, in the order of the rows."""

    def offer(self, questions: Sequence[str], heading: str = "") -> None:
        """List other questions, under another heading if one is given."""
        if heading:
            self.columns = (ListColumn(heading),)
        self.questions = tuple(questions)
        rows = [ListRow(str(number), (ListCell(text),)) for number, text in enumerate(self.questions)]
        self.show(rows)
        self.set_class(not rows, "-none")
