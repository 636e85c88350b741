"""The doctor tries what a worker must not be able to do, and says which of it one could."""

import sys

import pytest

from kimi_tui.config import load_settings
from kimi_tui.doctor import check_installation
from kimi_tui.events import ServerFinding
from kimi_tui.tools.workers import pool
from kimi_tui.tools.workers.isolation import find_escapes

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="other systems do not enforce every limit")

WITHOUT = "import kimi_tui.tools.workers.child as child\nchild.{name} = lambda *given: None\nserve("


async def isolation() -> ServerFinding:
    """Return the doctor's words about isolation."""
    return next(finding for finding in await check_installation(load_settings()) if finding.name == "isolation")


def without(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """Let workers start without one of their protections."""
    monkeypatch.setattr(pool, "_START", pool._START.replace("serve(", WITHOUT.format(name=name)))


async def test_worker_that_is_isolated_is_said_to_be_because_it_was_tried() -> None:
    if await find_escapes() == ["reach the network"]:
        pytest.skip("this user may not make network namespaces")
    finding = await isolation()
    assert (finding.grade, finding.remedy) == ("green", "")
    assert "tried in a worker" in finding.detail


@pytest.mark.parametrize(
    ("protection", "could"),
    [
        ("_leave_network", ["reach the network"]),
        ("_limit", ["write files without a limit", "open files without a limit", "take memory without a limit"]),
    ],
)
async def test_protection_that_does_not_hold_is_named(
    monkeypatch: pytest.MonkeyPatch, protection: str, could: list[str]
) -> None:
    without(monkeypatch, protection)
    finding = await isolation()
    assert finding.grade == "amber"
    assert all(what in finding.detail for what in could)
    assert "namespaces" in finding.remedy


async def test_variables_that_a_worker_sees_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KIMI_TUI_API_KEY", "sk-canary")
    assert "see variables of yours" not in await find_escapes()
    monkeypatch.setattr(pool, "INHERITED", (*pool.INHERITED, "KIMI_TUI_API_KEY"))
    assert "see variables of yours" in await find_escapes()


async def test_isolation_that_cannot_be_tried_is_not_said_to_hold(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pool, "_START", "raise SystemExit(3)")
    finding = await isolation()
    assert finding.grade == "amber"
    assert finding.detail.startswith("not tried")
