"""Sessions and found places as rows of the library's list."""

from datetime import datetime

from kimi_tui.session import SearchHit, SessionSummary
from kimi_tui.tui import words
from kimi_tui.tui.widgets.row_list import Cell, Column, Row

COLUMNS = (
    Column("state", 15),
    Column("question"),
    Column("model", 22, least=130),
    Column("steps", 5, right=True, least=60),
    Column("calls", 5, right=True, least=100),
    Column("tokens", 7, right=True, least=70),
    Column("cost", 7, right=True, least=76),
    Column("when", 10, right=True),
)
"""The columns of the list; the least important leave first."""


def session_row(summary: SessionSummary, now: datetime, ascii: bool) -> Row:
    """One session."""
    state = summary.state
    question = summary.problem if state == "damaged" else summary.question
    return Row(
        summary.id,
        (
            Cell(f"{words.state_mark(state, ascii)} {words.state_word(state)}", words.state_tone(state)),
            Cell(question[:2_000] or "(no question yet)", "" if summary.question else "muted"),
            Cell(summary.model, "muted"),
            Cell(str(summary.steps or ""), "muted"),
            Cell(str(summary.calls or ""), "muted"),
            Cell(words.count(summary.tokens) if summary.tokens else "", "muted"),
            Cell(words.money(summary.cost), "muted"),
            Cell(words.ago(summary.updated, now), "muted"),
        ),
    )


def hit_row(number: int, hit: SearchHit, summary: SessionSummary | None) -> Row:
    """One place where the searched words stand."""
    kind = f"  {hit.source}" if hit.source else f"  {hit.kind}"
    return Row(
        f"hit {number}",
        (
            Cell(kind, "accent"),
            Cell(hit.snippet[:2_000]),
            *(Cell("") for _ in COLUMNS[2:-1]),
            Cell((summary.question if summary else hit.session)[:40], "muted"),
        ),
    )
