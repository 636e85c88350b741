"""Restrict the import path to this installation, never the current folder or the caller's variables.

Only modules that every Python has loaded before are imported here, so that nothing can come in their place.
"""

import os
import site
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.realpath(__file__)))
"""The folder that holds this package: of an installation or of a clone."""


_removed: list[str] = []
"""What was taken off the import path, once that was done; an isolated process has nothing foreign there."""


def library_folders() -> tuple[str, ...]:
    """The folders in which this interpreter has its libraries, those of its user last.

    Files in them (`*.pth`) may name further ones, which count once nothing foreign is on the import path.
    """
    if _removed or sys.flags.isolated:
        return tuple(folder for folder in sys.path if os.path.isabs(folder) and folder != ROOT)
    folders = [folder for folder in site.getsitepackages() if folder in sys.path]
    if site.ENABLE_USER_SITE and not _is_user_site_moved():
        folders.append(site.getusersitepackages())
    return tuple(folders)


def restrict_import_path() -> None:
    """Remove from the import path what the current folder or the caller's variables put there.

    Programs are looked for on PATH, whose relative parts mean the folder as well.
    """
    if "PATH" in os.environ:
        os.environ["PATH"] = absolute_parts(os.environ["PATH"])
    foreign = [] if sys.flags.safe_path else sys.path[:1]
    if not sys.flags.ignore_environment:
        foreign += [folder for folder in os.environ.get("PYTHONPATH", "").split(os.pathsep) if folder]
    if _is_user_site_moved():
        foreign.append(site.getusersitepackages())
    unwanted = {_real_path(folder) for folder in (*foreign, ROOT)} - {
        _real_path(folder) for folder in library_folders()
    }
    kept = [folder for folder in sys.path if os.path.isabs(folder) and _real_path(folder) not in unwanted]
    sys.path[:] = kept if ROOT in kept else [*kept, ROOT]
    _removed.extend(unwanted or [ROOT])


def absolute_parts(path: str) -> str:
    """A list of folders as variables hold it, without those that are seen from the current folder."""
    return os.pathsep.join(folder for folder in path.split(os.pathsep) if os.path.isabs(folder))


def _real_path(folder: str) -> str:
    try:
        return os.path.realpath(folder)
    except OSError:  # this process was started in a folder that is gone
        return folder


def _is_user_site_moved() -> bool:
    return "PYTHONUSERBASE" in os.environ and not sys.flags.ignore_environment
