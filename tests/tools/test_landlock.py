"""Landlock: which rights are refused by each version of the kernel, and what is given back to which place."""

import subprocess
import sys
from pathlib import Path

import pytest

from kimi_tui.tools.workers.access import WorkerAccess
from kimi_tui.tools.workers.landlock import handled_rights, landlock_version, restrict_files

needs_landlock = pytest.mark.skipif(landlock_version() == 0, reason="the kernel has no Landlock")


@pytest.mark.parametrize(("version", "bits"), [(1, 13), (2, 14), (3, 15), (4, 15), (5, 16), (6, 16), (9, 16)])
def test_handled_rights_of_each_version_are_all_that_it_knows(version: int, bits: int) -> None:
    assert handled_rights(version) == (1 << bits) - 1


def test_restrict_files_elsewhere_does_not_hold(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(sys, "platform", "darwin")
    assert landlock_version() == 0
    assert restrict_files(WorkerAccess(), tmp_path) is False


RESTRICTED = """
import os, sys
sys.path[:] = sys.argv[4:]
from pathlib import Path
from kimi_tui.tools.workers.access import WorkerAccess, allowed_files
from kimi_tui.tools.workers.landlock import restrict_files

folder, given, other = map(Path, sys.argv[1:4])
def tried(act):
    try: act()
    except OSError as error: return type(error).__name__
    return "done"
assert restrict_files(WorkerAccess(reads=allowed_files(given)), folder)
print(tried(lambda: (folder / "new").write_text("x")), tried(lambda: given.read_text()),
      tried(lambda: given.write_text("y")), tried(lambda: other.read_text()), tried(lambda: os.listdir("/etc")),
      tried(lambda: Path("/dev/null").write_text("x")))
import lzma, decimal
"""


@needs_landlock
def test_restrict_files_leaves_its_folder_the_given_files_and_the_libraries(tmp_path: Path) -> None:
    folder, given, other = tmp_path / "own", tmp_path / "given", tmp_path / "other"
    folder.mkdir()
    given.write_text("given")
    other.write_text("other")
    ended = subprocess.run(
        [sys.executable, "-c", RESTRICTED, *map(str, (folder, given, other)), *filter(None, sys.path)],
        capture_output=True, text=True, check=False, cwd=folder,
    )  # fmt: skip
    denied = "PermissionError"
    assert ended.stdout.split() == ["done", "done", denied, denied, denied, "done"], ended.stderr
    assert given.read_text() == "given"
