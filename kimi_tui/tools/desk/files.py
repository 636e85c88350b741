"""The files of a desk: which may be read, and why the others may not.

Nothing outside the folder is ever named or opened: links out of it are not followed, and a path that the model
gives is resolved first and must still be inside.
"""

import errno
import hashlib
import os
import stat
import unicodedata
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, suppress
from itertools import islice
from pathlib import Path, PurePosixPath

import msgspec

from kimi_tui.text import one_line, path_text, text_path
from kimi_tui.tools.path_opening import open_resolved_file
from kimi_tui.tools.text.extraction import media_type_of

MAX_FILE_BYTES = 64 << 20
"""The largest document that is read."""
MAX_FILES = 20_000
"""The most files of a desk that are looked at."""
MAX_COUNTED = 1_000_000
"""The most files beyond these that are counted."""
LEADS_OUT_REASON = "a link that leads out of the desk, or nowhere"
"""Why a link is left alone."""
_DATABASES = (".sqlite", ".sqlite3", ".db", ".db3")
_MAX_NAME_CHARS = 160


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
        """Return whether it is queried and not read."""
        return self.media_type == "application/vnd.sqlite3"


class Desk(msgspec.Struct, frozen=True):
    """The files found in a desk's folder."""

    files: tuple[DeskFile, ...]
    """Documents and databases, in order of their paths."""
    skipped: tuple[tuple[str, str], ...]
    """Path and reason of every file that is left alone."""
    left_out: int = 0
    """How many files there are beyond those that are looked at; nothing more is known of them."""

    @property
    def cut(self) -> str:
        """Return a sentence on the files that are not looked at; empty when all are."""
        if not self.left_out:
            return ""
        more = " or more" if self.left_out == MAX_COUNTED else ""
        total = MAX_FILES + self.left_out
        return (
            f"Left out: {self.left_out:,}{more} of {total:,} files of the desk, of which only the first {MAX_FILES:,} "
            "are looked at. A file that is left out can still be read or queried by its path."
        )


def list_desk(root: Path) -> Desk:
    """List every file of a desk; raises `OSError` when its folder cannot be listed."""
    root = root.resolve(strict=True)
    before = len(str(root).rstrip(os.sep)) + 1
    files: list[DeskFile] = []
    skipped: list[tuple[str, str]] = []
    entries = _walk(str(root))
    for entry in islice(entries, MAX_FILES):
        name = path_text(entry.path[before:].replace(os.sep, "/"))
        found = _file(root, entry, name)
        if isinstance(found, DeskFile):
            files.append(found)
        else:
            skipped.append((name, found))
    left_out = sum(1 for _ in islice(entries, MAX_COUNTED))
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
    """Return the file, or why it is skipped."""
    if entry.name.startswith("."):
        return "hidden"
    media_type = "application/vnd.sqlite3" if is_database(name) else _document_type(name)
    if entry.is_symlink():
        target = _resolved(Path(entry.path))
        if target is None or not target.is_relative_to(root):
            return LEADS_OUT_REASON
    if not media_type:
        return "no reader for this kind of file"
    try:
        status = entry.stat()
    except OSError as error:
        return f"it cannot be opened: {error.strerror}"
    if not stat.S_ISREG(status.st_mode):
        return "not a file"
    if status.st_size > MAX_FILE_BYTES and media_type != "application/vnd.sqlite3":
        return f"{status.st_size >> 20} MB, over the {MAX_FILE_BYTES >> 20} MB that are read"
    return DeskFile(name, media_type, status.st_size, _version(status))


def _document_type(name: str) -> str:
    """The media type of a document by its name, empty for a kind without reader; without an ending it may be text."""
    return media_type_of(name) or ("" if "." in name.rpartition("/")[2] else "text/plain")


def is_database(name: str) -> bool:
    """Return whether a file is a database by its name."""
    return name.lower().endswith(_DATABASES)


def _version(status: os.stat_result) -> int:
    """Return a number that changes whenever a file is written or replaced."""
    seen = (status.st_mtime_ns, status.st_ctime_ns, status.st_ino)
    return int.from_bytes(hashlib.sha256(repr(seen).encode()).digest()[:7], "big")


