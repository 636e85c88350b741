"""Folders on network file systems are distinguished from local ones by what the system says is mounted."""

from pathlib import Path

import pytest

from kimi_tui.journal.network_folder import network_file_system, network_folder_warning

ROOT = "22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw"


def mounts(folder: Path, *lines: str) -> Path:
    """A table of mounts as Linux writes it."""
    table = folder / "mountinfo"
    table.write_text("\n".join((ROOT, *lines, "")))
    return table


def mounted(point: Path, kind: str) -> str:
    """A line of it."""
    named = str(point).replace("\\", "\\134").replace(" ", "\\040")
    return f"40 22 0:50 / {named} rw,relatime shared:9 - {kind} server:/home rw,vers=4.2"


@pytest.mark.parametrize("kind", ["nfs", "nfs4", "cifs", "smb3", "9p", "fuse.sshfs", "fuse.rclone", "virtiofs"])
def test_a_folder_on_a_network_file_system_is_recognized_by_its_name(tmp_path: Path, kind: str) -> None:
    table = mounts(tmp_path, mounted(tmp_path / "share", kind))
    assert network_file_system(tmp_path / "share" / "not" / "yet", table) == kind
    assert network_file_system(tmp_path / "share", table) == kind
    assert network_file_system(tmp_path / "shared", table) == ""
    assert kind in network_folder_warning(tmp_path, kind)
    assert "\n" not in network_folder_warning(tmp_path, kind)


@pytest.mark.parametrize("kind", ["ext4", "xfs", "btrfs", "tmpfs", "overlay", "fuse.gocryptfs", "fuse", ""])
def test_a_local_file_system_is_no_network(tmp_path: Path, kind: str) -> None:
    assert network_file_system(tmp_path / "share", mounts(tmp_path, mounted(tmp_path / "share", kind))) == ""


def test_the_mount_nearest_to_the_folder_counts_and_the_last_of_two_on_one_point(tmp_path: Path) -> None:
    share = tmp_path / "share"
    local_inside = mounts(tmp_path, mounted(share / "local", "ext4"), mounted(share, "nfs4"))
    assert network_file_system(share / "local" / "data", local_inside) == ""
    assert network_file_system(share / "data", local_inside) == "nfs4"
    over = mounts(tmp_path, mounted(share, "nfs4"), mounted(share, "tmpfs"))
    assert network_file_system(share, over) == ""


def test_blanks_in_a_name_and_links_are_followed(tmp_path: Path) -> None:
    share = tmp_path / "my share"
    share.mkdir()
    (tmp_path / "link").symlink_to(share)
    assert network_file_system(tmp_path / "link" / "data", mounts(tmp_path, mounted(share, "cifs"))) == "cifs"


def test_where_the_system_does_not_tell_nothing_is_claimed(tmp_path: Path) -> None:
    assert network_file_system(tmp_path, tmp_path / "missing") == ""
    table = tmp_path / "garbage"
    table.write_bytes(b"\xff\xfe - \n - nfs\n1 2 3\n")
    assert network_file_system(tmp_path, table) == ""
