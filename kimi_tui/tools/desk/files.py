"""What is on a desk: the files of its folder that may be read, and why the others may not.

Nothing outside the folder is ever named or opened: links out of it are not followed, and a path that the model
gives is resolved first and must still be inside.
"""

import hashlib
import os
import stat
import unicodedata
from collections.abc import Iterator
from contextlib import suppress
from itertools import islice
from pathlib import Path, PurePosixPath

import msgspec

from kimi_tui.text import one_line, path_text, text_path
from kimi_tui.tools.text.extraction import media_type_of

FILE_BYTES = 64 << 20
"""The largest document that is read."""
MOST_FILES = 20_000
"""The most files of a desk that are looked at."""
MOST_COUNTED = 1_000_000
"""The most files beyond these that are counted."""
LEADS_OUT = "a link that leads out of the desk, or nowhere"
"""Why a link is left alone."""
INVENTORY_LINES = 60
"""The most lines of an inventory."""
_DATABASES = (".sqlite", ".sqlite3", ".db", ".db3")
_NAME_CHARACTERS = 160


class DeskFile(msgspec.Struct, frozen=True):
    """A file of the desk that may be read."""

    path: str
    """Inside the desk, with `/` between folders; untrusted text."""
    media_type: str
    """Of a document; `application/vnd.sqlite3` for a database."""
    size: int
    """Bytes."""
    modified: int
    """Another number once its content has changed, or another file has its name."""

    @property
    def is_database(self) -> bool:
        """Whether it is queried and not read."""
        return self.media_type == "application/vnd.sqlite3"


class Desk(msgspec.Struct, frozen=True):
    """What a look at a desk's folder found."""

    files: tuple[DeskFile, ...]
    """Documents and databases, in order of their paths."""
    skipped: tuple[tuple[str, str], ...]
    """Path and reason of every file that is left alone."""
    left_out: int = 0
    """How many files there are beyond those that are looked at; nothing more is known of them."""

    @property
    def cut(self) -> str:
        """A sentence on the files that are not looked at; empty when all are."""
        if not self.left_out:
            return ""
        more = " or more" if self.left_out == MOST_COUNTED else ""
        total = MOST_FILES + self.left_out
        return (
            f"Left out: {self.left_out:,}{more} of {total:,} files of the desk, of which only the first {MOST_FILES:,} "
            "are looked at. A file that is left out can still be read or queried by its path."
        )


def look(root: Path) -> Desk:
    """Look at every file of a desk; raises `OSError` when its folder cannot be listed."""
    root = root.resolve(strict=True)
    before = len(str(root).rstrip(os.sep)) + 1
    files: list[DeskFile] = []
    skipped: list[tuple[str, str]] = []
    entries = _walk(str(root))
    for entry in islice(entries, MOST_FILES):
        name = path_text(entry.path[before:].replace(os.sep, "/"))
        found = _file(root, entry, name)
        if isinstance(found, DeskFile):
            files.append(found)
        else:
            skipped.append((name, found))
    left_out = sum(1 for _ in islice(entries, MOST_COUNTED))
    return Desk(tuple(files), tuple(skipped), left_out)


def _walk(folder: str) -> Iterator[os.DirEntry[str]]:
    """Every file and every link to a folder, in order; raises `OSError` when this folder cannot be listed.

    Folders below it that cannot be listed, and hidden ones, are passed over.
    """
    with os.scandir(folder) as listed:
        entries = sorted(listed, key=lambda entry: entry.name)
    folders = []
    for entry in entries:
        if entry.is_dir(follow_symlinks=False):
            folders.append(entry)
        else:
            yield entry
    for inner in folders:
        if not inner.name.startswith("."):
            with suppress(OSError):
                yield from _walk(inner.path)


def _file(root: Path, entry: os.DirEntry[str], name: str) -> DeskFile | str:
    """The file, or why it is left alone."""
    if entry.name.startswith("."):
        return "hidden"
    media_type = "application/vnd.sqlite3" if is_database(name) else _document_type(name)
    if entry.is_symlink():
        target = _resolved(Path(entry.path))
        if target is None or not target.is_relative_to(root):
            return LEADS_OUT
    if not media_type:
        return "no reader for this kind of file"
    try:
        status = entry.stat()
    except OSError as error:
        return f"it cannot be opened: {error.strerror}"
    if not stat.S_ISREG(status.st_mode):
        return "not a file"
    if status.st_size > FILE_BYTES and media_type != "application/vnd.sqlite3":
        return f"{status.st_size >> 20} MB, over the {FILE_BYTES >> 20} MB that are read"
    return DeskFile(name, media_type, status.st_size, _version(status))


def _document_type(name: str) -> str:
    """The media type of a document by its name, empty for a kind without reader; without an ending it may be text."""
    return media_type_of(name) or ("" if "." in name.rpartition("/")[2] else "text/plain")


def is_database(name: str) -> bool:
    """Whether a file is a database by its name."""
    return name.lower().endswith(_DATABASES)


