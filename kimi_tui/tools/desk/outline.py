"""Find the financial statements and main sections of a document."""

import re
from collections.abc import Sequence

from kimi_tui import storage
from kimi_tui.text import one_line
from kimi_tui.tools.desk.index_store import MAX_PARTS_PER_DOCUMENT, signals_of
from kimi_tui.tools.desk.ranking import row_range
from kimi_tui.tools.desk.statements import (
    BALANCE_SHEET,
    CASH_FLOWS,
    COMPREHENSIVE_INCOME,
    EQUITY,
    INCOME_STATEMENT,
    KINDS,
)

MAX_PLACES = 8
"""Of one outline."""
_TITLE_CHARACTERS = 60
_ASKED = {
    BALANCE_SHEET: re.compile(r"(?i)balance\s+sheet|statements?\s+of\s+financial\s+(?:position|condition)"),
    CASH_FLOWS: re.compile(r"(?i)cash\s*flows?\s+statement|statements?\s+of\s+cash\s*flows?"),
    INCOME_STATEMENT: re.compile(
        r"(?i)income\s+statement|statements?\s+of\s+(?:consolidated\s+)?(?:income|operations|earnings)|p\s?&\s?l\b"
        r"|profit\s+and\s+loss"
    ),
    COMPREHENSIVE_INCOME: re.compile(r"(?i)comprehensive\s+(?:income|loss)"),
    EQUITY: re.compile(r"(?i)statements?\s+of\s+(?:changes\s+in\s+)?(?:share|stock)?holders'?\s+equity"),
}


def named_statements(question: str) -> tuple[str, ...]:
    """Return the statements that a question names itself."""
    return tuple(kind for kind in KINDS if _ASKED[kind].search(question))


def statement_rows(database: storage.Connection, span: tuple[int, int], wanted: Sequence[str]) -> list[int]:
    """Return the parts that are these statements; the document's own statements before other tables."""
    if not wanted:
        return []
    sql = "SELECT id, signals FROM texts WHERE id BETWEEN ? AND ? ORDER BY id"
    kinds = [(row, one.split(", ")) for row, packed in database.execute(sql, span) if (one := signals_of(packed).kinds)]
    own = [row for kind in wanted for row, found in kinds if kind.upper() in found]
    others = [row for kind in wanted for row, found in kinds if kind in found]
    return list(dict.fromkeys((*own, *others)))


def build_outline(database: storage.Connection, path: str) -> tuple[tuple[str, str], ...]:
    """Return a document's statements with the labels of their parts, else its sections by its contents pages."""
    found = database.execute("SELECT id FROM documents WHERE path = ?", (path,)).fetchone()
    span = row_range(int(found[0])) if found else (0, MAX_PARTS_PER_DOCUMENT)
    sql = "SELECT label, signals FROM texts WHERE id BETWEEN ? AND ? ORDER BY id"
    statements: dict[str, str] = {}
    sections: dict[str, str] = {}
    for label, packed in database.execute(sql, span):
        signals = signals_of(packed)
        for kind in filter(str.isupper, signals.kinds.split(", ")):
            statements.setdefault(kind.lower(), label)
        if signals.contents:
            sections.setdefault(one_line(signals.contents.split(" · ")[0], _TITLE_CHARACTERS), label)
    if statements:
        return tuple((kind, statements[kind]) for kind in KINDS if kind in statements)
    return tuple(sections.items())[:MAX_PLACES]