def locate_file(root: Path, name: str) -> Path | None:
    """Return where a file of the desk really is; None when `name` leads out of the desk or to no file."""
    root = root.resolve()
    for path in (root / name, text_path(str(root / name))):
        found = _resolved(path)
        if found is not None:
            return found if found.is_relative_to(root) and found.is_file() else None
    return None


def open_file(root: Path, name: str) -> int:
    """Return a descriptor of a file of the desk, to be closed by the caller; raises `OSError`.

    What `name` leads to is found first, and then opened folder by folder without following any link, so that nothing
    that is swapped meanwhile leads out of the desk.
    """
    path = locate_file(root, name)
    if path is None:
        raise FileNotFoundError(errno.ENOENT, "it went away, or leads out of the desk")
    return open_resolved_file(path)


def open_files(root: Path, names: Sequence[str]) -> list[int]:
    """Return descriptors of several files of the desk; raises `OSError`, and leaves none open, when one cannot be."""
    with ExitStack() as opened:
        descriptors = []
        for name in names:
            descriptors.append(open_file(root, name))
            opened.callback(os.close, descriptors[-1])
        opened.pop_all()
    return descriptors


def file_at(root: Path, name: str) -> DeskFile | None:
    """Return the file of exactly this path, in any Unicode composition, without listing the desk.

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
    """Return where a path leads in the end; None when that is nowhere, or when it cannot be a path."""
    try:
        return path.resolve(strict=True)
    except (OSError, RuntimeError, ValueError):  # nothing there, a loop of links, a NUL
        return None


def find_file(desk: Desk, name: str) -> DeskFile | None:
    """Return the file that the model means: by its path, its shown path, or its unique name."""
    wanted = name.strip().removeprefix("./")
    for form in (str, _composed, _shown, _folded):
        key = form(wanted)
        matches = [file for file in desk.files if form(file.path) == key]
        if len(matches) == 1:
            return matches[0]
    key = _folded(wanted)
    matches = [file for file in desk.files if _folded(file.path.rpartition("/")[2]) == key]
    return matches[0] if len(matches) == 1 else None


def skip_reason(desk: Desk, name: str) -> str:
    """Return why the file that the model means is skipped; empty when there is no such file."""
    key = _folded(name.strip().removeprefix("./"))
    found = [reason for path, reason in desk.skipped if key in (_folded(path), _folded(path.rpartition("/")[2]))]
    return found[0] if found else ""


def _composed(name: str) -> str:
    """Return a name with its accents composed: some systems store them apart from their letters."""
    return unicodedata.normalize("NFC", name)


def _shown(name: str) -> str:
    """Return a name unchanged shown."""
    return one_line(_composed(name))


def _folded(name: str) -> str:
    """Return a name in any case."""
    return _shown(name).casefold()


def count_inventory(root: Path) -> str:
    """Return how much is on the desk, for the model to begin with; raises `OSError`.

    No name is in it: a name is data, which tools show, and this becomes part of the instructions.
    """
    desk = list_desk(root)
    documents = sum(not file.is_database for file in desk.files)
    databases = _counted(len(desk.files) - documents, "database")
    how = "an empty query of search_documents lists all"
    line = f"The desk holds {_counted(documents, 'document')} and {databases}; {how}."
    skipped = f"{_counted(len(desk.skipped), 'file')} cannot be read." if desk.skipped else ""
    return " ".join(filter(None, (line, skipped, desk.cut)))


def describe_skipped(desk: Desk) -> str:
    """Return one line on the skipped files; empty if there are none."""
    reasons: dict[str, list[str]] = {}
    for name, reason in desk.skipped:
        reasons.setdefault(reason, []).append(one_line(name, 60))
    groups = []
    for reason, names in sorted(reasons.items()):
        more = f" and {len(names) - 3} more" if len(names) > 3 else ""
        groups.append(f"{', '.join(names[:3])}{more} ({reason})")
    more = f"; and {len(groups) - 5} more reasons" if len(groups) > 5 else ""
    return f"Not read: {'; '.join(groups[:5])}{more}." if groups else ""


def _counted(number: int, what: str) -> str:
    """Return a number of things: `1 database`, `3 databases`."""
    return f"{number} {what}" if number == 1 else f"{number} {what}s"


def format_size(size: int) -> str:
    """Bytes for people: `820 kB`."""
    if size < 1_000_000:
        return f"{max(size // 1000, 1)} kB"
    return f"{size / 1_000_000:.1f} MB"
