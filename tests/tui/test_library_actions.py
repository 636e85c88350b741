"""Actions on the session under the cursor, and the order of the list; without an app."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import msgspec
from textual.message import Message

from kimi_tui.session import SearchHit, SessionSummary
from kimi_tui.tui.messages import ExportRequested, OpenRequested
from kimi_tui.tui.screens.dialog import Dialog, DialogAnswer
from kimi_tui.tui.screens.library_actions import LibraryActions, LibraryHost
from kimi_tui.tui.screens.library_filter import parse_library_query
from kimi_tui.tui.screens.library_list import LibraryList
from kimi_tui.tui.screens.library_rows import COLUMNS, FOUND_COLUMNS
from kimi_tui.tui.screens.session_alerts import BackgroundChanges, background_sessions
from tests.tui.sessions import START, MemoryLibrary, finished_session, running_session


class Shelf:
    """A library of two sessions, with the cursor on one of them."""

    def __init__(self) -> None:
        self.library = MemoryLibrary(running_session("s1"), finished_session("s2"))
        self.cursor = "s2"
        self.answer: DialogAnswer | None = None
        self.posted: list[Message] = []
        self.reported: list[str] = []
        self.announced: list[str] = []
        self.reloads = 0
        self.tasks: list[asyncio.Task[None]] = []
        host = LibraryHost(
            self.selected,
            self.reload,
            self.start,
            self.ask,
            self.posted.append,
            self.reported.append,
            lambda summary: self.announced.append(summary.id),
        )
        self.actions = LibraryActions(self.library, host)

    def selected(self) -> SessionSummary | None:
        return self.library.held[self.cursor].summary() if self.cursor in self.library.held else None

    async def reload(self) -> None:
        self.reloads += 1

    def start(self, work: Callable[[], Coroutine[Any, Any, None]], group: str) -> None:
        self.tasks.append(asyncio.ensure_future(work()))

    async def ask(self, dialog: Dialog) -> DialogAnswer | None:
        return self.answer

    async def done(self) -> None:
        await asyncio.gather(*self.tasks)


async def test_library_actions_delete_and_undo_bring_the_last_one_back() -> None:
    shelf = Shelf()
    shelf.actions.delete()
    await shelf.done()
    assert (shelf.actions.deleted, shelf.announced, list(shelf.library.held)) == (["s2"], ["s2"], ["s1"])
    shelf.actions.undo()
    await shelf.done()
    assert (shelf.actions.deleted, sorted(shelf.library.held), shelf.reloads) == ([], ["s1", "s2"], 2)
    shelf.actions.undo()
    await shelf.done()
    assert shelf.reloads == 2  # nothing is left to bring back


async def test_library_actions_undo_forgets_what_is_not_in_the_trash_but_keeps_what_failed() -> None:
    shelf = Shelf()
    shelf.actions.delete()
    await shelf.done()
    shelf.library.problem = "the disk is full"
    shelf.actions.undo()
    await shelf.done()
    assert (shelf.actions.deleted, shelf.reported) == (["s2"], ["the disk is full"])
    shelf.library.problem = ""
    shelf.library.trash.clear()
    shelf.actions.undo()
    await shelf.done()
    assert (shelf.actions.deleted, shelf.reported[1:]) == ([], ["s2 is gone"])


async def test_library_actions_a_failed_deletion_is_reported_and_not_announced() -> None:
    shelf = Shelf()
    shelf.library.problem = "the disk is full"
    shelf.actions.delete()
    await shelf.done()
    assert (shelf.actions.deleted, shelf.announced, shelf.reported) == ([], [], ["the disk is full"])


async def test_library_actions_rename_asks_and_pin_toggles() -> None:
    shelf = Shelf()
    shelf.answer = DialogAnswer("keep", "unused")
    shelf.actions.rename()
    await shelf.done()
    assert shelf.library.labels == {}
    shelf.answer = DialogAnswer("rename", "Margins")
    shelf.actions.rename()
    await shelf.done()
    assert shelf.library.labels == {"s2": ("Margins", False)}
    shelf.actions.pin()
    await shelf.done()
    assert shelf.library.labels["s2"][1] is True


async def test_library_actions_without_a_session_under_the_cursor_do_nothing() -> None:
    shelf = Shelf()
    shelf.cursor = "heading"
    for action in (shelf.actions.replay, shelf.actions.export, shelf.actions.rename, shelf.actions.pin):
        action()
    shelf.actions.delete()
    await shelf.done()
    assert (shelf.posted, shelf.tasks, shelf.reloads) == ([], [], 0)


async def test_library_actions_replay_and_export_post_their_message() -> None:
    shelf = Shelf()
    shelf.actions.replay()
    shelf.actions.export()
    opened, exported = shelf.posted
    assert isinstance(opened, OpenRequested)
    assert (opened.session_id, opened.replay) == ("s2", True)
    assert isinstance(exported, ExportRequested)


def test_library_list_arranges_sessions_then_places_and_says_what_is_shown() -> None:
    sessions = {one.id: one.summary() for one in (running_session("s1"), finished_session("s2"))}
    order = LibraryList()
    plain = order.arrange(sessions, (), parse_library_query(""), START, False)
    assert (plain.columns, plain.figures) == (COLUMNS, "2 sessions · by date")
    order.next_view()
    order.next_group()
    narrowed = order.arrange(sessions, (), parse_library_query(""), START, False)
    assert narrowed.figures == "0 of 2 sessions · by state · needs you"
    for _ in range(3):
        order.next_view()
        order.next_group()
    assert (order.view, order.group) == ("all", "date")
    hits = [SearchHit("s2", 4, "reasoning", "the margins")]
    found = order.arrange(sessions, hits, parse_library_query("margins"), START, False)
    assert found.columns == FOUND_COLUMNS
    assert found.rows[-1].id == "hit 0"
    assert "1 place" in found.figures
    assert order.arrange(sessions, hits, parse_library_query("state:running"), START, False).columns == COLUMNS


def test_background_changes_finds_what_ran_unseen_and_now_waits() -> None:
    running = running_session("s1").summary()
    waiting = msgspec.structs.replace(running, state="waiting")
    changes = BackgroundChanges()
    assert changes.find({"s1": running}, [waiting], set()) == []  # the first reading is compared with none
    assert changes.find({"s1": running}, [waiting], {"s1"}) == []
    assert changes.find({"s1": running}, [waiting], {None}) == [waiting]
    assert changes.find({"s1": waiting}, [waiting], set()) == []
    changes.restart()
    assert changes.find({"s1": running}, [waiting], set()) == []
    assert background_sessions({"s1": running}, {"s1"}) == []
