"""Figures in sentences: whose, what, when, how much and in what unit, each with its citation."""

import re

from kimi_tui.embedded.figure_answer import CombinedFigure, FigureAnswer
from kimi_tui.embedded.found_figures import FoundFigure, print_amount
from kimi_tui.embedded.names import document_name, plain_words
from kimi_tui.embedded.observation_parser import parse_calculation
from kimi_tui.embedded.observed_rows import ObservedRow
from kimi_tui.embedded.turn_history import TurnHistory

_DECIMAL_COMMA = re.compile(r"\d,\d{1,2}(?!\d)")
"""A figure whose table is in another language, whose unit the check may not read: the row is quoted first."""
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?")


def lead_of(answers: list[FigureAnswer], order: int) -> str:
    """Return what is said before several figures: what the question leaves open, or their order; empty for one."""
    left_open = {one for answer in answers for one in answer.open}
    count = sum(len(one.figures) for one in answers)
    if any(one.differs for one in answers):
        return "**The sources give different figures:**"
    if order and count > 1:
        return f"**By size, the {'largest' if order > 0 else 'smallest'} first:**"
    if "whose" in left_open:
        when = ", and for when. The latest of each:" if "when" in left_open else ". Each that was found:"
        return f"**The question leaves open whose figure is meant{when}**"
    if "when" in left_open:
        return "**The question names no period. The latest in the source:**"
    return ""


def say_figure(one: FoundFigure) -> tuple[str, ...]:
    """Return a figure as a sentence; of a page's row a second way, for a check that knows no cells there."""
    if one.row is not None:
        ways = _say_row(one.row), _say_row_otherwise(one.row)
        return ways[::-1] if _DECIMAL_COMMA.search(one.value) else ways
    about = [_begin(_words(one.measure)), *map(_words, one.things), _words(one.when) or "period not stated"]
    return (f"{', '.join(filter(None, about))}: {one.printed} [{one.cite}].",)


def _words(text: str) -> str:
    return plain_words(text.replace("_", " "), 100, figures=True)


def _begin(text: str) -> str:
    return text.upper() if text in ("ebitda", "ebit", "ebt", "capex", "roce") else text[:1].upper() + text[1:]


def _say_row(row: ObservedRow) -> str:
    """Return a figure of a page's table with its row, period and document."""
    value = print_amount(row.value, row.scale, row.label)
    label, head = _words(row.label), _words(row.head.partition("(")[0])[:60]
    return f"{document_name(row.passage)}: {label}, {head or 'period not stated'}: {value} [{row.cite}]."


def _say_row_otherwise(row: ObservedRow) -> str:
    """Return the same as a quote of the whole row, with its place alone."""
    over = f' under the heads "{row.over}"' if row.over and '"' not in row.over else ""
    return f'{document_name(row.passage)}, a row of a table: "{row.line}"{over} [{row.passage.cite}].'


def say_combined(trail: TurnHistory, one: CombinedFigure) -> str:
    """Return a calculated change, sum or average as a sentence; empty when its calculation gave nothing."""
    made = [call for call in trail.all_observations if call.tool == "calculate"]
    results = [parse_calculation(call) for call in made if call.arguments.get("code") == one.code]
    found = next((result for result in results if result and _NUMBER.fullmatch(result[1])), None)
    if found is None:
        return ""
    source, result = found
    first, last = one.parts[0], one.parts[-1]
    about = ", ".join(filter(None, (_begin(_words(first.measure)), *map(_words, first.things))))
    cites = "; ".join([*dict.fromkeys(part.cite for part in one.parts), source])
    when = f"from {_words(first.when)} to {_words(last.when)}"
    if one.kind == "change" and len(one.parts) > 2:
        earlier, later = one.parts[: one.earlier], one.parts[one.earlier :]
        stretches = [f"{_words(some[0].when)} to {_words(some[-1].when)}" for some in (earlier, later)]
        return f"{about}, from the sum of {stretches[0]} to that of {stretches[1]}: a change of {result} % [{cites}]."
    if one.kind == "change":
        amounts = f"from {first.printed} in {_words(first.when)} to {last.printed} in {_words(last.when)}"
        return f"{about}, {amounts}: a change of {result} % [{cites}]."
    return f"{about}, {one.kind} {when}: {print_amount(result, first.unit, first.measure)} [{cites}]."
