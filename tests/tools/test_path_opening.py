"""A desk whose folders are swapped for links while its files are opened never gives a byte from outside."""

import os
import threading
from pathlib import Path

import pytest

from kimi_tui.tools.desk.files import locate_file, open_file
from kimi_tui.tools.path_opening import open_resolved, open_resolved_file, read_descriptor


@pytest.fixture
def desk(tmp_path: Path) -> Path:
    """A desk with `folder/file`, beside a folder of secrets with the same name inside."""
    for folder, text in (("desk/folder", "open"), ("outside", "secret")):
        (tmp_path / folder).mkdir(parents=True)
        (tmp_path / folder / "file").write_text(text)
    return tmp_path.resolve() / "desk"


def content(descriptor: int) -> bytes:
    """The bytes of an open file, which is closed."""
    try:
        return read_descriptor(descriptor)
    finally:
        os.close(descriptor)


def test_folder_swapped_for_a_link_after_it_was_found_is_not_followed(desk: Path) -> None:
    found = locate_file(desk, "folder/file")
    assert found is not None
    (desk / "folder").rename(desk / "away")
    (desk / "folder").symlink_to(desk.parent / "outside")
    assert found.read_text() == "secret"  # what an ordinary opening would give
    with pytest.raises(OSError, match=r"Not a directory|symbolic links"):
        open_resolved(found)


def test_desk_swapped_in_a_loop_never_gives_a_file_from_outside(desk: Path) -> None:
    over = threading.Event()
    swaps = [0]

    def swap() -> None:
        link = desk / "link"
        link.symlink_to(desk.parent / "outside")
        while not over.is_set():
            (desk / "folder").rename(desk / "away")
            link.rename(desk / "folder")
            (desk / "folder").rename(link)
            (desk / "away").rename(desk / "folder")
            swaps[0] += 1

    attacker = threading.Thread(target=swap)
    attacker.start()
    found: list[bytes] = []
    try:
        for _ in range(3_000):
            try:
                found.append(content(open_file(desk, "folder/file")))
            except OSError:
                continue
    finally:
        over.set()
        attacker.join()
    assert swaps[0] > 10
    assert set(found) == {b"open"}


def test_link_inside_the_desk_is_still_read(desk: Path) -> None:
    (desk / "short").symlink_to(desk / "folder")
    assert content(open_file(desk, "short/file")) == b"open"


@pytest.mark.parametrize("name", ["../outside/file", "leads-out", "leads-out/file", "folder", "missing", ""])
def test_name_that_is_no_file_of_the_desk_is_refused(desk: Path, name: str) -> None:
    (desk / "leads-out").symlink_to(desk.parent / "outside")
    with pytest.raises(FileNotFoundError):
        open_file(desk, name)


def test_pipe_is_refused_without_waiting_for_a_writer(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(OSError, match="not a file"):
        open_resolved_file(tmp_path.resolve() / "pipe")
