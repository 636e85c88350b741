"""`@` completes the documents of the desk and the sources of the session, by a few letters of their names."""

import asyncio
from pathlib import Path

import pytest

from kimi_tui.commands import Steer
from kimi_tui.config import LoadedSettings, Settings
from kimi_tui.config.known_places import remember_places
from kimi_tui.events import SessionOpened
from kimi_tui.runner.library import FolderLibrary
from kimi_tui.tools.desk.files import find_file, list_desk
from kimi_tui.tui.completion.document_matcher import DocumentMatcher, comparable_paths, quote_path, rank_names
from kimi_tui.tui.completion.popup import CompletionPopup
from tests.tui.sessions import MemoryLibrary, running_session
from tests.tui.test_bursts import burst, keys_of
from tests.tui.test_slash_commands import line_of, popup_of, staged

PATHS = ("reports/acme-2023.pdf", "reports/acme-2024.pdf", "letters/to acme.html", "prices.csv")


def library_of(*paths: str, desk: str = "/desk") -> MemoryLibrary:
    """A library with a running session and a desk of these documents."""
    session = running_session()
    first = session.entries[0].event
    assert isinstance(first, SessionOpened)
    first.settings["desk"] = desk
    library = MemoryLibrary(session)
    library.paths = paths
    return library


async def found(typed: str, *paths: str) -> list[str]:
    """Return what the typed letters find."""

    async def listed() -> tuple[str, ...]:
        return paths

    return [one.label for one in await DocumentMatcher(listed).find(typed)]


async def test_document_is_completed_with_its_exact_path() -> None:
    async with staged(MemoryLibrary(), desk="filings") as stage:
        stage.library.paths = PATHS
        await burst(stage, *keys_of("Compare "), "at", *keys_of("a24"))
        await stage.until(lambda: popup_of(stage) == ["reports/acme-2024.pdf"])
        await burst(stage, "tab", *keys_of("with the plan"))
        assert line_of(stage).text == "Compare reports/acme-2024.pdf with the plan"


async def test_enter_typed_at_once_completes_and_sends_nothing() -> None:
    async with staged(library_of(*PATHS), session_id="s1") as stage:
        await burst(stage, "at", *keys_of("prices"), "enter")
        assert line_of(stage).text == "prices.csv "
        assert stage.session.commands == []
        await burst(stage, "enter")
        assert stage.session.commands == [Steer("prices.csv")]


async def test_sources_of_the_session_are_offered_by_id_and_title() -> None:
    async with staged(library_of(), session_id="s1") as stage:
        await burst(stage, "at", *keys_of("tharn"))
        await stage.until(lambda: popup_of(stage) == ["S1"])
        await burst(stage, "tab")
        assert line_of(stage).text == "S1 "


async def test_sign_inside_a_word_and_escape_offer_nothing() -> None:
    async with staged(library_of(*PATHS), session_id="s1") as stage:
        await burst(stage, *keys_of("me"), "at", *keys_of("acme"))
        assert not stage.app.screen.query_one(CompletionPopup).display
        await burst(stage, "space", "at", "a")
        await stage.until(lambda: popup_of(stage))
        await burst(stage, "escape", "enter")
        assert stage.session.commands == [Steer("me@acme @a")]


async def test_list_closes_when_the_line_is_left() -> None:
    async with staged(library_of(*PATHS), session_id="s1") as stage:
        await burst(stage, "at", "a")
        await stage.until(lambda: popup_of(stage))
        stage.screen.timeline.focus()
        await stage.until(lambda: not popup_of(stage))


async def test_session_without_a_desk_offers_no_document_of_another() -> None:
    async with staged(library_of(*PATHS, desk=""), session_id="s1") as stage:
        await burst(stage, "at", *keys_of("acme"))
        assert popup_of(stage) == []


@pytest.mark.parametrize(
    ("typed", "first"),
    [
        ("acme", "reports/acme-2023.pdf"),
        ("2024", "reports/acme-2024.pdf"),
        ("toac", "letters/to acme.html"),
        ("let", "letters/to acme.html"),
        ("PRC", "prices.csv"),
    ],
)
async def test_nearest_name_comes_first(typed: str, first: str) -> None:
    assert (await found(typed, *PATHS))[0] == first


async def test_nothing_typed_lists_documents_and_nothing_fits_lists_none() -> None:
    assert len(await found("", *PATHS)) == len(PATHS)
    assert await found("zzz", *PATHS) == []


async def test_ten_thousand_documents_never_hold_up_the_loop() -> None:
    paths = tuple(f"folder {n % 97}/report-of-company-{n}-annual.pdf" for n in range(10_000))

    async def listed() -> tuple[str, ...]:
        return paths

    matcher = DocumentMatcher(listed)
    await matcher.find("")
    turns = 0

    async def count() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    counting = asyncio.create_task(count())
    assert [one.label for one in await matcher.find("company-9999")] == ["folder 8/report-of-company-9999-annual.pdf"]
    counting.cancel()
    assert turns >= 5, "keys are taken between slices"


@pytest.mark.parametrize(
    "name", ["plain.pdf", "with blank.pdf", 'say "x" y.pdf', "a\u202eb.txt", "two\nlines.txt", "x\x1b[2J.txt"]
)
def test_what_is_put_into_the_line_names_the_file_on_the_desk(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("text")
    desk = list_desk(tmp_path)
    put = quote_path(desk.files[0].path)
    assert "\n" not in put
    assert "\x1b" not in put
    bare = put[1:-1] if put[0] in "\"'" else put
    assert find_file(desk, bare) == desk.files[0]


def test_letters_of_a_pattern_are_letters() -> None:
    assert rank_names(".*(", comparable_paths(["abc"])) == []


async def test_library_lists_its_desk_and_that_of_a_session(tmp_path: Path) -> None:
    for folder in ("own", "other"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / f"{folder}.txt").write_text("text")
    library = FolderLibrary(LoadedSettings(Settings(home=str(tmp_path / "home"), desk=str(tmp_path / "own")), {}))
    assert await library.desk_paths() == ("own.txt",)
    remember_places(tmp_path / "home", desk=str(tmp_path / "other"))
    assert await library.desk_paths(str(tmp_path / "other")) == ("other.txt",)
    assert await library.desk_paths("") == ()
    assert await library.desk_paths(str(tmp_path / "gone")) == ()
    await library.close()
