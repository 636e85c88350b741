"""Stamps: they change when what a result depends on does, and only then."""

import os
from pathlib import Path

import pytest

from kimi_tui.events import Effect
from kimi_tui.tools.freshness import ALWAYS, NETWORK, freshness_stamp


@pytest.fixture
def desk(tmp_path: Path) -> Path:
    (tmp_path / "a.md").write_text("a")
    (tmp_path / "b.sqlite").write_bytes(b"b")
    return tmp_path


def touch(path: Path, text: str = "changed") -> None:
    """Change a file, and its time for sure."""
    path.write_text(text)
    os.utime(path, ns=(10**18, 10**18))


@pytest.mark.parametrize(
    ("effect", "changed"),
    [
        (Effect("read", "a.md"), "a.md"),
        (Effect("query", "b.sqlite"), "b.sqlite"),
        (Effect("query", "b.sqlite"), "b.sqlite-wal"),
        (Effect("read"), "a.md"),
        (Effect("read"), "new.md"),
        (Effect("read"), "b.sqlite-wal"),
        (Effect("read", "not there"), "new.md"),
    ],
)
async def test_freshness_stamp_changes_with_file(desk: Path, effect: Effect, changed: str) -> None:
    before = await freshness_stamp((effect,), desk)
    assert before == await freshness_stamp((effect,), desk)
    touch(desk / changed)
    assert before != await freshness_stamp((effect,), desk)


async def test_a_stamp_does_not_change_with_other_files(desk: Path) -> None:
    before = await freshness_stamp((Effect("read", "a.md"),), desk)
    touch(desk / "new.md")
    assert before == await freshness_stamp((Effect("read", "a.md"),), desk)


async def test_sources_and_calculations_stay_as_they_are(desk: Path) -> None:
    assert await freshness_stamp((Effect("read", "S12"),), desk) == ALWAYS
    assert await freshness_stamp((), desk) == ALWAYS


async def test_freshness_stamp_network_depends_on_age(desk: Path) -> None:
    assert await freshness_stamp((Effect("network", "a.example"),), desk) == NETWORK
    assert NETWORK in await freshness_stamp((Effect("network", "a.example"), Effect("read", "a.md")), desk)


@pytest.mark.parametrize("effect", [Effect("write", "x"), Effect("spend")])
async def test_freshness_stamp_call_with_effect_is_empty(desk: Path, effect: Effect) -> None:
    assert await freshness_stamp((Effect("read", "a.md"), effect), desk) == ""


async def test_a_desk_that_is_gone_has_no_stamp(tmp_path: Path) -> None:
    assert await freshness_stamp((Effect("read"),), tmp_path / "gone") == ""
