"""The flag of a writer that waits for storage: set without writing, and gone with its process."""

import subprocess
import sys
from pathlib import Path

from kimi_tui.journal.lock import StorageWaitFlag, is_waiting_for_storage


def test_a_raised_flag_is_seen_by_everybody_until_it_is_lowered(tmp_path: Path) -> None:
    folder = tmp_path / "session"
    folder.mkdir()
    flag = StorageWaitFlag(folder)
    assert not is_waiting_for_storage(folder)
    for _ in range(2):
        flag.acquire()
        assert is_waiting_for_storage(folder)
    assert list(folder.iterdir()) == [], "nothing is written for it"
    for _ in range(2):
        flag.release()
        assert not is_waiting_for_storage(folder)


def test_the_flag_of_a_process_ends_with_it(tmp_path: Path) -> None:
    flag = "flag = StorageWaitFlag(Path(sys.argv[1])); flag.acquire(); print('up', flush=True); sys.stdin.read()"
    code = f"import sys; from pathlib import Path; from kimi_tui.journal.lock import StorageWaitFlag; {flag}"
    pipe = subprocess.PIPE
    with subprocess.Popen([sys.executable, "-c", code, str(tmp_path)], stdin=pipe, stdout=pipe) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"up\n"
        assert is_waiting_for_storage(tmp_path)
        process.kill()
    assert not is_waiting_for_storage(tmp_path)


def test_a_folder_that_is_not_there_waits_for_nothing(tmp_path: Path) -> None:
    gone = StorageWaitFlag(tmp_path / "gone")
    gone.acquire()
    assert not is_waiting_for_storage(tmp_path / "gone")
    gone.release()
