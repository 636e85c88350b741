"""Landlock: refuse this process every file but a few (Linux 5.13 and later), by system calls through ctypes.

Files that are open already stay open. Where the kernel has it, signals to processes outside, abstract sockets and TCP
are refused as well.
"""

import ctypes
import os
import stat
import sys
from collections.abc import Iterable
from pathlib import Path

from kimi_tui.tools.path_opening import open_resolved
from kimi_tui.tools.workers.access import AllowedFile, WorkerAccess, is_same_file, place_of

_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446
"""Numbers of the system calls, the same on every machine."""
_VERSION_FLAG, _PATH_BENEATH = 1, 1
_NO_NEW_PRIVILEGES = 38

_EXECUTE, _WRITE_FILE, _READ_FILE, _READ_DIR, _REMOVE_DIR, _REMOVE_FILE = (1 << bit for bit in range(6))
_MAKE_DIR, _MAKE_REGULAR, _REFER, _TRUNCATE, _DEVICE_CONTROL = 1 << 7, 1 << 8, 1 << 13, 1 << 14, 1 << 15
_READ = _READ_FILE | _READ_DIR
_CHANGE = _READ | _WRITE_FILE | _REMOVE_DIR | _REMOVE_FILE | _MAKE_DIR | _MAKE_REGULAR | _REFER | _TRUNCATE
_OF_FILES = _EXECUTE | _WRITE_FILE | _READ_FILE | _TRUNCATE | _DEVICE_CONTROL
"""Rights that a rule on a file, not a folder, can give."""
_RIGHTS_BY_VERSION = {1: (1 << 13) - 1, 2: (1 << 14) - 1, 3: (1 << 15) - 1, 5: (1 << 16) - 1}
"""Rights on files that each version of the interface knows."""
_NETWORK_VERSION, _NETWORK_RIGHTS = 4, 0b11
_SCOPE_VERSION, _SCOPES = 6, 0b11

_SYSTEM_LIBRARIES = ("/lib", "/lib64", "/usr/lib", "/usr/lib64", "/usr/local/lib", "/usr/share/zoneinfo")
_SYSTEM_FILES = ("/etc/ld.so.cache", "/etc/localtime", "/dev/null", "/dev/zero", "/dev/urandom")


class _Ruleset(ctypes.Structure):
    _fields_ = (("files", ctypes.c_uint64), ("network", ctypes.c_uint64), ("scoped", ctypes.c_uint64))


class _PathBeneath(ctypes.Structure):
    _pack_ = 1
    _fields_ = (("allowed", ctypes.c_uint64), ("folder", ctypes.c_int32))


def landlock_version() -> int:
    """Return the version of the kernel's interface; 0 where there is none."""
    if sys.platform != "linux":
        return 0
    return max(0, _system_call(_CREATE_RULESET, None, ctypes.c_size_t(0), ctypes.c_uint32(_VERSION_FLAG)))


def restrict_files(access: WorkerAccess, folder: Path) -> bool:
    """Refuse this thread and those it starts every file but libraries, `folder` and `access`; return whether it holds.

    For good: nothing can give back what was refused.
    """
    version = landlock_version()
    if not version:
        return False
    ruleset = _make_ruleset(version)
    if ruleset < 0:
        return False
    try:
        handled = handled_rights(version)
        started = _EXECUTE if access.program else 0
        _allow_places(ruleset, (*_SYSTEM_LIBRARIES, *_python_folders()), (_READ | started) & handled)
        _allow_places(ruleset, _SYSTEM_FILES, (_READ_FILE | _WRITE_FILE) & handled)
        _allow_places(ruleset, (str(folder),), _CHANGE & handled)
        _allow_places(ruleset, (str(folder.parent),), _REMOVE_DIR)  # to remove its own, empty folder at its end
        if access.program:
            _allow_places(ruleset, (access.program,), (_READ | _EXECUTE) & handled)
        _allow_files(ruleset, access.reads, _READ & handled)
        _allow_files(ruleset, access.writes, _CHANGE & handled)
        ctypes.CDLL(None).prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0)
        return _system_call(_RESTRICT_SELF, ctypes.c_int(ruleset), ctypes.c_uint32(0)) == 0
    finally:
        os.close(ruleset)


def handled_rights(version: int) -> int:
    """Return all rights on files that a version of the interface knows."""
    return max(rights for known, rights in _RIGHTS_BY_VERSION.items() if known <= version)


def _make_ruleset(version: int) -> int:
    """Return the descriptor of an empty set of rules that refuses all that the kernel can refuse; negative for none."""
    wanted = _Ruleset(
        handled_rights(version),
        _NETWORK_RIGHTS if version >= _NETWORK_VERSION else 0,
        _SCOPES if version >= _SCOPE_VERSION else 0,
    )
    fields = 3 if version >= _SCOPE_VERSION else 2 if version >= _NETWORK_VERSION else 1
    return _system_call(
        _CREATE_RULESET,
        ctypes.byref(wanted),
        ctypes.c_size_t(fields * ctypes.sizeof(ctypes.c_uint64)),
        ctypes.c_uint32(0),
    )


def _python_folders() -> list[str]:
    """Return the folders in which this interpreter finds modules and shared libraries."""
    import kimi_tui
    from kimi_tui.import_path import ROOT

    is_clone = (Path(ROOT) / "pyproject.toml").exists()  # with more than libraries beside the package
    found = [folder for folder in sys.path if Path(folder).is_absolute() and not (is_clone and folder == ROOT)]
    return [*found, *kimi_tui.__path__, str(Path(sys.base_prefix) / "lib")]


def _allow_places(ruleset: int, places: Iterable[str], rights: int) -> None:
    """Allow places of the system and of this installation, following links; one that is missing is passed over."""
    for place in places:
        try:
            descriptor = os.open(place, os.O_PATH | os.O_CLOEXEC)
        except OSError:
            continue
        _add_rule(ruleset, descriptor, rights)


def _allow_files(ruleset: int, files: Iterable[AllowedFile], rights: int) -> None:
    """Allow files that the engine named, unless something else is in their place by now."""
    for file in files:
        try:
            descriptor = open_resolved(place_of(file), os.O_PATH)
        except OSError:
            continue
        _add_rule(ruleset, descriptor, rights if is_same_file(descriptor, file) else 0)


def _add_rule(ruleset: int, descriptor: int, rights: int) -> None:
    """Allow what a descriptor names, and close it."""
    try:
        if not stat.S_ISDIR(os.fstat(descriptor).st_mode):
            rights &= _OF_FILES
        if rights:
            rule = _PathBeneath(rights, descriptor)
            _system_call(
                _ADD_RULE, ctypes.c_int(ruleset), ctypes.c_int(_PATH_BENEATH), ctypes.byref(rule), ctypes.c_uint32(0)
            )
    finally:
        os.close(descriptor)


def _system_call(number: int, *arguments: object) -> int:
    """Return what a system call returns; negative for an error."""
    call = ctypes.CDLL(None, use_errno=True).syscall
    call.restype = ctypes.c_long
    return int(call(ctypes.c_long(number), *arguments))
