"""Set-up inside the app, on real servers of loopback: by keyboard, by mouse, and with everything that goes wrong."""

import asyncio
import contextlib
import os
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from textual import events
from textual.widgets import Static

from kimi_tui.cli.setup_service import FileSetup
from kimi_tui.config import ConfigError, LoadedSettings, load_settings
from kimi_tui.config.secret_values import read_secret, reference_to
from kimi_tui.embedded.server import EmbeddedServer
from kimi_tui.runner.library import FolderLibrary
from kimi_tui.tui.screens.library import LibraryScreen
from kimi_tui.tui.screens.library_facts import NOT_KIMI_NOTICE
from kimi_tui.tui.setup.screen import SetupScreen
from kimi_tui.tui.setup.write_dialog import WriteDialog
from kimi_tui.tui.widgets.row_list import RowList
from kimi_tui.tui.widgets.text_line import TextLine
from tests.providers.ways import Authority
from tests.tui.scene import notices, text_of
from tests.tui.sessions import MemoryLibrary
from tests.tui.stage import Stage, staged
from tests.tui.test_hostile_text import screen_text

KEY = "sk-0123456789abcdef"


@asynccontextmanager
async def set_up(
    size: tuple[int, int] = (80, 24), **flags: Any
) -> AsyncIterator[tuple[Stage, FileSetup, list[LoadedSettings]]]:
    """The app with its set-up screen open, the service, and the settings that the next session was given."""
    used: list[LoadedSettings] = []
    service = FileSetup(load_settings(flags=flags), used.append)
    options: dict[str, Any] = {"model_line": "extractive-researcher", "desk": "", "suggestions": ()}
    async with staged(MemoryLibrary(), size=size, **options) as stage:
        stage.app.setup = service
        await stage.press("f8")
        await stage.until(lambda: isinstance(stage.app.screen, SetupScreen))
        await stage.pilot.pause()
        yield stage, service, used


@asynccontextmanager
async def answering(body: bytes, status: str = "200 OK", context: Any = None) -> AsyncIterator[int]:
    """A server that answers every request alike; yields its port."""

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            await reader.readuntil(b"\r\n\r\n")
            head = f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
            writer.write(head.encode() + body)
            await writer.drain()
        writer.close()

    server = await asyncio.start_server(handle, "127.0.0.1", 0, ssl=context)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()


def status(stage: Stage) -> str:
    return text_of(stage, "#setup-status")


async def type_into(stage: Stage, line: str, text: str) -> None:
    """Paste a text into a line, in the place of what it holds, with enter."""
    field = stage.app.screen.query_one(f"#setup-{line}", TextLine)
    field.set_text("")
    field.focus()
    stage.app.post_message(events.Paste(text))
    await stage.press("enter")


def forget_findings(stage: Stage) -> None:
    """Empty what was found, so that nothing of it is taken for what comes next."""
    stage.app.screen.query_one("#setup-status", Static).update("")
    stage.app.screen.query_one("#setup-found", Static).update("")


async def confirm(stage: Stage) -> str:
    """Ask for the change, choose to write it, and return what was shown."""
    await stage.press("ctrl+s")
    await stage.until(lambda: isinstance(stage.app.screen, WriteDialog))
    shown = screen_text(stage.app)
    await stage.press("tab", "enter")
    await stage.until(lambda: isinstance(stage.app.screen, LibraryScreen))
    return shown


