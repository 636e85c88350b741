"""Find, create and remove sessions: `HOME/sessions/ID/`, one folder each, so that damage is confined to one."""

import hashlib
import os
import secrets
import shutil
import time
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from kimi_tui.journal.labels import LABEL_NAME, Label, read_label, write_label
from kimi_tui.journal.lock import SessionBusy, WriterLock, is_waiting_for_storage, lock_holder
from kimi_tui.journal.reader import JournalReader
from kimi_tui.journal.trash import Trash
from kimi_tui.journal.writer import JOURNAL_NAME, LOCK_NAME, JournalWriter, now_text
from kimi_tui.session import SessionError

FileStamp = tuple[int, int, int]
"""A file's inode, its size, and when it was written last in nanoseconds."""
_LOG_NAME = f"{JOURNAL_NAME}-wal"
_NEW_FILE_SECONDS = 10.0
_ID_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"


class SessionStore:
    """Find, create and remove session folders."""

    def __init__(self, home: Path) -> None:
        self.home = home
        """The data folder."""
        self.folder = home / "sessions"
        """Holds one folder for each session."""
        self.log_path = home / "runner.log"
        """Where processes that work on sessions write what went wrong."""
        self.trash = Trash(home)
        """Deleted sessions."""

    def create(self, session: str = "") -> JournalWriter:
        """Create a session and return its writer; one of a given id may be there already.

        Raises `SessionError` when the data folder cannot be written, and `SessionBusy` when a process has the session.
        """
        is_new = not session
        session = session or _new_id()
        self._make_folder()
        folder = self._session_folder(session)
        try:
            return JournalWriter(folder, session)
        except SessionError:
            if is_new:
                shutil.rmtree(folder, ignore_errors=True)  # nothing was ever recorded in it
            raise

    def _make_folder(self) -> None:
        try:
            self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        except OSError as error:
            raise SessionError(
                f"the data folder {self.home} cannot be written ({error.strerror}); "
                "make it writable, or point KIMI_TUI_HOME at another one"
            ) from None

    def is_being_created(self, session: str) -> bool:
        """Return whether a session's file is just being made: a process holds it, or it is a few seconds old."""
        with suppress(OSError):
            age = time.time() - self.path(session).stat().st_mtime
            return age < _NEW_FILE_SECONDS or self.holder(session) is not None
        return True

    def ids(self) -> list[str]:
        """Return every session's id, the latest written first; raises `SessionError` when the folder is unreadable."""
        return [listed.session for listed in self.list_files()]

    def list_files(self) -> "list[SessionFiles]":
        """Return every session with the facts from its files, the latest written first; raises `SessionError`.

        It costs some microseconds a session: nothing is opened.
        """
        try:
            with os.scandir(self.folder) as entries:
                found = [listed for entry in entries if (listed := _files_of(entry.path, entry.name)) is not None]
        except FileNotFoundError:
            return []
        except OSError as error:
            raise SessionError(
                f"the folder of sessions {self.folder} cannot be read ({error.strerror}); "
                "fix it, or point KIMI_TUI_HOME at another data folder: nothing in it was changed"
            ) from None
        return sorted(found, key=lambda listed: listed.written, reverse=True)

    def resolve_id(self, name: str) -> str:
        """Return the id for an id, its unambiguous beginning or end, or `last`; raises `SessionError`."""
        ids = self.ids()
        if name == "last" and ids:
            return ids[0]
        if name in ids:
            return name
        near = [session for session in ids if name and (session.startswith(name) or session.endswith(name))]
        if len(near) == 1:
            return near[0]
        if near:
            raise SessionError(f"{name!r} fits {len(near)} sessions: {', '.join(near[:5])}; give more of the id")
        raise SessionError(f"there is no session {name!r}; `kimi-tui sessions` lists them")

    def path(self, session: str) -> Path:
        """Return the session's file; raises `SessionError` for an impossible id."""
        return self._session_folder(session) / JOURNAL_NAME

    def lock_path(self, session: str) -> Path:
        """The session's writer lock."""
        return self._session_folder(session) / LOCK_NAME

    def open_reader(self, session: str) -> JournalReader:
        """Open a reader of the session; raises `SessionError`."""
        return JournalReader(self.path(session))

    def open_writer(self, session: str) -> JournalWriter:
        """Open the session's writer; raises `SessionBusy` when a process has it."""
        self._require(session)
        return JournalWriter(self._session_folder(session), session)

    def holder(self, session: str) -> int | None:
        """The pid of the process that works on the session, 0 if unknown, None for none."""
        return lock_holder(self.lock_path(session))

    def is_waiting(self, session: str) -> bool:
        """Return whether the process that works on the session waits for storage."""
        return is_waiting_for_storage(self._session_folder(session))

    def running_ids(self) -> list[str]:
        """Return the ids of all sessions that a process works on; raises `SessionError`."""
        return [session for session in self.ids() if self.holder(session) is not None]

    def delete_for_good(self, session: str) -> None:
        """Remove a session for good; raises `SessionBusy` when a process works on it."""
        folder = self._require(session)
        lock = WriterLock(self.lock_path(session))
        try:
            shutil.rmtree(folder)
        except OSError as error:
            raise SessionError(f"session {session} cannot be deleted: {error}") from None
        finally:
            lock.release()

    def move_to_trash(self, session: str) -> None:
        """Move a session into the trash; raises `SessionBusy` when a process works on it."""
        folder = self._require(session)
        lock = WriterLock(self.lock_path(session))
        try:
            self.trash.add(folder)
        finally:
            lock.release()

    def label(self, session: str) -> Label:
        """Return the name and pin of the session."""
        return read_label(self._session_folder(session))

    def relabel(self, session: str, label: Label) -> None:
        """Set the session's name and pin; raises `SessionError`."""
        self._require(session)
        write_label(self._session_folder(session), label)

    def _require(self, session: str) -> Path:
        """Return the folder of a session that is there; raises `SessionError`."""
        if not self.path(session).exists():
            raise SessionError(f"there is no session {session!r}; `kimi-tui sessions` lists them")
        return self._session_folder(session)

    def _session_folder(self, session: str) -> Path:
        """A session's folder: one name inside `folder` and nothing that leads out of it."""
        if session in ("", ".", "..") or Path(session).name != session or "\0" in session:
            raise SessionError(f"{session!r} is not a session's id; `kimi-tui sessions` lists them")
        return self.folder / session


