"""Keep deleted sessions for some days, so that a slip costs nothing: `HOME/trash/ID/`, whole folders."""

import os
import shutil
import time
from contextlib import suppress
from pathlib import Path

from kimi_tui.session import NotInTrash, SessionError

KEEP_DAYS = 30
"""How long a deleted session is kept."""


class Trash:
    """Move session folders into the trash and back."""

    def __init__(self, home: Path) -> None:
        self.folder = home / "trash"
        """Holds one folder for each deleted session."""

    def add(self, session_folder: Path) -> None:
        """Move a session's folder into the trash; raises `SessionError`."""
        self.delete_older()
        target = self.folder / session_folder.name
        try:
            self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            shutil.rmtree(target, ignore_errors=True)
            session_folder.replace(target)
            os.utime(target)
        except OSError as error:
            raise SessionError(f"session {session_folder.name} cannot be deleted: {error.strerror}") from None

    def restore(self, session: str, folder: Path) -> None:
        """Move a deleted session's folder into `folder`; raises `SessionError`, `NotInTrash` for one that is gone."""
        if session not in self.ids():
            raise NotInTrash(f"session {session!r} is not in the trash; it is emptied after {KEEP_DAYS} days")
        if (folder / session).exists():
            raise SessionError(f"there is a session {session} already")
        try:
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            (self.folder / session).replace(folder / session)
        except OSError as error:
            raise SessionError(f"session {session} cannot be taken out of the trash: {error.strerror}") from None

    def ids(self) -> list[str]:
        """Every deleted session, the latest first."""
        try:
            kept = [(entry.stat().st_mtime, entry.name) for entry in self.folder.iterdir() if entry.is_dir()]
        except OSError:
            return []
        return [name for _, name in sorted(kept, reverse=True)]

    def delete_older(self, days: float = KEEP_DAYS) -> None:
        """Remove sessions that were deleted more than `days` ago."""
        for name in self.ids():
            with suppress(OSError):
                if time.time() - (self.folder / name).stat().st_mtime > days * 86_400:
                    shutil.rmtree(self.folder / name)