async def test_a_server_is_set_by_keyboard_alone_and_used_without_restart(tmp_path: Path):
    server = EmbeddedServer(pace=0, api_key=KEY)
    address = await server.start()
    desk = tmp_path / "desk"
    desk.mkdir()
    (desk / "report.md").write_text("# Report\n\nRevenue was 12.\n")
    try:
        async with set_up() as (stage, service, used):
            await stage.press(*address.removeprefix("http://"), "enter")
            await stage.until(lambda: stage.find("#setup-key").has_focus)
            assert "wants a key" in status(stage)
            await stage.press(*KEY, "enter")
            await stage.until(lambda: stage.find("#setup-desk").has_focus)
            await type_into(stage, "desk", str(desk))
            await stage.until(lambda: stage.find("#setup-search").has_focus)
            await stage.until(lambda: "1 of 1 document read" in text_of(stage, "#setup-found"))
            assert KEY not in screen_text(stage.app)
            await stage.press("enter")
            await stage.until(lambda: stage.find("#choice-write").has_focus)
            await stage.press("enter")
            await stage.until(lambda: isinstance(stage.app.screen, WriteDialog))
            shown = screen_text(stage.app)
            assert "+base_url" in shown
            assert KEY not in shown
            assert service.path.read_text() == "", "nothing is written before the person's word"
            await stage.press("enter")
            await stage.until(lambda: isinstance(stage.app.screen, SetupScreen))
            assert service.path.read_text() == "", "back writes nothing"
            await confirm(stage)
            assert NOT_KIMI_NOTICE not in screen_text(stage.app)
            assert str(service.path) in notices(stage)
            assert KEY not in notices(stage)
    finally:
        await server.close()
    kept = load_settings().settings
    assert (kept.base_url, kept.api_key, kept.desk) == (address, KEY, str(desk))
    assert used[-1].settings.base_url == address
    assert service.path.stat().st_mode & 0o777 == 0o600


async def test_a_server_is_set_by_mouse_alone_after_a_paste():
    server = EmbeddedServer(pace=0)
    address = await server.start()
    try:
        async with set_up() as (stage, _service, used):
            stage.app.screen.query_one("#setup-server", TextLine).set_text(address)
            await stage.pilot.click("#choice-write")
            await stage.until(lambda: isinstance(stage.app.screen, WriteDialog))
            await stage.pilot.click("#choice-write")
            await stage.until(lambda: used)
    finally:
        await server.close()
    assert load_settings().settings.base_url == address


async def test_the_doctors_lines_are_shown_with_what_fixes_each():
    server = EmbeddedServer(pace=0)
    try:
        async with set_up((120, 40)) as (stage, _, _):
            await type_into(stage, "server", await server.start())
            await stage.until(lambda: "can be used" in status(stage))
            found = text_of(stage, "#setup-found")
            assert "context" in found
            assert "fix: " in found
    finally:
        await server.close()


async def test_several_models_are_offered_and_those_that_chat_come_first():
    body = b'{"data": [{"id": "bge-m3-embedding"}, {"id": "kimi-k2"}, {"id": "\\u001b[2Jevil"}]}'
    async with answering(body) as port, set_up() as (stage, _service, _):
        await type_into(stage, "server", f"127.0.0.1:{port}/v1")
        await stage.until(lambda: stage.find("#setup-models").has_focus)
        rows = stage.app.screen.query_one("#setup-models", RowList).rows
        assert "kimi-k2" in rows[0].cells[0].text
        assert "answers nothing" in rows[-1].cells[1].text
        assert "\x1b" not in screen_text(stage.app)
        await stage.press("enter")
        assert stage.app.screen.query_one("#setup-model", TextLine).value == "kimi-k2"


NO_MODEL_SERVERS = (
    (b"<html>hello</html>", "200 OK", "red"),
    (b"[]", "404 Not Found", "red"),
    (b'{"data": []}', "200 OK", "offers no model"),
    (b'{"error": "no"}', "500 Internal Server Error", "red"),
)
"""What a server answers that is none for models, with a word of what is said of it."""


async def test_what_is_no_model_server_is_one_red_line():
    async with set_up() as (stage, service, _):
        for body, answer, words in NO_MODEL_SERVERS:
            forget_findings(stage)
            async with answering(body, answer) as port:
                await type_into(stage, "server", f"http://127.0.0.1:{port}/v1")
                await stage.until(lambda: "cannot be used" in status(stage))
            assert words in text_of(stage, "#setup-found"), (body, answer)
            assert stage.find("#setup-server").has_focus
        assert service.path.read_text() == ""


