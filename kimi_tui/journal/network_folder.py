"""Recognize a data folder on a network or shared file system, where the locks of SQLite do not hold.

Only looked at, never written; where the system does not tell, nothing is claimed.
"""

import re
from pathlib import Path

MOUNTS_FILE = Path("/proc/self/mountinfo")
"""Where Linux tells what is mounted where; other systems have no such file."""
NETWORK_FILE_SYSTEMS = frozenset({
    "nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "afs", "coda", "ncpfs", "ceph", "gfs2", "ocfs2", "lustre", "beegfs",
    "gpfs", "orangefs", "davfs", "vboxsf", "vmhgfs", "prl_fs", "virtiofs", "acfs",
})  # fmt: skip
"""File systems whose files other machines may hold open too."""
FUSE_FILE_SYSTEMS = frozenset({
    "sshfs", "rclone", "s3fs", "goofys", "glusterfs", "davfs", "davfs2", "curlftpfs", "gcsfuse", "gvfsd-fuse",
    "vmhgfs-fuse", "ceph-fuse", "juicefs",
})  # fmt: skip
"""The same for FUSE programs, whose type is `fuse.NAME`."""
_OCTAL = re.compile(r"\\([0-7]{3})")


def network_file_system(folder: Path, mounts: Path = MOUNTS_FILE) -> str:
    """Return the network or shared file system of a folder, existing or not; empty for none or unknown."""
    try:
        lines = mounts.read_text("utf-8", "surrogateescape").splitlines()
        place = folder.resolve()
    except (OSError, RuntimeError):
        return ""
    holder, found = Path("/"), ""
    for line in lines:
        point, kind = _parse_mount(line)
        if point is not None and place.is_relative_to(point) and point.is_relative_to(holder):
            holder, found = point, kind  # of two mounts on one point the later one is seen
    return found if found in NETWORK_FILE_SYSTEMS or found.removeprefix("fuse.") in FUSE_FILE_SYSTEMS else ""


def network_folder_warning(folder: Path, kind: str) -> str:
    """Return a one-line warning on a data folder on a network file system."""
    return (
        f"the data folder {folder} lies on a network file system ({kind}), which may lose locks and so sessions; "
        "point KIMI_TUI_HOME at a local folder"
    )


def _parse_mount(line: str) -> tuple[Path | None, str]:
    """Parse a mount line into folder and type; fields are separated by blanks, blanks in them are octal."""
    before, _, after = line.partition(" - ")
    fields, kinds = before.split(" "), after.split(" ")
    if len(fields) < 5 or not kinds[0]:
        return None, ""
    return Path(_OCTAL.sub(lambda octal: chr(int(octal[1], 8)), fields[4])), kinds[0]
