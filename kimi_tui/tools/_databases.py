"""Which files of a desk can be queried, and finding one by the name that the model uses.

A name is only ever compared with what was found in the desk, never joined to a path: nothing outside the desk can be
named, and symbolic links and hidden files are not looked at.
"""

import difflib
import os
from pathlib import Path

from kimi_tui.text import one_line
from kimi_tui.tools.base import ToolError

SQLITE = (".sqlite", ".sqlite3", ".db", ".db3")
"""Name endings of SQLite databases."""
TABLES = (".csv", ".tsv")
"""Name endings of files that are one table called `data`."""
MAX_FILES = 20_000
"""Files of a desk that are looked at."""


def databases(desk: Path) -> dict[str, Path]:
    """Every file that can be queried, by its path inside the desk with `/` between folders."""
    found: dict[str, Path] = {}
    seen = 0
    for folder, folders, files in os.walk(desk, followlinks=False):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(files):
            path = Path(folder, name)
            if not name.startswith(".") and path.suffix.lower() in SQLITE + TABLES and not path.is_symlink():
                found[path.relative_to(desk).as_posix()] = path
        seen += len(files)
        if seen > MAX_FILES:
            break
    return found


def is_table(name: str) -> bool:
    """Whether a file is one table and no database."""
    return name.lower().endswith(TABLES)


def find(desk: Path, name: str) -> tuple[str, Path]:
    """The path inside the desk and on the disk of the database called `name`; raises `ToolError`.

    The file's name alone is enough when only one file has it.
    """
    known = databases(desk)
    wanted = name.strip().removeprefix("./")
    if wanted in known:
        return wanted, known[wanted]
    lower = wanted.lower()
    matches = [path for path in known if lower in (path.lower(), path.rpartition("/")[2].lower())]
    if len(matches) == 1:
        return matches[0], known[matches[0]]
    if not known:
        raise ToolError("The desk has no database and no CSV file.", "not-found")
    near = matches or difflib.get_close_matches(wanted, known, n=3) or list(known)[:20]
    listed = ", ".join(one_line(path, 200) for path in near)
    raise ToolError(f"There is no database {one_line(wanted, 100)} on the desk. There is: {listed}.", "not-found")
