"""A session is verified inside the app as on the command line, calculations and queries included."""

import shutil
from pathlib import Path

import pytest

from kimi_tui.config import load_settings
from kimi_tui.runner.library import FolderLibrary
from kimi_tui.session import SessionError
from tests.cli.kit import kimi
from tools.screenshots import copy_recording


async def test_verify_of_a_library_gives_what_the_command_line_prints(tmp_path: Path) -> None:
    copy_recording(tmp_path)
    library = FolderLibrary(load_settings({"KIMI_TUI_HOME": str(tmp_path)}))
    checks = await library.verify("last")
    assert all(check.passed for check in checks)
    printed = kimi("verify", "last", KIMI_TUI_HOME=str(tmp_path)).stdout.splitlines()
    assert [line.split()[1].rstrip(":") for line in printed] == [check.name.split()[0] for check in checks]


async def test_verify_of_a_changed_record_fails_at_its_chain(tmp_path: Path) -> None:
    copy_recording(tmp_path)
    journal = next(tmp_path.glob("sessions/*/journal.sqlite"))
    broken = journal.read_bytes().replace(b"TurnFinished", b"TurnFinishee")
    journal.write_bytes(broken)
    checks = await FolderLibrary(load_settings({"KIMI_TUI_HOME": str(tmp_path)})).verify("last")
    assert [check.passed for check in checks] == [False]
    shutil.rmtree(journal.parent)
    with pytest.raises(SessionError):
        await FolderLibrary(load_settings({"KIMI_TUI_HOME": str(tmp_path)})).verify("last")
