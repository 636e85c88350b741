"""Sessions to search in, and one search, for the tests of searching."""

from contextlib import closing

from kimi_tui.events import (
    Effect,
    MessageRecorded,
    ObservationRecorded,
    QuestionAsked,
    ReasoningRecorded,
    Status,
    ToolCallProposed,
)
from kimi_tui.journal.reader import JournalReader
from kimi_tui.journal.session_store import SessionStore
from kimi_tui.journal.writer import JournalWriter
from kimi_tui.session import SearchHit


def found(journal: JournalWriter, query: str) -> list[SearchHit]:
    """Return the entries that a reader finds."""
    with closing(JournalReader(journal.path)) as reader:
        return reader.search(query)


def recorded(shelf: SessionStore, word: str = "kumquat") -> str:
    """A session of three steps: a page that was opened, a document that could not be read, a message."""
    with closing(shelf.create()) as journal:
        journal.append([QuestionAsked(f"Where is the {word}?")], turn=1, step=0)
        calls: list[tuple[str, str, Status]] = [("open_page", "www.sec.gov", "ok"), ("read", "notes.txt", "error")]
        for step, (tool, target, status) in enumerate(calls, 1):
            effects = (Effect("network" if step == 1 else "read", target),)
            proposed = ToolCallProposed(f"c{step}", tool, {"about": word}, "", f"Look at {target}", effects)
            observed = ObservationRecorded(f"c{step}", status, f"a {word}")
            journal.append([ReasoningRecorded(f"The {word} may be there."), proposed, observed], turn=1, step=step)
        journal.append([MessageRecorded(f"No {word} anywhere.")], turn=1, step=3)
        return journal.session
