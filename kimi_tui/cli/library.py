"""Commands that keep the library in order: `rename`, `pin`, `unpin`, `delete`, `restore`."""

import argparse
import sys

import msgspec

from kimi_tui.config import LoadedSettings
from kimi_tui.headless import DONE
from kimi_tui.journal.session_store import SessionStore
from kimi_tui.journal.trash import KEEP_DAYS
from kimi_tui.session import SessionError


def run_library_command(loaded: LoadedSettings, options: argparse.Namespace) -> int:
    """Run one of the commands; raises `SessionError`."""
    shelf = SessionStore(loaded.settings.home_path)
    if options.verb == "restore":
        return _restore_session(shelf, options.session)
    session = shelf.resolve_id(options.session)
    label = shelf.label(session)
    match options.verb:
        case "rename":
            shelf.relabel(session, msgspec.structs.replace(label, name=options.name))
        case "pin" | "unpin":
            shelf.relabel(session, msgspec.structs.replace(label, pinned=options.verb == "pin"))
        case "delete":
            shelf.move_to_trash(session)
            print(f"`kimi-tui restore {session}` brings it back within {KEEP_DAYS} days", file=sys.stderr)
    return DONE


def _restore_session(shelf: SessionStore, wanted: str) -> int:
    """Take a session out of the trash, or list the trash."""
    kept = shelf.trash.ids()
    if not wanted:
        print("\n".join(kept) if kept else "The trash is empty.", file=sys.stdout if kept else sys.stderr)
        return DONE
    found = kept[:1] if wanted == "last" else [session for session in kept if session.startswith(wanted)]
    if len(found) != 1:
        raise SessionError(f"{wanted!r} fits {len(found)} deleted sessions; `kimi-tui restore` lists them")
    shelf.trash.restore(found[0], shelf.folder)
    print(found[0])
    return DONE
