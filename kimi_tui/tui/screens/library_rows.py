"""Build the rows of the library's list, and the preview of one session."""

from collections.abc import Iterable, Sequence
from datetime import datetime

import msgspec

from kimi_tui.evidence.memo import findings_in_words
from kimi_tui.session import SearchHit, SessionPreview, SessionSummary
from kimi_tui.text import count_noun, one_line
from kimi_tui.tui import formatting
from kimi_tui.tui.widgets.row_list import ListCell, ListColumn, ListRow
from kimi_tui.tui.widgets.side_panel import STEP_MARKS
from kimi_tui.tui.widgets.text_view import TextPassage

COLUMNS = (
    ListColumn("state", 15),
    ListColumn("question"),
    ListColumn("model", 22, min_list_width=150),
    ListColumn("steps", 5, right=True, min_list_width=60),
    ListColumn("calls", 5, right=True, min_list_width=100),
    ListColumn("tokens", 7, right=True, min_list_width=90),
    ListColumn("cost", 9, right=True, min_list_width=76, sparse=True),
    ListColumn("when", 10, right=True),
)
"""The columns of the list; the least important leave first."""


FOUND_COLUMNS = (ListColumn("where", 15), ListColumn("what"), ListColumn("session", 26, min_list_width=70))
"""The columns of the list while a search has found places in sessions."""
LEAD_CHARS = 10
"""Characters that are shown of a place before the first searched word."""


def build_session_rows(groups: Iterable[tuple[str, list[SessionSummary]]], now: datetime, ascii: bool) -> list[ListRow]:
    """Sessions under their headings."""
    rows: list[ListRow] = []
    for heading, sessions in groups:
        if heading:
            rows += [ListRow(f"blank {heading}", (ListCell(""),), heading=True)] if rows else []
            rows.append(ListRow(f"heading {heading}", (ListCell(heading, "strong"),), heading=True))
        rows += [build_session_row(summary, now, ascii) for summary in sessions]
    return rows


def build_session_row(summary: SessionSummary, now: datetime, ascii: bool) -> ListRow:
    """One session."""
    state = summary.state
    question = summary.name or (summary.problem if state == "damaged" else summary.question)
    return ListRow(
        summary.id,
        (
            _state_cell(summary, ascii),
            ListCell(question[:2_000] or "(no question yet)", "" if summary.question or summary.name else "muted"),
            ListCell(summary.model, "muted"),
            ListCell(str(summary.steps or ""), "muted"),
            ListCell(str(summary.calls or ""), "muted"),
            ListCell(formatting.format_count(summary.tokens) if summary.tokens else "", "muted"),
            ListCell(formatting.format_cost(summary.cost), "muted"),
            ListCell(formatting.format_age(summary.updated, now), "muted"),
        ),
    )


def _state_cell(summary: SessionSummary, ascii: bool) -> ListCell:
    """Return the state of a session, or what keeps it from going on in any state."""
    if summary.waits_for_storage:
        return ListCell(f"{formatting.state_mark('failed', ascii)} no storage", formatting.state_tone("failed"))
    state = summary.state
    return ListCell(
        f"{formatting.state_mark(state, ascii)} {formatting.state_word(state)}", formatting.state_tone(state)
    )


def build_hit_row(number: int, hit: SearchHit, summary: SessionSummary | None, words_wanted: Sequence[str]) -> ListRow:
    """Return the row of one search hit, from shortly before its first match on."""
    kind = f"  {hit.source} {hit.part}" if hit.source else f"  {hit.kind}"
    return ListRow(
        f"hit {number}",
        (
            ListCell(kind, "accent"),
            ListCell(_start_near_match(hit.snippet[:2_000], words_wanted), found=True),
            ListCell(((summary.name or summary.question) if summary else hit.session)[:200], "muted"),
        ),
    )


def _start_near_match(snippet: str, words_wanted: Sequence[str]) -> str:
    """Return a snippet that begins so near to a searched word that a narrow column shows it."""
    low = snippet.casefold()
    starts = [at for word in words_wanted if (at := low.find(word.casefold())) >= 0]
    start = min(starts, default=0) - LEAD_CHARS
    return f"…{snippet[start:].lstrip()}" if start > 0 else snippet


def shorten_session_row(row: ListRow) -> ListRow:
    """Return a session's row among the places that a search has found: its state, its question and when."""
    return row if row.heading else msgspec.structs.replace(row, cells=(*row.cells[:2], row.cells[-1]))


def build_preview_passages(
    summary: SessionSummary, glance: SessionPreview | None, now: datetime, ascii: bool
) -> list[TextPassage]:
    """Return the preview of a session: question, state, latest events and the beginning of its memo."""
    figures = [
        formatting.state_word(summary.state),
        count_noun(summary.steps, "step"),
        count_noun(summary.calls, "call"),
        f"{formatting.format_count(summary.tokens)} tokens",
        formatting.format_cost(summary.cost),
        formatting.format_age(summary.updated, now),
    ]
    about = " · ".join(figure for figure in figures if figure)
    where = " · ".join(part for part in (summary.model, summary.desk, summary.id) if part)
    passages = [
        TextPassage(
            one_line(summary.name or summary.question, 400) or summary.id,
            formatting.replace_non_ascii_signs(f"{about}\n{where}", ascii),
        )
    ]
    if glance is None:
        return passages if not summary.problem else [*passages, TextPassage("Problem", summary.problem)]
    asked = glance.questions if summary.name else glance.questions[1:]
    marks = tuple(
        f"{STEP_MARKS.get(step.state, STEP_MARKS['open'])[ascii]} {one_line(step.text, 200)}" for step in glance.plan
    )
    found = findings_in_words(glance.findings)
    title = " · ".join(part for part in (f"Memo: {one_line(glance.memo_title, 200)}", found) if part)
    memo = TextPassage(formatting.replace_non_ascii_signs(title, ascii), glance.memo, markdown=True)
    parts = (
        ("Waits for you", glance.waiting),
        ("Asked" if summary.name else "Then asked", asked),
        ("Plan", () if glance.memo else marks),
        ("Last", () if glance.memo else glance.last),
    )
    passages += [TextPassage(heading, "\n".join(lines)) for heading, lines in parts if lines]
    return [*passages, memo] if glance.memo else passages
