"""The questions to begin with, over the list of the library; those on a person's own desk are made from its titles."""

import re
from collections import defaultdict
from collections.abc import Sequence

from kimi_tui.tui.widgets.row_list import ListCell, ListColumn, ListRow, RowList

QUESTIONS_HEADING = "Suggested questions: press down, then enter to use one"
"""What heads the suggestions."""
SAMPLE_HEADING = "Try the sample desk of made-up companies: press down, then enter to use a question"
"""What heads them when no desk is set."""
_NUMBER = re.compile(r"\d+")


def make_openers(titles: Sequence[str]) -> tuple[str, ...]:
    """Return at most three questions about documents with these titles, the longest document first.

    Two documents are compared only when their titles differ in nothing but numbers, as those of two years do: of any
    others it is not known that a comparison makes sense.
    """
    if not titles:
        return ()
    openers = [f'Summarise "{titles[0]}".']
    if pair := _latest_pair(titles):
        openers.append(f'What changed between "{pair[0]}" and "{pair[1]}"?')
    if len(titles) > 1:
        openers.append("What are the documents on this desk about, and where do they disagree?")
    return tuple(openers)


def _latest_pair(titles: Sequence[str]) -> tuple[str, str] | None:
    """Return the last two of the largest group of titles that differ in numbers alone, the earlier one first."""
    groups: dict[str, set[str]] = defaultdict(set)
    for title in titles:
        groups[_NUMBER.sub("#", title).casefold()].add(title)
    largest = max(groups.values(), key=len)
    by_numbers = {tuple(map(int, _NUMBER.findall(title))): title for title in sorted(largest)}
    latest = [by_numbers[numbers] for numbers in sorted(by_numbers)[-2:]]
    return (latest[0], latest[1]) if len(latest) == 2 else None


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
