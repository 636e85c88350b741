"""The doctor tries what a worker must not be able to do, and says which of it one could."""

import os
import sys

import pytest

from kimi_tui.config import load_settings
from kimi_tui.doctor import check_installation
from kimi_tui.events import ServerFinding
from kimi_tui.tools.workers import pool
from kimi_tui.tools.workers.isolation import find_escapes
from kimi_tui.tools.workers.landlock import landlock_version

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="other systems do not enforce every limit")

WITHOUT = """
import kimi_tui.tools.workers.child as child
for name in {names}: setattr(child, name, lambda *given, **named: None)
"""
MISSING = {
    "files": landlock_version() == 0,
    "calls": os.uname().machine not in ("x86_64", "aarch64"),
}
"""Layers that this system cannot have."""


async def isolation(layer: str) -> ServerFinding:
    """Return what the doctor says of one layer."""
    findings = await check_installation(load_settings())
    return next(finding for finding in findings if finding.name == f"isolation: {layer}")


def without(monkeypatch: pytest.MonkeyPatch, *names: str) -> None:
    """Let workers start without some of their protections."""
    monkeypatch.setattr(pool, "_START", pool._START.replace("serve(sys", WITHOUT.format(names=names) + "serve(sys"))


async def test_worker_that_is_isolated_is_said_to_be_because_it_was_tried() -> None:
    expected = {layer for layer, missing in MISSING.items() if missing}
    found = await find_escapes()
    assert {layer for layer, could in found.items() if could} == expected
    for finding in await check_installation(load_settings()):
        layer = finding.name.removeprefix("isolation: ")
        if layer in found and layer != finding.name:
            assert finding.grade == ("amber" if layer in expected else "green")
            assert ("tried in a worker" in finding.detail) is (layer not in expected)


@pytest.mark.parametrize(
    ("protection", "layer", "could"),
    [
        ("restrict_files", "files", ["read files that it was not given", "write outside its folder"]),
        ("refuse_system_calls", "calls", ["connect to sockets of yours", "start programs", "start processes"]),
        (
            "_limit",
            "limits",
            ["write files without a limit", "open files without a limit", "take memory without a limit"],
        ),
    ],
)
async def test_protection_that_does_not_hold_is_named(
    monkeypatch: pytest.MonkeyPatch, protection: str, layer: str, could: list[str]
) -> None:
    without(monkeypatch, protection, "_refuse_processes", *(["restrict_files"] if layer == "calls" else []))
    finding = await isolation(layer)
    assert finding.grade == "amber"
    assert all(what in finding.detail for what in could)
    assert "Linux" in finding.remedy


async def test_network_that_nothing_refuses_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    without(monkeypatch, "_leave_network", "refuse_system_calls", "restrict_files")
    finding = await isolation("network")
    assert (finding.grade, "reach the network" in finding.detail) == ("amber", True)


async def test_variables_that_a_worker_sees_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KIMI_TUI_API_KEY", "sk-canary")
    assert "see variables of yours" not in (await find_escapes())["variables"]
    monkeypatch.setattr(pool, "INHERITED", (*pool.INHERITED, "KIMI_TUI_API_KEY"))
    assert "see variables of yours" in (await find_escapes())["variables"]


async def test_isolation_that_cannot_be_tried_is_not_said_to_hold(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pool, "_START", "raise SystemExit(3)")
    findings = await check_installation(load_settings())
    finding = next(finding for finding in findings if finding.name == "isolation")
    assert finding.grade == "amber"
    assert finding.detail.startswith("not tried")
