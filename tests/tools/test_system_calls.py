"""The filter of system calls, run step by step as the kernel would."""

import os
import struct
import sys

import pytest

from kimi_tui.tools.workers.system_calls import filter_steps, refuse_system_calls

ALLOW, KILL, REFUSE, UNKNOWN = 0x7FFF0000, 0x80000000, 0x00050001, 0x00050026
X86, ARM = "x86_64", "aarch64"
NATIVE = {X86: 0xC000003E, ARM: 0xC00000B7}


def decided(machine: str, number: int, *, starts_program: bool = False, first: int = 0, architecture: int = 0) -> int:
    """Return the filter's answer to a call."""
    steps = filter_steps(machine, starts_program)
    data = {0: number, 4: architecture or NATIVE[machine], 16: first}
    at = value = 0
    while True:
        code, yes, no, given = steps[at]
        at += 1
        if code == 0x20:
            value = data[given]
        elif code == 0x06:
            return given
        else:
            holds = {0x15: value == given, 0x35: value >= given, 0x45: bool(value & given)}[code]
            at += yes if holds else no


@pytest.mark.parametrize(("machine", "numbers"), [(X86, (0, 1, 2, 257, 9, 231)), (ARM, (63, 64, 56, 222, 94))])
def test_filter_allows_reading_writing_and_ending(machine: str, numbers: tuple[int, ...]) -> None:
    assert {decided(machine, number) for number in numbers} == {ALLOW}


@pytest.mark.parametrize(
    ("machine", "numbers"),
    [
        (
            X86,
            (41, 42, 101, 310, 165, 272, 321, 175, 425, 428),
        ),  # socket, connect, ptrace, mount, unshare, bpf and so on
        (ARM, (198, 203, 117, 270, 40, 97, 280, 105, 425, 428)),
    ],
)
def test_filter_refuses_sockets_processes_and_the_kernel(machine: str, numbers: tuple[int, ...]) -> None:
    for starts_program in (False, True):
        assert {decided(machine, number, starts_program=starts_program) for number in numbers} == {REFUSE}


@pytest.mark.parametrize(("machine", "numbers"), [(X86, (59, 57, 62, 53)), (ARM, (221, 129, 199))])
def test_filter_lets_only_a_starter_of_programs_start_and_signal(machine: str, numbers: tuple[int, ...]) -> None:
    assert {decided(machine, number) for number in numbers} == {REFUSE}
    assert {decided(machine, number, starts_program=True) for number in numbers} == {ALLOW}


@pytest.mark.parametrize(("machine", "clone"), [(X86, 56), (ARM, 220)])
def test_filter_lets_threads_be_made_and_no_processes(machine: str, clone: int) -> None:
    assert decided(machine, clone, first=0x10000 | 0x100) == ALLOW
    assert decided(machine, clone, first=0x100) == REFUSE
    assert decided(machine, 435) == UNKNOWN
    assert decided(machine, 435, starts_program=True) == ALLOW


@pytest.mark.parametrize("machine", [X86, ARM])
def test_filter_kills_calls_of_another_architecture(machine: str) -> None:
    assert decided(machine, 0, architecture=0x40000003) == KILL
    assert decided(machine, 0x40000000) == REFUSE


@pytest.mark.parametrize("machine", [X86, ARM])
@pytest.mark.parametrize("starts_program", [False, True])
def test_filter_is_short_enough_for_the_kernel_and_jumps_inside(machine: str, starts_program: bool) -> None:
    steps = filter_steps(machine, starts_program)
    assert len(steps) < 4096
    for at, (code, yes, no, value) in enumerate(steps):
        struct.pack("=HBBI", code, yes, no, value)
        assert at + 1 + max(yes, no) < len(steps) or code == 0x06
    assert steps[-1] == (0x06, 0, 0, ALLOW)


def test_refuse_system_calls_on_another_machine_does_not_hold(monkeypatch: pytest.MonkeyPatch) -> None:
    uname = os.uname_result(("Linux", "host", "6", "1", "riscv64"))
    monkeypatch.setattr(os, "uname", lambda: uname)
    assert refuse_system_calls(starts_program=False) is False
    monkeypatch.setattr(sys, "platform", "darwin")
    assert refuse_system_calls(starts_program=False) is False
