"""Start Python child processes isolated from the current folder and the caller's environment.

Python puts the folder that a program is started in, and whatever PYTHONPATH names, first on its import path: a file
there that has a library's name would run in place of the library. A child therefore runs isolated (`-I`), and finds
this package and its libraries where this installation has them.
"""

import os
import sys
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from kimi_tui.import_path import ROOT, absolute_parts, library_folders
from kimi_tui.secret_variables import without_secrets

_CERTIFICATES = ("SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")
"""Variables that name files and folders, seen from the folder that the program was started in."""

IMPORT_PATH_CODE = """\
import sys
sys.path.insert(0, sys.argv[2])
import kimi_tui
sys.path.pop(0)
sys.path.extend(folder for folder in sys.argv[3:] if folder not in sys.path)
"""
"""What an isolated child runs first: its second argument and those after it are `child_import_path()`."""
_RUN_MODULE = f"""\
{IMPORT_PATH_CODE}
import importlib
sys.exit(importlib.import_module(sys.argv[1]).main())
"""


def child_import_path() -> tuple[str, ...]:
    """Return the folder of this package, then those of the libraries, then the package's again for files beside it."""
    return (ROOT, *library_folders(), ROOT)


SINGLE_HEAP_ENVIRONMENT = {"MALLOC_ARENA_MAX": "1"}
"""Threads of a child share one heap of the C library, which else keeps half a megabyte and more for each of them."""


def module_command(module: str) -> tuple[str, ...]:
    """Return the command that runs `main` of a module in an isolated process and exits with its result."""
    return (sys.executable, "-I", "-c", _RUN_MODULE, module, *child_import_path())


def child_environment(environment: Mapping[str, str] = os.environ) -> dict[str, str]:
    """Return the variables for a child: no secrets, nothing of Python's own, and paths that hold in any folder."""
    kept = {name: value for name, value in without_secrets(environment).items() if not name.startswith("PYTHON")}
    if "PATH" in kept:
        kept["PATH"] = absolute_parts(kept["PATH"])
    for name in _CERTIFICATES:
        if kept.get(name):
            places = (Path(place).expanduser().absolute() for place in kept[name].split(os.pathsep))
            kept[name] = os.pathsep.join(map(str, places))
    return SINGLE_HEAP_ENVIRONMENT | kept


def child_working_folder(home: Path) -> str:
    """Return the folder that a child works in: the data folder, or `/` when it cannot be made."""
    with suppress(OSError):
        home.mkdir(parents=True, exist_ok=True, mode=0o700)
        if os.access(home, os.X_OK):
            return str(home)
    return "/"