def _version(status: os.stat_result) -> int:
    """A number that is another one once a file has been written to, or replaced by one with the same time."""
    seen = (status.st_mtime_ns, status.st_ctime_ns, status.st_ino)
    return int.from_bytes(hashlib.sha256(repr(seen).encode()).digest()[:7], "big")


def located(root: Path, name: str) -> Path | None:
    """Where a file of the desk really is; None when `name` leads out of the desk or to no file."""
    root = root.resolve()
    for path in (root / name, text_path(str(root / name))):
        found = _resolved(path)
        if found is not None:
            return found if found.is_relative_to(root) and found.is_file() else None
    return None


def file_at(root: Path, name: str) -> DeskFile | None:
    """The file of exactly this path, however its letters are composed, without a look at the rest of the desk.

    None for a file that is left alone too; raises `OSError` when the desk's folder cannot be found.
    """
    root = root.resolve(strict=True)
    wanted = name.strip().removeprefix("./")
    parts = PurePosixPath(wanted).parts
    if not parts or "\0" in wanted or ".." in parts or wanted.startswith("/") or any(one[0] == "." for one in parts):
        return None
    for form in dict.fromkeys((wanted, unicodedata.normalize("NFC", wanted), unicodedata.normalize("NFD", wanted))):
        path = text_path(str(root / form))
        with suppress(OSError, ValueError), os.scandir(path.parent) as entries:
            for entry in entries:
                if entry.name == path.name:
                    found = _file(root, entry, path_text(PurePosixPath(form)))
                    return found if isinstance(found, DeskFile) else None
    return None


def _resolved(path: Path) -> Path | None:
    """Where a path leads in the end; None when that is nowhere, or when it cannot be a path."""
    try:
        return path.resolve(strict=True)
    except (OSError, RuntimeError, ValueError):  # nothing there, a loop of links, a NUL
        return None


def find(desk: Desk, name: str) -> DeskFile | None:
    """The file that the model means: by its path, as a path is shown, or by its name alone if only one file has it."""
    wanted = name.strip().removeprefix("./")
    for form in (str, _composed, _shown, _folded):
        key = form(wanted)
        matches = [file for file in desk.files if form(file.path) == key]
        if len(matches) == 1:
            return matches[0]
    key = _folded(wanted)
    matches = [file for file in desk.files if _folded(file.path.rpartition("/")[2]) == key]
    return matches[0] if len(matches) == 1 else None


def skipped_because(desk: Desk, name: str) -> str:
    """Why the file that the model means is left alone; empty when no such file is."""
    key = _folded(name.strip().removeprefix("./"))
    found = [reason for path, reason in desk.skipped if key in (_folded(path), _folded(path.rpartition("/")[2]))]
    return found[0] if found else ""


def _composed(name: str) -> str:
    """A name with its accents composed: some systems store them apart from their letters."""
    return unicodedata.normalize("NFC", name)


def _shown(name: str) -> str:
    """A name as it is shown."""
    return one_line(_composed(name))


def _folded(name: str) -> str:
    """A name in any case."""
    return _shown(name).casefold()


def inventory(root: Path) -> str:
    """A short list of what is on the desk, at most 60 lines, for the model to begin with; raises `OSError`."""
    desk = look(root)
    documents = sum(not file.is_database for file in desk.files)
    databases = len(desk.files) - documents
    lines = [f"The desk holds {_counted(documents, 'document')} and {_counted(databases, 'database')}:"]
    room = INVENTORY_LINES - 2
    shown = desk.files if len(desk.files) <= room else desk.files[: room - 1]
    lines += [f"- {one_line(file.path, _NAME_CHARACTERS)} ({size_in_words(file.size)})" for file in shown]
    if len(shown) < len(desk.files):
        lines.append(f"- and {len(desk.files) - len(shown)} more; search_documents with an empty query lists all")
    lines += filter(None, (skipped_in_words(desk), desk.cut))
    return "\n".join(lines)


def skipped_in_words(desk: Desk) -> str:
    """One line on the files that are left alone; nothing if there are none."""
    reasons: dict[str, list[str]] = {}
    for name, reason in desk.skipped:
        reasons.setdefault(reason, []).append(one_line(name, 60))
    told = []
    for reason, names in sorted(reasons.items()):
        more = f" and {len(names) - 3} more" if len(names) > 3 else ""
        told.append(f"{', '.join(names[:3])}{more} ({reason})")
    more = f"; and {len(told) - 5} more reasons" if len(told) > 5 else ""
    return f"Not read: {'; '.join(told[:5])}{more}." if told else ""


def _counted(number: int, what: str) -> str:
    """A number of things: `1 database`, `3 databases`."""
    return f"{number} {what}" if number == 1 else f"{number} {what}s"


def size_in_words(size: int) -> str:
    """Bytes for people: `820 kB`."""
    if size < 1_000_000:
        return f"{max(size // 1000, 1)} kB"
    return f"{size / 1_000_000:.1f} MB"
