"""A finished session whose memo was checked against a page with a table: figures, quotes, and what is wrong."""

import msgspec

from kimi_tui import events
from kimi_tui.cells import Cell
from kimi_tui.evidence.judge_questions import find_judge_questions
from kimi_tui.evidence.judged_memo import apply_judgements
from kimi_tui.evidence.memo_check import check_memo
from kimi_tui.evidence.source_lookup import InMemorySources
from kimi_tui.sources import Part, Source
from tests.tui.sessions import MemorySession, opened, source

ROWS = (("Revenues", "46,309", "51,362"), ("Gross profit", "19,790", "22,887"), ("Net income", "3,219", "5,700"))
YEARS = (("2025", "2024-06-01", "2025-05-31"), ("2024", "2023-06-01", "2024-05-31"))
PROSE = "Management says that demand for running shoes\nweakened in every region during the second half."

MEMO = """## What happened

Revenues were $46,309 million in fiscal 2025 [S1 p.2 "Revenues" 2025].

Management says that "demand for running shoes weakened in every region" [S1 p.3].

- Net income was $5,700 million in fiscal 2025 [S1 p.2 "Net income" 2025].
- Gross profit was $19,790 million in fiscal 2025 [S1 p.2 "Gross profit" 2025].

The brand remains strong [S1 p.1].

Margins will recover next year.

As the code says, `[S1 p.1]` is not drawn as a citation.
"""
"""Seven statements; the third is contradicted, the last three are not checked."""


TABLES = """## Results

| USD million | 2024 | 2025 |
|---|---:|---:|
| Revenues | 51,362 | 46,309 [S1 p.2 "Revenues"] |
| Gross profit | 22,887 | 19,790 [S1 p.2 "Gross profit"] |
| Net income | 5,700 | n/a [S1 p.2 "Net income"] |
| Headcount | 83,700 | 79,400 |

## Opinions

| Topic | Score |
|---|---:|
| Brand | 7.5 |
| Stores | 6.1 |
"""
"""The first table has a chart but for its last row, the second one has none."""


def table_page() -> tuple[str, tuple[Cell, ...]]:
    """The text of a page with a table far down, and its cells."""
    text = "\n".join(f"Note {number} to the statements of income." for number in range(1, 41))
    text += "\n(in millions)          2025      2024\n"
    cells = []
    for number, (label, *shown) in enumerate(ROWS, 1):
        text += label.ljust(20)
        for column, (figure, (header, first, last)) in enumerate(zip(shown, YEARS, strict=True), 1):
            text += "  "
            about = {"period_start": first, "period_end": last, "row": label, "column": header, "entity": "ACME CORP"}
            at = {"row_number": number, "column_number": column, "table": 1, "scale": 6, "unit": "USD"}
            value = figure.replace(",", "")
            cells.append(
                msgspec.convert(
                    {"part": "p.2", "start": len(text), "end": len(text) + len(figure), "text": figure}
                    | {"value": value, "origin": "grid", **about, **at},
                    Cell,
                )
            )
            text += figure.ljust(8)
        text = text.rstrip() + "\n"
    return text + "\n".join(f"Further note {number}." for number in range(1, 41)), tuple(cells)


def filing() -> tuple[Source, tuple[Cell, ...]]:
    """The source that the memo cites."""
    text, cells = table_page()
    parts = (Part("p.1", "ACME CORP makes shoes. The brand is old."), Part("p.2", text), Part("p.3", PROSE))
    return source(1, "Annual report of Acme", *parts), cells


def cited_session(
    memo: str = MEMO, session_id: str = "s1", *, stored: bool = True, judged: tuple[str, ...] = ()
) -> MemorySession:
    """The session; with `stored` false the text of its source is gone since, and `judged` are a judge's words."""
    kept, cells = filing()
    session = MemorySession(session_id, sources=(kept,) if stored else ())
    sources = InMemorySources({"S1": kept}, {"S1": cells})
    checked = check_memo("Acme in 2025", memo, sources)
    if judged:
        asked = find_judge_questions(checked, sources).questions[0]
        said = events.StatementJudged(asked.sentence, asked.material, "supported", judged)
        checked = apply_judgements(checked, sources, {asked.material: said})
    session.record(
        opened(),
        events.QuestionAsked("How did Acme do in 2025?"),
        events.StepStarted(1, "", 900),
        events.ToolCallProposed("c1", "read", {"source": "S1"}, "{}"),
        events.ToolCallStarted("c1"),
        events.ObservationRecorded("c1", "ok", "Read.", (kept.ref,)),
        events.TurnFinished("answered", {"kind": "memo", **msgspec.to_builtins(checked)}),
    )
    return session