async def test_a_refused_port_says_so_and_the_line_stays():
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        port = held.getsockname()[1]
        async with set_up() as (stage, _, _):
            await type_into(stage, "server", f"127.0.0.1:{port}")
            await stage.until(lambda: "cannot be used" in status(stage))
            assert f"127.0.0.1:{port}" in text_of(stage, "#setup-found")
            assert "fix: " in text_of(stage, "#setup-found")


async def test_a_certificate_that_nobody_knows_is_named(tmp_path: Path):
    authority = Authority(tmp_path)
    async with answering(b"{}", context=authority.context) as port, set_up() as (stage, _, _):
        await type_into(stage, "server", f"https://127.0.0.1:{port}/v1")
        await stage.until(lambda: "cannot be used" in status(stage))
        assert "certificate" in text_of(stage, "#setup-found").lower()


async def test_an_address_that_is_none_is_refused_before_anything_is_written():
    async with set_up() as (stage, service, _):
        for address in ("ftp://example.org", "http://me:secret@127.0.0.1/v1", "http://[::1", "http://"):
            forget_findings(stage)
            await type_into(stage, "server", address)
            await stage.until(lambda: "cannot be used" in status(stage))
            await stage.press("ctrl+s")
            await stage.until(lambda: "base_url" in status(stage))
            assert service.path.read_text() == "", address


async def test_a_key_that_is_set_is_not_sent_to_another_server(tmp_path: Path):
    Path(os.environ["KIMI_TUI_CONFIG"]).write_text(f'base_url = "http://127.0.0.1:1/v1"\napi_key = "{KEY}"\n')
    server = EmbeddedServer(pace=0, api_key=KEY)
    try:
        async with set_up() as (stage, service, used):
            assert KEY not in screen_text(stage.app)
            await type_into(stage, "server", await server.start())
            await stage.until(lambda: "wants a key" in status(stage))
            shown = await confirm(stage)
            assert "taken out" in shown
            assert KEY not in shown
            assert used[-1].settings.api_key == ""
            assert KEY not in service.path.read_text()
    finally:
        await server.close()


async def test_name_of_a_variable_is_a_key_whose_value_only_the_variable_holds(monkeypatch):
    monkeypatch.setenv("SETUP_TEST_KEY", KEY)
    server = EmbeddedServer(pace=0, api_key=KEY)
    address = await server.start()
    try:
        async with set_up() as (stage, service, used):
            stage.app.screen.query_one("#setup-server", TextLine).set_text(address)
            await type_into(stage, "key", "SETUP_TEST_KEY")
            await stage.until(lambda: "that of the variable SETUP_TEST_KEY" in status(stage))
            shown = await confirm(stage)
            assert "SETUP_TEST_KEY" in shown, "a name is no secret"
            await stage.until(lambda: used)
            assert KEY not in service.path.read_text()
            assert used[-1].settings.api_key == KEY
    finally:
        await server.close()
    assert load_settings().settings.api_key == KEY
    monkeypatch.delenv("SETUP_TEST_KEY")
    with pytest.raises(ConfigError, match="SETUP_TEST_KEY, which is not set"):
        load_settings()


async def test_name_of_a_variable_that_is_not_set_is_named_and_sent_to_nobody():
    async with set_up() as (stage, service, _):
        stage.app.screen.query_one("#setup-server", TextLine).set_text("http://127.0.0.1:1/v1")
        for typed in ("NO_SUCH_TEST_KEY", "$NO_SUCH_TEST_KEY"):
            for key in ("enter", "ctrl+s"):
                forget_findings(stage)
                await type_into(stage, "key", typed) if key == "enter" else await stage.press(key)
                await stage.until(lambda: "NO_SUCH_TEST_KEY" in status(stage))
                assert text_of(stage, "#setup-found") == "", "no server was asked"
        assert service.path.read_text() == ""


