"""The app: it holds the library, opens screens and leaves cleanly; it never works on a session itself.

Messages to the person are plain text, whatever they contain.
"""

import os
import time
from collections.abc import Awaitable, Callable, Collection, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from textual import events, work
from textual.binding import BindingType
from textual.command import Provider
from textual.driver import Driver
from textual.notifications import SeverityLevel
from textual.screen import Screen
from textual.widget import Widget
from textual.widgets import Input, TextArea

from kimi_tui.commands import Pause
from kimi_tui.config import UiSettings
from kimi_tui.config.remembered_answers import RememberedAnswers
from kimi_tui.session import DamagedSession, ExportFormat, Library, Session, SessionError
from kimi_tui.text import printable
from kimi_tui.tui import signals
from kimi_tui.tui.actions import bindings, keymap, shown_key, split_keys
from kimi_tui.tui.background import Background
from kimi_tui.tui.calm import Calm
from kimi_tui.tui.cancelling import CancellingApp
from kimi_tui.tui.collecting import begin_collecting
from kimi_tui.tui.desktop import Desktop
from kimi_tui.tui.gone import ForgivingApp
from kimi_tui.tui.leaving import LeaveRule, running
from kimi_tui.tui.look import Look
from kimi_tui.tui.made import others_at_work, replay_screen, session_screen
from kimi_tui.tui.palette import ActionCommands, PaletteApp
from kimi_tui.tui.screens.dialog import Answer
from kimi_tui.tui.screens.help import HelpScreen
from kimi_tui.tui.screens.opening import OpeningScreen
from kimi_tui.tui.screens.questions import FORMATS, export_question, leave_question, salvage_question
from kimi_tui.tui.screens.too_small import TooSmallScreen, is_too_small
from kimi_tui.tui.themes import NO_COLOR_THEME, THEMES, chosen_theme
from kimi_tui.tui.typed_ahead import TypedAhead
from kimi_tui.tui.waiting import opening
from kimi_tui.tui.wishes import ExportWanted, OpenWanted, SalvageWanted, StartWanted

if TYPE_CHECKING:
    from kimi_tui.tui.screens.library import LibraryScreen

NOT_TYPING = frozenset({"enter", "escape", "tab", "shift+tab"})
"""Keys that a person presses in a line without typing."""
REPLAY_SPEED = 4.0
"""Times its own pace, for a recording that is opened from the library."""
DECISIONS = ("approval.approve", "approval.edit", "approval.always", "approval.veto", "approval.all", "approval.now")
"""Actions whose keys, outside a line, are meant for the card."""
LEAVING = ("app.leave", "app.suspend")
"""Actions whose keys are never held back by a screen that is being opened."""


def utc_now() -> datetime:
    """The wall clock."""
    return datetime.now(UTC)


def is_typing(event: events.Paste | events.Key, focused: Widget | None, decision_keys: Collection[str]) -> bool:
    """Whether something is written into a line, or would be if it met one."""
    if isinstance(event, events.Paste):
        return True
    if isinstance(focused, Input | TextArea):
        decides = event.key in decision_keys and not event.is_printable
        return event.key not in NOT_TYPING and not decides and not _is_in_form(focused)
    return event.is_printable and event.key not in decision_keys


def _keys_of(names: Collection[str], keys: Mapping[str, str]) -> set[str]:
    """The keys of some actions."""
    return {key for name in names for key in split_keys(keys[name])}


def _is_in_form(focused: Widget) -> bool:
    """Whether a line belongs to the form of the card: what is typed there is meant for the decision."""
    return any(node.id == "approval-words" for node in focused.ancestors)


