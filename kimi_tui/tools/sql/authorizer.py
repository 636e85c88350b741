"""SQLite authorizer that denies every action except reading, and records what was read."""

import re
import sqlite3

from kimi_tui.text import one_line

_FUNCTIONS = re.compile(
    r"abs|avg|ceil|ceiling|char|coalesce|concat|concat_ws|count|cume_dist|date|datetime|degrees|dense_rank|exp"
    r"|first_value|floor|format|glob|group_concat|hex|ifnull|iif|instr|json|json_array|json_array_length|json_each"
    r"|json_extract|json_group_array|json_group_object|json_object|json_quote|json_type|json_valid|julianday|lag"
    r"|last_value|lead|length|like|likelihood|likely|ln|log|log10|log2|lower|ltrim|max|min|mod|nth_value|ntile|nullif"
    r"|octet_length|percent_rank|pi|pow|power|printf|quote|radians|rank|replace|round|row_number|rtrim|sign|soundex"
    r"|sqrt|strftime|string_agg|substr|substring|sum|time|timediff|total|trim|trunc|typeof|unhex|unicode|unixepoch"
    r"|unlikely|upper|->|->>|match|bm25|highlight|snippet"
)
"""The functions that a statement may use: none of them reads anything but its arguments."""
_SCHEMA_TABLES = frozenset({"sqlite_master", "sqlite_schema", "sqlite_sequence", "sqlite_stat1"})
_ACTIONS = {
    sqlite3.SQLITE_ATTACH: "ATTACH",
    sqlite3.SQLITE_CREATE_TABLE: "CREATE TABLE",
    sqlite3.SQLITE_CREATE_TEMP_TABLE: "CREATE TABLE",
    sqlite3.SQLITE_CREATE_VIEW: "CREATE VIEW",
    sqlite3.SQLITE_DELETE: "DELETE",
    sqlite3.SQLITE_DROP_TABLE: "DROP TABLE",
    sqlite3.SQLITE_INSERT: "INSERT",
    sqlite3.SQLITE_PRAGMA: "PRAGMA",
    sqlite3.SQLITE_TRANSACTION: "a transaction",
    sqlite3.SQLITE_UPDATE: "UPDATE",
}


class ReadOnlyAuthorizer:
    """Denies every action but reading, and remembers the first that it denied."""

    def __init__(self) -> None:
        self.denied = ""
        """What was denied, in words; empty when nothing was."""
        self.functions: set[str] = set()
        """The functions of the statement, in lower case."""
        self.columns: set[tuple[str, str]] = set()
        """Table and column of everything that the statement reads, in lower case."""

    def __call__(self, action: int, first: str | None, second: str | None, *_: str | None) -> int:
        """SQLite's question for each thing that a statement would do."""
        if action in (sqlite3.SQLITE_SELECT, sqlite3.SQLITE_RECURSIVE):
            return sqlite3.SQLITE_OK
        if action == sqlite3.SQLITE_READ and self._readable((first or "").lower()):
            self.columns.add(((first or "").lower(), (second or "").lower()))
            return sqlite3.SQLITE_OK
        if action == sqlite3.SQLITE_FUNCTION and _FUNCTIONS.fullmatch((second or "").lower()):
            self.functions.add((second or "").lower())
            return sqlite3.SQLITE_OK
        if action == sqlite3.SQLITE_PRAGMA and (first, second) == ("data_version", None):
            return sqlite3.SQLITE_OK  # asked by a full-text table before each search
        self.denied = self.denied or self._words(action, first, second)
        return sqlite3.SQLITE_DENY

    @staticmethod
    def _readable(table: str) -> bool:
        return table in _SCHEMA_TABLES or not table.startswith(("sqlite_", "pragma_", "dbstat"))

    @staticmethod
    def _words(action: int, first: str | None, second: str | None) -> str:
        if action == sqlite3.SQLITE_FUNCTION:
            return f"the function {one_line(second or '', 60)}()"
        if action == sqlite3.SQLITE_READ:
            return f"reading {one_line(first or '', 60)}"
        return _ACTIONS.get(action, "that statement")