@pytest.mark.parametrize("typed", ["$A_KEY", "${A_KEY}", "A_KEY", " $A_KEY "])
def test_key_that_names_a_variable_is_read_from_it(typed: str):
    assert read_secret(reference_to(typed, {"A_KEY": KEY}), {"A_KEY": KEY}, "api_key") == KEY


@pytest.mark.parametrize("key", ["sk-0123456789abcdef", "ABCDEF0123456789", "EMPTY", "hf_AbC_dEf", "a$b"])
def test_key_that_only_resembles_a_name_stays_a_key(key: str):
    assert reference_to(key, {}) == key
    assert read_secret(key, {}, "api_key") == key


async def test_a_broken_file_is_said_in_words_and_left_alone():
    async with set_up() as (stage, service, _):
        service.path.write_text("model = \n")
        await type_into(stage, "model", "kimi")
        await stage.press("ctrl+s")
        await stage.until(lambda: "not valid TOML" in status(stage))
        assert service.path.read_text() == "model = \n"


async def test_a_read_only_file_is_said_in_words():
    async with set_up() as (stage, service, used):
        service.path.write_text("# mine\n")
        service.path.chmod(0o400)
        stage.app.screen.query_one("#setup-model", TextLine).set_text("kimi")
        await stage.press("ctrl+s")
        await stage.until(lambda: isinstance(stage.app.screen, WriteDialog))
        await stage.press("tab", "enter")
        await stage.until(lambda: "read-only" in status(stage))
        assert service.path.read_text() == "# mine\n"
        assert not used


async def test_a_flag_that_wins_over_the_file_is_named():
    async with set_up(model="typed") as (stage, _, used):
        stage.app.screen.query_one("#setup-model", TextLine).set_text("kimi")
        await confirm(stage)
        await stage.until(lambda: used)
        assert "--model wins over the file next time." in notices(stage)
        assert used[-1].settings.model == "kimi", "until then the person's word holds"


async def test_a_desk_that_is_none_is_said_in_words(tmp_path: Path):
    async with set_up() as (stage, _, _):
        await type_into(stage, "desk", str(tmp_path / "nowhere"))
        await stage.until(lambda: "no desk folder" in status(stage))
        assert stage.find("#setup-desk").has_focus


async def test_a_search_server_is_tried_and_off_turns_the_network_off():
    body = b'{"results": [{"title": "A", "url": "https://example.org/", "content": "b"}]}'
    async with answering(body) as port, set_up() as (stage, _service, used):
        await type_into(stage, "search", f"127.0.0.1:{port}")
        await stage.until(lambda: "1 result" in text_of(stage, "#setup-found"))
        await type_into(stage, "search", "127.0.0.1:1")
        await stage.until(lambda: "cannot be used" in status(stage))
        await type_into(stage, "search", "off")
        await stage.until(lambda: "can be used" in status(stage))
        await confirm(stage)
        await stage.until(lambda: used)
        assert load_settings().settings.offline


async def test_escape_closes_and_nothing_is_written():
    async with set_up() as (stage, service, used):
        await stage.press(*"127.0.0.1:1", "escape")
        await stage.until(lambda: isinstance(stage.app.screen, LibraryScreen))
        assert service.path.read_text() == ""
        assert not used


async def test_without_a_server_the_first_screen_names_the_key_of_the_set_up():
    async with staged(MemoryLibrary(), size=(80, 24), model_line="extractive-researcher") as stage:
        assert "F8 sets up a server." in " ".join(screen_text(stage.app).split())


async def test_the_library_uses_a_new_desk_from_the_next_session_on(tmp_path: Path):
    (tmp_path / "desk").mkdir()
    (tmp_path / "desk" / "a.md").write_text("# A\n\nText.\n")
    library = FolderLibrary(load_settings())
    assert await library.desk_reading() is None
    library.use_settings(load_settings(flags={"desk": str(tmp_path / "desk")}))
    reading = await library.desk_reading()
    assert reading is not None
    assert reading.documents == 1
    await library.close()
