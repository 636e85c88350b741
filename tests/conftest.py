"""What every test stands on: a world in which nothing of the machine's own settings or sessions is seen."""

import os
from pathlib import Path

import pytest


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
