"""A small desk in memory that answers calls in the tools' agreed formats, so that the researcher can be driven.

Documents are searched by plain counting of words; the database is a real one in memory. Every source that an
observation names is kept, so that a memo can be checked by the real checker.
"""

import re
import sqlite3
from collections.abc import Mapping
from typing import Any

from kimi_tui.cells import Cell
from kimi_tui.evidence.memo_check import check_memo
from kimi_tui.evidence.source_lookup import InMemorySources
from kimi_tui.sources import Part, Source, SourceRef
from kimi_tui.tools.text.row_cells import RowCells, Shown, heading_of, number_in

Document = tuple[str, tuple[Part, ...]]
"""Title and parts."""

TOOLS = {
    "search_documents": ("query", "limit"),
    "read": ("source", "parts"),
    "find_in": ("source", "text", "limit"),
    "query_database": ("database", "sql", "limit"),
    "calculate": ("code",),
    "update_plan": ("steps", "note"),
    "submit_memo": ("title", "memo", "final"),
}
"""The tools that are offered, with their parameters."""


def declared(names: tuple[str, ...] = tuple(TOOLS)) -> list[dict[str, Any]]:
    """Tools as a request declares them."""
    return [
        {
            "type": "function",
            "function": {
                "name": name,
                "parameters": {"type": "object", "properties": {key: {} for key in TOOLS.get(name, ("query",))}},
            },
        }
        for name in names
    ]


