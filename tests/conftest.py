"""Isolate every test: nothing of the machine's own settings or sessions is seen."""

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

pytest_plugins = ["tests.forgotten"]

settings.register_profile("steady", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("steady")  # the same examples every time, however slow the machine is

UNMEASURED = {"cli", "embedded", "probe", "providers", "tools", "tools_dev", "tui"}
"""The folders of tests that are not measured for coverage: measuring more than doubles what a test costs, and these
are about other code than that whose coverage is demanded."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Leave the tests of the unmeasured folders unmeasured."""
    here = Path(__file__).parent
    for item in items:
        if item.path.relative_to(here).parts[0] in UNMEASURED:
            item.add_marker("no_cover")


@pytest.fixture(autouse=True)
def isolated_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty data folder; no setting of the caller's environment reaches a test."""
    for name in [*os.environ]:
        if name.startswith("KIMI_TUI_") or name in {"LINES", "COLUMNS", "NO_COLOR"}:
            monkeypatch.delenv(name)
    folder = tmp_path / "home"
    monkeypatch.setenv("KIMI_TUI_HOME", str(folder))
    settings = tmp_path / "config.toml"
    settings.touch()
    monkeypatch.setenv("KIMI_TUI_CONFIG", str(settings))
    return folder