class SessionFiles(NamedTuple):
    """A session as its folder shows it."""

    session: str
    """Its id."""
    stamp: FileStamp
    """Its file's."""
    written: int
    """When it was written last, in nanoseconds since 1970."""
    is_at_rest: bool
    """True when its newest entries are in the file itself: no process writes it, and none left a log."""
    is_labelled: bool
    """True when a person gave it a label."""


def keyed_id(key: str) -> str:
    """Return the id of the one session that belongs to a key of the user's own."""
    return f"key-{hashlib.sha256(key.encode('utf-8', 'surrogateescape')).hexdigest()[:16]}"


def _new_id() -> str:
    """Return an id that no session has: the day and five letters."""
    return f"{now_text()[:10].replace('-', '')}-{''.join(secrets.choice(_ID_LETTERS) for _ in range(5))}"


def _files_of(folder: str, session: str) -> SessionFiles | None:
    """Return a session's files; None for other folders."""
    try:
        with os.scandir(folder) as entries:
            files = {entry.name: entry for entry in entries}
        if JOURNAL_NAME not in files:
            return None
        stamp = _stamp(files[JOURNAL_NAME].stat())
        log = files.get(_LOG_NAME)  # while a session is open, its newest entries are in the log
        written = max(stamp[2], log.stat().st_mtime_ns) if log else stamp[2]
    except OSError:  # no folder, or the session was deleted meanwhile
        return None
    return SessionFiles(session, stamp, written, log is None, LABEL_NAME in files)


def file_stamp(path: Path) -> FileStamp | None:
    """Return a file's inode, size and time of its last writing in nanoseconds; None when there is none."""
    try:
        return _stamp(path.stat())
    except OSError:
        return None


def _stamp(status: os.stat_result) -> FileStamp:
    return status.st_ino, status.st_size, status.st_mtime_ns


__all__ = ["FileStamp", "SessionBusy", "SessionFiles", "SessionStore", "file_stamp"]