class KimiApp(PaletteApp, CancellingApp, ForgivingApp):
    """Supervise sessions."""

    CSS_PATH = "kimi.tcss"
    TITLE = "kimi-tui"
    COMMANDS: ClassVar[set[type[Provider] | Callable[[], type[Provider]]]] = {ActionCommands}
    BINDINGS: ClassVar[list[BindingType]] = bindings("everywhere")

    def __init__(
        self,
        library: Library,
        ui: UiSettings,
        *,
        question: str = "",
        session_id: str = "",
        replay_speed: float | None = None,
        suggestions: tuple[str, ...] = (),
        desk: str = "",
        model_line: str = "",
        warning: str = "",
        background: Background | None = None,
        answers: RememberedAnswers | None = None,
        now: Callable[[], datetime] = utc_now,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Start at the library, with `question`, or in the session `session_id`, replayed if a speed is given.

        `warning` is told at the start; `answers` remember what a person answered once.
        `background` is what the terminal told of itself, and what was typed while it was asked.
        Raises `ConfigError` for a theme or key that cannot be used.
        """
        keys = keymap(ui.keys)
        plain = "NO_COLOR" in os.environ
        known = background or Background()
        theme_name = chosen_theme(ui.theme, dark=known.dark)
        super().__init__(ansi_color=True if plain else None)
        for theme in THEMES:
            self.register_theme(theme)
        self.theme = NO_COLOR_THEME if plain else theme_name
        self.set_keymap(keys)
        self.animation_level = "none"
        self._library = library
        self._clock = clock
        self._calm = Calm(clock)
        self._leave = LeaveRule(ui, answers)
        self._warning = warning
        desktop = Desktop(ui.notices, os.environ, self._write, lambda: self.app_focus)
        self._look = Look(keys=keys, now=now, calm=self._calm, desktop=desktop, ascii=ui.ascii, bell=ui.bell)
        self._first: LibraryScreen | None = None
        self._first_told = (suggestions, model_line, desk, known.typed)
        self._decision_keys = _keys_of(DECISIONS, keys)
        self.typed_ahead = TypedAhead(self, at_once=_keys_of(LEAVING, keys))
        self._shown: dict[str, Session] = {}
        self._question = question
        self._session_id = session_id
        self._replay_speed = replay_speed
        self.set_class(ui.ascii, "-ascii")
        self.set_class(ui.reduced_motion, "-still")

    def get_driver_class(self) -> type[Driver]:
        """The driver, with our own answer to being stopped where it is a terminal's."""
        from textual.drivers.linux_driver import LinuxDriver  # not needed where nothing is drawn

        from kimi_tui.tui.driver import StoppableDriver

        chosen = super().get_driver_class()
        return StoppableDriver if chosen is LinuxDriver else chosen

    def on_load(self) -> None:
        """Listen to signals before the terminal is changed."""
        leave, finish = (shown_key(self._look.keys[name]) for name in ("app.leave", "line.end"))
        self.leave_words = f"{leave} leaves; {finish} in an empty line too."
        signals.leave_when_told(lambda code: self.exit(None, code))

    def get_default_screen(self) -> Screen[None]:
        """Nothing is on it but, while a session is opened that was named at the start, how long that takes."""
        return OpeningScreen(self._clock) if self._session_id else Screen()

    async def on_mount(self) -> None:
        """Show what was asked for on the command line, else the library."""
        if self._driver is not None and self._driver.can_suspend:
            signals.end_with_terminal()
        if not self._session_id or await others_at_work(self._library, self._session_id):
            await self._show_library()
        if self._session_id:
            self._open(OpenWanted(self._session_id, replay=self._replay_speed is not None))
        if self._warning:
            self.notify(self._warning, severity="warning", timeout=30)
        if self._question:
            self.post_message(StartWanted(self._question))

    async def _show_library(self) -> None:
        """Put the library on the screen, where it is not yet: a session that was named at the start waits for none."""
        from kimi_tui.tui.screens.library import LibraryScreen

        if self._first is None:
            suggestions, model_line, desk, typed = self._first_told
            self._first = LibraryScreen(
                self._library, self._look, suggestions=suggestions, model_line=model_line, desk=desk, typed=typed
            )
            await self.push_screen(self._first.fitted(self.size))
        begin_collecting()

    def notify(
        self,
        message: str,
        *,
        title: str = "",
        severity: SeverityLevel = "information",
        timeout: float | None = None,
        markup: bool = False,
    ) -> None:
        """Tell the person something, always as plain text."""
        super().notify(printable(message), title=printable(title), severity=severity, timeout=timeout, markup=False)

    async def on_event(self, event: events.Event) -> None:
        """Have keys act in their turn, and notice typing before anything else happens with one."""
        if isinstance(event, events.Paste | events.Key) and not event.is_forwarded:
            if not self.typed_ahead.takes(event):
                return
            if is_typing(event, self.focused, self._decision_keys):
                self._calm.typed()
        if isinstance(event, events.AppFocus):
            self._calm.disturb()
        await super().on_event(event)

    def on_resize(self, event: events.Resize) -> None:
        """Cover the app while the terminal is too small for it."""
        covered = isinstance(self.screen, TooSmallScreen)
        if is_too_small(event.size) and not covered:
            self.push_screen(TooSmallScreen())
        elif covered and not is_too_small(event.size):
            self.pop_screen()

    # Sessions.

    def on_start_wanted(self, message: StartWanted) -> None:
        """Start a session."""
        self._start(message.question, message.sample)

    @work(group="open")
    async def _start(self, question: str, sample: bool) -> None:
        session = await self._obtain(self._library.start(question, sample=sample))
        if self._first is not None:
            self._first.started(well=session is not None)
        if session is not None:
            await self._show(session, OpenWanted(session.id))
        else:
            self.typed_ahead.keep_text_only()

    async def on_open_wanted(self, message: OpenWanted) -> None:
        """Open a session, over the library."""
        await self._show_library()
        self._open(message)

    @work(group="open", exclusive=True)
    async def _open(self, wanted: OpenWanted) -> None:
        if self._first is not None:
            self._first.waits_for(opening(self._clock))
        session = await self._obtain(
            self._library.replay(wanted.session_id) if wanted.replay else self._library.open(wanted.session_id)
        )
        if session is not None:
            await self._show(session, wanted)
        else:
            await self._show_library()
            self.typed_ahead.keep_text_only()
        if self._first is not None:
            self._first.waits_for(None)

    async def _show(self, session: Session, wanted: OpenWanted) -> None:
        """Put a session on the screen, with all that is recorded of it."""

        def forget(_: None) -> None:
            self._shown.pop(session.id, None)
            self.run_worker(self._show_library(), group="library")

        if wanted.replay:
            speed = REPLAY_SPEED if self._replay_speed is None else self._replay_speed
            screen = replay_screen(session, self._look, self._library, speed)
        else:
            screen = await session_screen(session, self._look, self._library, wanted)
        self._shown[session.id] = session
        self.push_screen(screen.fitted(self.size), forget)
        begin_collecting()

    async def _obtain(self, opening: Awaitable[Session]) -> Session | None:
        try:
            return await opening
        except DamagedSession as error:
            wanted = SalvageWanted(error.session)

            def answered(answer: Answer | None) -> None:
                if answer is not None and answer.choice == "salvage":
                    self.post_message(wanted)

            await self._show_library()
            self.push_screen(salvage_question(str(error)), answered)
        except SessionError as error:
            self.notify(str(error), severity="error", timeout=15)
        return None

    @work(group="open", exclusive=True)
    async def on_salvage_wanted(self, message: SalvageWanted) -> None:
        """Salvage a damaged session and open what was saved."""
        try:
            self.notify(await self._library.salvage(message.session_id), timeout=30)
        except SessionError as error:
            self.notify(str(error), severity="error", timeout=30)
        else:
            self.post_message(OpenWanted(message.session_id))

    @work(group="ask")
    async def on_export_wanted(self, message: ExportWanted) -> None:
        """Write a session to a file, after asking how."""
        answer: Answer | None = await self.push_screen_wait(export_question())
        if answer is None:
            return
        kind: ExportFormat = next(name for name, _ in FORMATS if name == answer.choice)
        target = Path(answer.text).expanduser() if answer.text else None
        try:
            written = await self._library.export(message.session_id, kind, target)
        except (SessionError, OSError) as error:
            self.notify(str(error), severity="error", timeout=15)
        else:
            self.notify(f"Written to {written}", timeout=15)

    # Leaving.

    def action_keys(self) -> None:
        """Show every key."""
        if not isinstance(self.screen, HelpScreen):
            self.push_screen(HelpScreen(self._look.keys))

    def action_suspend(self) -> None:
        """Stop for now, as the terminal itself would have it; in a line of text the key takes back a change."""
        if not signals.suspend(self._driver):
            self.notify("There is no shell to go back to.", severity="warning")

    async def action_quit(self) -> None:
        """Every way to quit is the same way."""
        self.action_leave()

    @work(group="leave", exclusive=True)
    async def action_leave(self) -> None:
        """Leave; a running turn is asked about once."""
        with self.typed_ahead.holding():
            at_work = await running(self._library)
            choice: str = self._leave.way if at_work else "background"
            asked = leave_question(len(at_work), remember=self._leave.can_remember) if choice == "ask" else None
            answered = self.push_screen(asked, wait_for_dismiss=True) if asked else None
        if answered is not None:
            answer: Answer | None = await answered
            choice = answer.choice if answer else "stay"
            if answer and answer.ticked:
                with suppress(OSError):  # it is asked again the next time
                    self._leave.remember(choice)
        if choice == "pause":
            await self._pause(at_work)
        if choice != "stay":
            self.exit()

    @property
    def remembered_leaving(self) -> str:
        """What is done on leaving because a person said so once, in words; empty when it is asked or set."""
        return {"background": "turns go on in the background", "pause": "turns pause"}.get(
            self._leave.remembered or "", ""
        )

    def action_ask_again(self) -> None:
        """Ask the next time what becomes of running turns."""
        try:
            self._leave.forget()
        except OSError as error:
            self.notify(f"The answer cannot be forgotten: {error}", severity="error")
        else:
            self.notify("You are asked again when you leave while a turn runs.")

    def _write(self, text: str) -> None:
        """Send the terminal something that is no drawing."""
        if self._driver is not None and not self.is_headless:
            self._driver.write(text)

    async def _pause(self, session_ids: list[str]) -> None:
        """Pause sessions; one that cannot be reached goes on."""
        for session_id in session_ids:
            if session_id in self._shown:
                await self._shown[session_id].send(Pause())
            elif (session := await self._obtain(self._library.open(session_id))) is not None:
                await session.send(Pause())
                await session.close()
