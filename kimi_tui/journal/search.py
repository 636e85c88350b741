"""Search all sessions as a person types: files stay open between two searches, and the newest comes first.

A later search ends an earlier one that still runs, so that a word that is typed quickly costs little more than its
last letter. What is kept here can be closed at any time: it holds nothing that is not in the files.
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import closing, suppress

from kimi_tui.journal import full_text_index
from kimi_tui.journal.reader import JournalReader
from kimi_tui.journal.session_store import SessionFiles, SessionStore
from kimi_tui.journal.writer import JOURNAL_NAME
from kimi_tui.session import SearchHit, SearchQuery, SessionError
from kimi_tui.storage import connect_nothing

MAX_OPEN_FILES = 96
"""Files that stay open; a system may allow a program no more than 256."""
MAX_HITS_PER_SESSION = 5
"""Places of one session while all are searched: the person opens it to see the others."""


class SessionSearcher:
    """Search the sessions of one store."""

    def __init__(self, shelf: SessionStore) -> None:
        self._shelf = shelf
        self._turn = threading.Lock()
        self._latest = 0
        self._kept: dict[str, tuple[int, JournalReader]] = {}

    def search(self, text: str, session: str = "", limit: int = 200) -> list[SearchHit]:
        """Return matches of all words, the latest written session first; damaged sessions are skipped."""
        self._latest += 1
        mine, query = self._latest, SearchQuery.parse(text)
        with self._turn:
            found: list[SearchHit] = []
            for reader in self._matching_readers(session, query, lambda: mine != self._latest):
                if mine != self._latest or len(found) >= limit:
                    break
                most, best = (limit, True) if session else (MAX_HITS_PER_SESSION, False)
                with suppress(SessionError):
                    found += reader.search(query, most, best=best, outdated=lambda: mine != self._latest)
            return found[:limit]

    def close(self) -> None:
        """Close every file."""
        with self._turn:
            for _, reader in self._kept.values():
                reader.close()
            self._kept.clear()

    def _matching_readers(
        self, session: str, query: SearchQuery, outdated: Callable[[], bool]
    ) -> Iterator[JournalReader]:
        """Yield a reader of each session that may match; at most `MAX_OPEN_FILES` stay open."""
        listing = [] if session else self._shelf.list_files()
        names = [session] if session else [listed.session for listed in listing]
        for gone in set(self._kept) - set(names) if not session else ():
            self._kept.pop(gone)[1].close()
        for name in names if session else self._candidates(listing, query, outdated):
            with suppress(SessionError, OSError):
                path = self._shelf.path(name)
                file = path.stat().st_ino
                if name in self._kept and self._kept[name][0] != file:  # another file has taken its place
                    self._kept.pop(name)[1].close()
                if name in self._kept:
                    yield self._kept[name][1]
                    continue
                reader = JournalReader(path)
                if len(self._kept) < MAX_OPEN_FILES:
                    self._kept[name] = file, reader
                    yield reader
                    continue
                try:
                    yield reader
                finally:
                    reader.close()

    def _candidates(
        self, listing: list[SessionFiles], query: SearchQuery, outdated: Callable[[], bool]
    ) -> Iterator[str]:
        """Yield the sessions that may match, in their order, without opening the others."""
        expression = full_text_index.match_expression(query.words)
        with closing(connect_nothing()) as looking:
            for listed in listing:
                if outdated():
                    return
                path = f"{self._shelf.folder}/{listed.session}/{JOURNAL_NAME}"
                can_look = listed.session not in self._kept and listed.is_at_rest and expression
                if not can_look or full_text_index.may_match(looking, path, expression):
                    yield listed.session