class Desk:
    """Documents and one database; every call is answered with the text that the model would read."""

    def __init__(self, documents: Mapping[str, Document], statements: tuple[str, ...] = ()) -> None:
        self.documents = documents
        self.database: sqlite3.Connection | None = None
        if statements:
            self.database = sqlite3.connect(":memory:")
            for statement in statements:
                self.database.execute(statement)
        self.sources: dict[str, Source] = {}
        self.cells: dict[str, tuple[Cell, ...]] = {}
        self.calls: list[tuple[str, dict[str, Any]]] = []
        self.memos: list[tuple[str, str]] = []
        self.shown: list[str] = []

    def close(self) -> None:
        """Close the database."""
        if self.database is not None:
            self.database.close()

    def lookup(self) -> InMemorySources:
        """The sources with the cells of the queries."""
        return InMemorySources(self.sources, self.cells)

    def answer(self, tool: str, arguments: dict[str, Any]) -> str:
        """The observation of one call."""
        self.calls.append((tool, arguments))
        unknown = set(arguments) - set(TOOLS[tool])
        assert not unknown, f"{tool} has no parameter {unknown}"
        text: str = getattr(self, f"_{tool}")(**arguments)
        self.shown.append(text)
        return text

    def _keep(self, address: str, title: str, parts: tuple[Part, ...], kind: Any = "document") -> str:
        for source in self.sources.values():
            if source.ref.address == address:
                return source.ref.id
        source_id = f"S{len(self.sources) + 1}"
        ref = SourceRef(source_id, "0" * 64, title, address, "text/plain", kind, "2026-01-01T00:00:00Z", len(parts))
        self.sources[source_id] = Source(ref, parts)
        return source_id

    def _search_documents(self, query: str = "", limit: int = 8) -> str:
        if not query:
            lines = [f"- {path} · PDF · {len(parts)} pages" for path, (_, parts) in self.documents.items()]
            lines += ["- figures.sqlite · SQLite database"] if self.database else []
            return "\n".join([f"{len(lines)} documents on the desk.", *lines])
        wanted = re.findall(r"\w+", query.lower())
        scored = []
        for path, (title, parts) in self.documents.items():
            for part in parts:
                words = re.findall(r"\w+", part.text.lower())
                if score := sum(words.count(word) for word in wanted):
                    scored.append((-score, path, title, part))
        scored.sort(key=lambda one: one[:2])
        lines = [f'{len(scored[:limit])} results for "{query}" in {len(self.documents)} documents on the desk.']
        for _, path, title, part in scored[:limit]:
            source = self._keep(path, title, self.documents[path][1])
            lines += [f"[{source} {part.label}] {title} ({path})", f"    …{' '.join(part.text.split())[:300]}…"]
        return "\n".join(lines)

    def _read(self, source: str, parts: str = "") -> str:
        if source in self.documents:
            title, all_parts = self.documents[source]
            source = self._keep(source, title, all_parts)
        stored = self.sources.get(source)
        if stored is None:
            return f"There is no source {source}."
        numbers = [int(number) for number in re.findall(r"\d+", parts)] or [1, 3]
        shown = stored.parts[numbers[0] - 1 : numbers[-1]]
        if not shown:
            return f"{source} has no part {parts}."
        pages = f"pages {numbers[0]}-{numbers[-1]} of {len(stored.parts)}"
        lines = [f"[{source}] {stored.ref.title} · {pages} ({stored.ref.address})"]
        for part in shown:
            lines += [f"--- [{source} {part.label}] ---", part.text]
        return "\n".join(lines)

    def _find_in(self, source: str, text: str, limit: int = 10) -> str:
        stored = self.sources[source]
        found = [part for part in stored.parts if text.lower() in part.text.lower()]
        if not found:
            return f'No matches for "{text}" in [{source}] {stored.ref.title}.'
        lines = [f'{len(found)} matches for "{text}" in [{source}] {stored.ref.title}.']
        for part in found[:limit]:
            at = part.text.lower().index(text.lower())
            lines.append(f"[{source} {part.label}] …{' '.join(part.text[max(at - 60, 0) : at + 90].split())}…")
        return "\n".join(lines)

    def _query_database(self, database: str = "", sql: str = "", limit: int = 100) -> str:
        assert self.database is not None
        if not database:
            return "1 databases on the desk.\n- figures.sqlite · SQLite database · 8,192 bytes"
        if not sql:
            return (
                "1 tables in figures.sqlite.\n- table quarterly, 12 rows: company TEXT; year INTEGER; quarter TEXT; "
                "revenue_eur_m REAL; operating_margin_pct REAL"
            )
        try:
            cursor = self.database.execute(sql)
        except sqlite3.Error as error:
            return f"The query of figures.sqlite failed: {error}."
        columns = " | ".join(column[0] for column in cursor.description)
        values = cursor.fetchmany(limit)
        rows = [" | ".join("NULL" if value is None else str(value) for value in row) for row in values]
        numbered = "\n".join(f"row {number}: {row}" for number, row in enumerate(rows, 1))
        part = Part(f"rows 1-{len(rows)}", f"{columns}\n{numbered}")
        source = self._keep(f"figures.sqlite: {sql}", "figures.sqlite", (part,), "query")
        makes = RowCells("query", [heading_of(column[0]) for column in cursor.description])
        shown = [[Shown(str(value), number_in(str(value)), 0, 0) for value in row] for row in values]
        self.cells[source] = tuple(
            cell for number, row in enumerate(shown, 1) for cell in makes.of_row(part.label, number, row)
        )
        return "\n".join([f"[{source}] {len(rows)} rows from figures.sqlite", columns, *rows])

    def _calculate(self, code: str) -> str:
        assert re.fullmatch(r"[round()abs\d\s.,*/+-]+", code), code
        result = eval(code, {"__builtins__": {}}, {"round": round, "abs": abs})
        source = self._keep(code, code, (Part("result", f"{code} = {result}"),), "calculation")
        return f"[{source}] {result}"

    def _update_plan(self, steps: list[dict[str, str]], note: str = "") -> str:
        done = sum(step["state"] == "done" for step in steps)
        return f"Plan noted: {done} of {len(steps)} done."

    def _submit_memo(self, title: str, memo: str, final: bool = False) -> str:
        self.memos.append((title, memo))
        checked = check_memo(title, memo, self.lookup())
        if checked.problems and not final:
            listed = "\n".join(f"- {problem}" for problem in checked.problems)
            return f"{len(checked.problems)} problems; mend them and submit again, or submit with final=true:\n{listed}"
        return "The memo is accepted."
