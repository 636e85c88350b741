"""Sessions and found places as rows of the library's list, and a look at one session as passages to read."""

from collections.abc import Iterable, Sequence
from datetime import datetime

import msgspec

from kimi_tui.evidence.memo import findings_in_words
from kimi_tui.session import SearchHit, SessionPreview, SessionSummary
from kimi_tui.text import one_line
from kimi_tui.tui import words
from kimi_tui.tui.widgets.row_list import Cell, Column, Row
from kimi_tui.tui.widgets.side_panel import STEP_MARKS
from kimi_tui.tui.widgets.text_view import Passage

COLUMNS = (
    Column("state", 15),
    Column("question"),
    Column("model", 22, least=150),
    Column("steps", 5, right=True, least=60),
    Column("calls", 5, right=True, least=100),
    Column("tokens", 7, right=True, least=90),
    Column("cost", 9, right=True, least=76, sparse=True),
    Column("when", 10, right=True),
)
"""The columns of the list; the least important leave first."""


FOUND_COLUMNS = (Column("where", 15), Column("what"), Column("session", 26, least=70))
"""The columns of the list while a search has found places in sessions."""
LEAD = 10
"""Characters that are shown of a place before the first searched word."""


def session_rows(groups: Iterable[tuple[str, list[SessionSummary]]], now: datetime, ascii: bool) -> list[Row]:
    """Sessions under their headings."""
    rows: list[Row] = []
    for heading, sessions in groups:
        if heading:
            rows += [Row(f"blank {heading}", (Cell(""),), heading=True)] if rows else []
            rows.append(Row(f"heading {heading}", (Cell(heading, "strong"),), heading=True))
        rows += [session_row(summary, now, ascii) for summary in sessions]
    return rows


def session_row(summary: SessionSummary, now: datetime, ascii: bool) -> Row:
    """One session."""
    state = summary.state
    question = summary.name or (summary.problem if state == "damaged" else summary.question)
    return Row(
        summary.id,
        (
            _state_cell(summary, ascii),
            Cell(question[:2_000] or "(no question yet)", "" if summary.question or summary.name else "muted"),
            Cell(summary.model, "muted"),
            Cell(str(summary.steps or ""), "muted"),
            Cell(str(summary.calls or ""), "muted"),
            Cell(words.count(summary.tokens) if summary.tokens else "", "muted"),
            Cell(words.money(summary.cost), "muted"),
            Cell(words.ago(summary.updated, now), "muted"),
        ),
    )


def _state_cell(summary: SessionSummary, ascii: bool) -> Cell:
    """The state of a session, or what keeps it from going on in any state."""
    if summary.waits_for_storage:
        return Cell(f"{words.state_mark('failed', ascii)} no storage", words.state_tone("failed"))
    state = summary.state
    return Cell(f"{words.state_mark(state, ascii)} {words.state_word(state)}", words.state_tone(state))


def hit_row(number: int, hit: SearchHit, summary: SessionSummary | None, words_wanted: Sequence[str]) -> Row:
    """One place where the searched words stand, from shortly before the first of them on."""
    kind = f"  {hit.source} {hit.part}" if hit.source else f"  {hit.kind}"
    return Row(
        f"hit {number}",
        (
            Cell(kind, "accent"),
            Cell(_from_first(hit.snippet[:2_000], words_wanted), found=True),
            Cell(((summary.name or summary.question) if summary else hit.session)[:200], "muted"),
        ),
    )


def _from_first(snippet: str, words_wanted: Sequence[str]) -> str:
    """A snippet that begins so near to a searched word that a narrow column shows it."""
    low = snippet.casefold()
    starts = [at for word in words_wanted if (at := low.find(word.casefold())) >= 0]
    start = min(starts, default=0) - LEAD
    return f"…{snippet[start:].lstrip()}" if start > 0 else snippet


def beside_hits(row: Row) -> Row:
    """A session's row among the places that a search has found: its state, its question and when."""
    return row if row.heading else msgspec.structs.replace(row, cells=(*row.cells[:2], row.cells[-1]))


def glance_passages(
    summary: SessionSummary, glance: SessionPreview | None, now: datetime, ascii: bool
) -> list[Passage]:
    """A look at a session: what was asked, where it stands, what happened last, how its memo begins."""
    figures = [
        words.state_word(summary.state),
        f"{summary.steps} steps",
        f"{summary.calls} calls",
        f"{words.count(summary.tokens)} tokens",
        words.money(summary.cost),
        words.ago(summary.updated, now),
    ]
    about = " · ".join(figure for figure in figures if figure)
    where = " · ".join(part for part in (summary.model, summary.desk, summary.id) if part)
    passages = [
        Passage(one_line(summary.name or summary.question, 400) or summary.id, words.signs(f"{about}\n{where}", ascii))
    ]
    if glance is None:
        return passages if not summary.problem else [*passages, Passage("Problem", summary.problem)]
    asked = glance.questions if summary.name else glance.questions[1:]
    marks = tuple(
        f"{STEP_MARKS.get(step.state, STEP_MARKS['open'])[ascii]} {one_line(step.text, 200)}" for step in glance.plan
    )
    found = findings_in_words(glance.findings)
    title = " · ".join(part for part in (f"Memo: {one_line(glance.memo_title, 200)}", found) if part)
    memo = Passage(words.signs(title, ascii), glance.memo, markdown=True)
    parts = (
        ("Waits for you", glance.waiting),
        ("Asked" if summary.name else "Then asked", asked),
        ("Plan", () if glance.memo else marks),
        ("Last", () if glance.memo else glance.last),
    )
    passages += [Passage(heading, "\n".join(lines)) for heading, lines in parts if lines]
    return [*passages, memo] if glance.memo else passages
