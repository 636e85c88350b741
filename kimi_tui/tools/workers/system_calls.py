"""Seccomp: refuse this process the system calls that reach other processes, sockets or the kernel's settings.

A list of what is refused, on x86-64 and 64-bit ARM under Linux: readers of documents use too many calls to list what
is allowed. Other machines go without, and the doctor says so.
"""

import ctypes
import errno
import os
import struct
import sys

_REFUSED: dict[str, dict[str, tuple[int, ...]]] = {
    "sockets": {
        "x86_64": (41, 42, 43, 49, 50, 288),  # socket, connect, accept, bind, listen, accept4
        "aarch64": (198, 203, 202, 200, 201, 242),
    },
    "other processes": {
        "x86_64": (101, 310, 311, 312),  # ptrace, process_vm_readv, process_vm_writev, kcmp
        "aarch64": (117, 270, 271, 272),
    },
    "memory and keys shared by processes": {
        "x86_64": (29, 30, 64, 68, 240, 248, 249, 250),  # shmget, shmat, semget, msgget, mq_open, add_key, keyctl...
        "aarch64": (194, 196, 190, 186, 180, 217, 218, 219),
    },
    "file systems": {
        # mount, umount2, pivot_root, chroot, name_to_handle_at, open_by_handle_at, swapon, acct, quotactl
        "x86_64": (165, 166, 155, 161, 303, 304, 167, 163, 179),
        "aarch64": (40, 39, 41, 51, 264, 265, 224, 89, 60),
    },
    "the kernel": {
        # setns, unshare, perf_event_open, bpf, userfaultfd, *_module, kexec_*, reboot, personality
        "x86_64": (308, 272, 298, 321, 323, 175, 313, 176, 246, 320, 169, 135),
        "aarch64": (268, 97, 241, 280, 282, 105, 273, 106, 104, 294, 142, 92),
    },
}
_REFUSED_EVERYWHERE = (425, 426, 427, 428, 429, 430, 431, 432, 433, 438, 440, 442)
"""io_uring, the new calls that mount, pidfd_getfd, process_madvise, mount_setattr: the same numbers on all machines."""
_PROCESSES: dict[str, tuple[int, ...]] = {
    # execve, execveat, fork, vfork, kill, rt_sigqueueinfo, rt_tgsigqueueinfo, socketpair
    "x86_64": (59, 322, 57, 58, 62, 129, 297, 53),
    "aarch64": (221, 281, 129, 138, 240, 199),
}
_PROCESSES_EVERYWHERE = (424, 434)
"""pidfd_send_signal, pidfd_open."""
_CLONE = {"x86_64": 56, "aarch64": 220}
_CLONE3 = 435
_THREAD = 0x10000
"""The flag of `clone` for a thread."""
_ARCHITECTURES = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
_FIRST_FOREIGN_CALL = 0x40000000
"""Calls of the x32 interface begin here on x86-64."""

_LOAD, _RETURN, _EQUAL, _AT_LEAST, _HAS_BITS = 0x20, 0x06, 0x15, 0x35, 0x45
_NUMBER, _ARCHITECTURE, _FIRST_ARGUMENT = 0, 4, 16
"""Where a filter finds them in its input."""
_ALLOW, _REFUSE, _KILL = 0x7FFF0000, 0x00050000 | errno.EPERM, 0x80000000
_UNKNOWN = 0x00050000 | errno.ENOSYS
_SET_SECCOMP, _FILTER_MODE, _NO_NEW_PRIVILEGES = 22, 2, 38


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("filter", ctypes.c_char_p))


def refuse_system_calls(*, starts_program: bool) -> bool:
    """Refuse them from now on, to this thread and all that it starts; return whether it holds.

    `starts_program` leaves out those that start a process and end it.
    """
    machine = os.uname().machine if sys.platform == "linux" else ""
    if machine not in _ARCHITECTURES:
        return False
    code = b"".join(struct.pack("=HBBI", *step) for step in filter_steps(machine, starts_program))
    program = _Program(len(code) // 8, code)
    library = ctypes.CDLL(None)
    library.prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0)
    return bool(library.prctl(_SET_SECCOMP, _FILTER_MODE, ctypes.byref(program), 0, 0) == 0)


def filter_steps(machine: str, starts_program: bool) -> list[tuple[int, int, int, int]]:
    """Return the filter: instructions of code, two distances to jump, and a value."""
    refused = [number for group in _REFUSED.values() for number in group[machine]]
    refused += _REFUSED_EVERYWHERE
    if not starts_program:
        refused += (*_PROCESSES[machine], *_PROCESSES_EVERYWHERE)
    steps = [(_LOAD, 0, 0, _ARCHITECTURE), (_EQUAL, 1, 0, _ARCHITECTURES[machine]), (_RETURN, 0, 0, _KILL)]
    steps += [(_LOAD, 0, 0, _NUMBER), (_AT_LEAST, 0, 1, _FIRST_FOREIGN_CALL), (_RETURN, 0, 0, _REFUSE)]
    for number in refused:
        steps += [(_EQUAL, 0, 1, number), (_RETURN, 0, 0, _REFUSE)]
    if not starts_program:  # a library that misses clone3 takes clone, whose flags can be looked at
        steps += [(_EQUAL, 0, 1, _CLONE3), (_RETURN, 0, 0, _UNKNOWN), (_EQUAL, 0, 3, _CLONE[machine])]
        steps += [(_LOAD, 0, 0, _FIRST_ARGUMENT), (_HAS_BITS, 1, 0, _THREAD), (_RETURN, 0, 0, _REFUSE)]
    return [*steps, (_RETURN, 0, 0, _ALLOW)]
