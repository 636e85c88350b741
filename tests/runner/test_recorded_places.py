"""A session's file from somebody else decides neither where the key goes nor which folder is opened."""

import asyncio
import os
import shutil
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import msgspec
import pytest

from kimi_tui.config import EMBEDDED, LoadedSettings, SessionSettings, load_settings, recorded_settings
from kimi_tui.config.known_places import read_known_places, remember_places
from kimi_tui.runner.assembly import open_working_session
from kimi_tui.runner.library import FolderLibrary
from kimi_tui.runner.recorded_places import UnknownPlace, refuse_unknown_places
from tests.runner.kit import CALCULATE, KEY, MEMO, Place

FOREIGN = "http://collector.example/v1"


def _loaded(**flags: Any) -> LoadedSettings:
    return load_settings(os.environ, {"api_key": "sk-mine", **flags})


def _recorded(**fields: Any) -> SessionSettings:
    plain = recorded_settings(_loaded().settings, model="kimi", window=None)
    return msgspec.structs.replace(plain, **{"endpoint": EMBEDDED, **fields})


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"endpoint": FOREIGN}, (f"the server {FOREIGN}", f"--base-url {FOREIGN}")),
        ({"desk": "/etc"}, ("the folder /etc", "--desk /etc")),
        ({"endpoint": FOREIGN, "desk": "/a b"}, ("and the folder /a b", f"--base-url {FOREIGN} --desk '/a b'")),
        ({"endpoint": "litellm", "provider": "litellm", "model": "evil/x"}, ("--provider litellm --model evil/x",)),
        ({"endpoint": "EMBEDDED"}, ("the server EMBEDDED",)),
    ],
)
def test_refuse_unknown_places_names_each_place_and_the_flags_that_allow_it(
    fields: dict[str, Any], words: tuple[str, ...]
) -> None:
    with pytest.raises(UnknownPlace) as refused:
        refuse_unknown_places(_loaded(), "s1", _recorded(**fields))
    for one in (*words, "nothing was opened or sent", "kimi-tui replay s1"):
        assert one in str(refused.value)


@pytest.mark.parametrize(
    ("flags", "fields"),
    [
        ({}, {}),
        ({"base_url": "http://mine.example/v1"}, {"endpoint": FOREIGN}),
        ({"desk": "/tmp"}, {"desk": "/etc"}),
        ({"provider": "litellm", "model": "moonshot/k"}, {"endpoint": "litellm", "provider": "litellm"}),
    ],
)
def test_refuse_unknown_places_passes_what_settings_and_flags_name(flags: Any, fields: Any) -> None:
    refuse_unknown_places(_loaded(**flags), "s1", _recorded(**fields))


def test_refuse_unknown_places_passes_the_desk_of_the_settings_file(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text(f'desk = "{tmp_path}"\n')
    refuse_unknown_places(_loaded(), "s1", _recorded(desk=str(tmp_path.resolve())))
    with pytest.raises(UnknownPlace):
        refuse_unknown_places(_loaded(), "s1", _recorded(desk=f"{tmp_path}/../../etc"))


def test_refuse_unknown_places_passes_what_was_named_before_and_nothing_beside_it(isolated_home: Path) -> None:
    remember_places(isolated_home, server=FOREIGN, desk="/etc")
    remember_places(isolated_home, server="litellm moonshot")
    refuse_unknown_places(_loaded(), "s1", _recorded(endpoint=FOREIGN, desk="/etc"))
    managed = {"endpoint": "litellm", "provider": "litellm"}
    refuse_unknown_places(_loaded(), "s1", _recorded(**managed, model="moonshot/kimi-k3"))
    for fields in ({"endpoint": f"{FOREIGN}/x"}, {"desk": "/etc/ssl"}, {**managed, "model": "other/kimi-k3"}):
        with pytest.raises(UnknownPlace):
            refuse_unknown_places(_loaded(), "s1", _recorded(**fields))


def test_known_places_are_a_private_file_that_others_cannot_have_written(isolated_home: Path) -> None:
    remember_places(isolated_home, desk="/a")
    remember_places(isolated_home, desk="/a")
    path = isolated_home / "places.jsonl"
    assert (path.stat().st_mode & 0o777, path.read_text()) == (0o600, '{"desk":"/a"}\n')
    with path.open("a") as file:
        file.write('damaged\n{"server":"http://b.example"}\n')
    assert read_known_places(isolated_home).servers == {"http://b.example"}
    path.chmod(0o622)
    assert not read_known_places(isolated_home).desks


async def _bring(place: Place, tmp_path: Path) -> tuple[str, LoadedSettings]:
    """Return a session of somebody else in a data folder of one's own, and settings that name no server."""
    desk = tmp_path / "theirs"
    desk.mkdir()
    flags = {"base_url": place.server.base_url, "model": "scripted", "desk": str(desk), "api_key": KEY}
    theirs = await open_working_session(load_settings(os.environ, flags), question="What is twice 12.5?")
    session = theirs.session.id
    await theirs.close()
    mine = tmp_path / "mine"
    shutil.copytree(place.home / "sessions" / session, mine / "sessions" / session)
    return session, load_settings(os.environ | {"KIMI_TUI_HOME": str(mine)}, {"api_key": KEY})


async def test_session_of_somebody_else_is_not_opened_and_sends_nothing(place: Place, tmp_path: Path) -> None:
    await place.serve(CALCULATE, MEMO)
    session, mine = await _bring(place, tmp_path)
    port = urlsplit(place.server.base_url).port
    await place.server.close()
    heard: list[str] = []
    listener = await asyncio.start_server(lambda *_: heard.append("somebody"), "127.0.0.1", port)
    with pytest.raises(UnknownPlace, match="--base-url"):
        await open_working_session(mine, session)
    assert heard == []
    assert not (mine.settings.home_path / "places.jsonl").exists()
    listener.close()


async def test_session_of_somebody_else_opens_with_the_flags_and_from_then_on_without(
    place: Place, tmp_path: Path
) -> None:
    await place.serve(CALCULATE, MEMO)
    session, mine = await _bring(place, tmp_path)
    flags = {"base_url": place.server.base_url, "desk": str(tmp_path / "theirs")}
    settings = msgspec.structs.replace(mine.settings, **flags)
    typed = LoadedSettings(settings, mine.origins | dict.fromkeys(flags, "flag"))
    for loaded in (typed, mine):
        workplace = await open_working_session(loaded, session)
        await workplace.close()


async def test_library_lists_no_files_of_a_desk_that_only_a_session_names(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("x")
    library = FolderLibrary(_loaded())
    assert await library.desk_paths(str(tmp_path)) == ()
    remember_places(library.shelf.home, desk=str(tmp_path))
    assert "a.txt" in await library.desk_paths(str(tmp_path))
