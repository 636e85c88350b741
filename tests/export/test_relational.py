"""A session as plain tables."""

import sqlite3
from contextlib import closing
from pathlib import Path

from kimi_tui.export.file_writer import write_export
from kimi_tui.journal.reader import JournalReader
from tests.story import write_story


def test_relational_export_has_calls_sources_statements_and_text_search(tmp_path: Path) -> None:
    with closing(write_story(tmp_path / "story")) as journal, closing(JournalReader(journal.path)) as reader:
        path = write_export(reader, "sqlite", tmp_path / "session.sqlite")
    with closing(sqlite3.connect(path)) as database:

        def ask(sql: str) -> list[tuple[object, ...]]:
            return database.execute(sql).fetchall()

        assert ask("select question, steps, tokens from sessions") == [("What was revenue?", 3, 660)]
        assert len(ask("select * from calls where state = 'done'")) == 5
        assert ask("select id, kind from sources") == [("S1", "document")]
        assert ask("select finding, checked_by from statements") == [("supported", "quote")]
        assert ask("select statement, finding, sources from citations") == [(0, "supported", "S1")]
        assert ask("select rowid from parts_fts where parts_fts match 'revenue'")
        assert ask("pragma foreign_key_check") == []
