"""The Textual app: holds the library, opens screens and quits cleanly; it never works on a session.

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
from kimi_tui.config.question_history import QuestionHistory
from kimi_tui.config.remembered_answers import RememberedAnswers
from kimi_tui.session import DamagedSession, ExportFormat, Library, Session, SessionError
from kimi_tui.text import printable
from kimi_tui.tui.actions import bindings_for, build_keymap, display_key, split_keys
from kimi_tui.tui.cancelling import CancellingApp
from kimi_tui.tui.decision_guard import DecisionGuard
from kimi_tui.tui.gc_tuning import freeze_startup_objects
from kimi_tui.tui.key_queue import KeyQueue
from kimi_tui.tui.messages import ExportRequested, OpenRequested, SalvageRequested, StartRequested
from kimi_tui.tui.palette import ActionCommands, PaletteApp
from kimi_tui.tui.quit_policy import QuitPolicy, running_sessions
from kimi_tui.tui.screen_factory import make_replay_screen, make_session_screen, other_sessions_running
from kimi_tui.tui.screens.dialog import DialogAnswer
from kimi_tui.tui.screens.help import HelpScreen
from kimi_tui.tui.screens.question_dialogs import FORMATS, export_dialog, quit_dialog, salvage_dialog
from kimi_tui.tui.setup.app import SetupApp
from kimi_tui.tui.shutdown_errors import ShutdownTolerantApp
from kimi_tui.tui.slash_command_app import SlashCommandApp
from kimi_tui.tui.terminal import signals
from kimi_tui.tui.terminal.background_color import BackgroundColor
from kimi_tui.tui.terminal.desktop_notifications import DesktopNotifier
from kimi_tui.tui.terminal.graphics import TerminalGraphics
from kimi_tui.tui.themes import NO_COLOR_THEME, THEMES, resolve_theme
from kimi_tui.tui.ui_context import UiContext
from kimi_tui.tui.wait_notice import LoadingScreen, TooSmallScreen, is_too_small, session_opening_notice

if TYPE_CHECKING:
    from kimi_tui.tui.screens.library import LibraryScreen

NON_TEXT_KEYS = frozenset({"enter", "escape", "tab", "shift+tab"})
"""Keys that a person presses in a line without typing."""
REPLAY_SPEED = 4.0
"""Times its own pace, for a recording that is opened from the library."""
DECISION_ACTIONS = (
    "approval.approve",
    "approval.edit",
    "approval.always",
    "approval.veto",
    "approval.all",
    "approval.now",
)
"""Actions whose keys, outside a line, are meant for the card."""
QUIT_ACTIONS = ("app.leave", "app.suspend")
"""Actions whose keys are never held back by a screen that is being opened."""


def utc_now() -> datetime:
    """Return the wall clock."""
    return datetime.now(UTC)


def is_typing(event: events.Paste | events.Key, focused: Widget | None, decision_keys: Collection[str]) -> bool:
    """Return whether an event types into a line, or would if the line had the focus."""
    if isinstance(event, events.Paste):
        return True
    if isinstance(focused, Input | TextArea):
        decides = event.key in decision_keys and not event.is_printable
        return event.key not in NON_TEXT_KEYS and not decides and not _is_in_form(focused)
    return event.is_printable and event.key not in decision_keys


def keys_of_actions(names: Collection[str], keys: Mapping[str, str]) -> set[str]:
    """Return the keys of some actions."""
    return {key for name in names for key in split_keys(keys[name])}


def _is_in_form(focused: Widget) -> bool:
    """Return whether a line belongs to the form of the card: what is typed there is meant for the decision."""
    return any(node.id == "approval-words" for node in focused.ancestors)


class KimiApp(SetupApp, PaletteApp, SlashCommandApp, CancellingApp, ShutdownTolerantApp):
    """Supervises sessions."""

    CSS_PATH = "kimi.tcss"
    TITLE = "kimi-tui"
    COMMANDS: ClassVar[set[type[Provider] | Callable[[], type[Provider]]]] = {ActionCommands}
    BINDINGS: ClassVar[list[BindingType]] = bindings_for("everywhere")

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
        background: BackgroundColor | None = None,
        answers: RememberedAnswers | None = None,
        history: QuestionHistory | None = None,
        now: Callable[[], datetime] = utc_now,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Start at the library, with `question`, or in the session `session_id`, replayed if a speed is given.

        `warning` is told at the start; `answers` remember what a person answered once, `history` what was sent.
        `background` is what the terminal told of itself, and what was typed while it was asked.
        Raises `ConfigError` for a theme or key that cannot be used.
        """
        keys = build_keymap(ui.keys)
        known = background or BackgroundColor()
        super().__init__(ansi_color=True if "NO_COLOR" in os.environ else None)
        _set_theme(self, resolve_theme(ui.theme, dark=known.dark), is_dark=known.dark)
        self.set_keymap(keys)
        self.animation_level = "none"
        self._library = library
        self._clock = clock
        self._decision_guard = DecisionGuard(clock)
        self._quit_policy = QuitPolicy(ui, answers)
        self._warning = warning
        desktop = DesktopNotifier(ui.notices, os.environ, self._write, lambda: self.app_focus)
        graphics = TerminalGraphics(ui.pictures, known.graphics, self._write)
        self._ui_context = UiContext(
            keys, now, self._decision_guard, desktop, ui.ascii, ui.bell, history, graphics, library
        )
        self._first_screen_pending: LibraryScreen | None = None
        self._library_arguments = (suggestions, model_line, desk, known.typed)
        self._decision_keys = keys_of_actions(DECISION_ACTIONS, keys)
        self.key_queue = KeyQueue(self, at_once=keys_of_actions(QUIT_ACTIONS, keys))
        self._shown: dict[str, Session] = {}
        self._question = question
        self._session_id = session_id
        self._replay_speed = replay_speed
        self.set_class(ui.ascii, "-ascii")
        self.set_class(ui.reduced_motion, "-still")

    def get_driver_class(self) -> type[Driver]:
        """Return the driver that handles suspension, where the terminal allows it."""
        from textual.drivers.linux_driver import LinuxDriver  # not needed where nothing is drawn

        from kimi_tui.tui.terminal.driver import SuspendableDriver

        chosen = super().get_driver_class()
        return SuspendableDriver if chosen is LinuxDriver else chosen

    def on_load(self) -> None:
        """Listen to signals before the terminal is changed."""
        leave, finish = (display_key(self._ui_context.keys[name]) for name in ("app.leave", "line.end"))
        self.leave_words = f"{leave} leaves; {finish} in an empty line too."
        signals.quit_on_signal(lambda code: self.exit(None, code))

    def get_default_screen(self) -> Screen[None]:
        """Return an empty screen, or the loading screen of a session named at the start."""
        return LoadingScreen(self._clock) if self._session_id else Screen()

    async def on_mount(self) -> None:
        """Show what was asked for on the command line, else the library."""
        if self._driver is not None and self._driver.can_suspend:
            signals.exit_when_terminal_closes()
        if not self._session_id or await other_sessions_running(self._library, self._session_id):
            await self._show_library()
        if self._session_id:
            self._open(OpenRequested(self._session_id, replay=self._replay_speed is not None))
        if self._warning:
            self.notify(self._warning, severity="warning", timeout=30)
        if self._question:
            self.post_message(StartRequested(self._question))

    async def _show_library(self) -> None:
        """Show the library, unless it is shown already."""
        from kimi_tui.tui.screens.library import LibraryScreen

        if self._first_screen_pending is None:
            suggestions, model_line, desk, typed = self._library_arguments
            self._first_screen_pending = LibraryScreen(
                self._library, self._ui_context, suggestions=suggestions, model_line=model_line, desk=desk, typed=typed
            )
            await self.push_screen(self._first_screen_pending.prepare_for_size(self.size))
        freeze_startup_objects()

    def notify(
        self,
        message: str,
        *,
        title: str = "",
        severity: SeverityLevel = "information",
        timeout: float | None = None,
        markup: bool = False,
    ) -> None:
        """Show a notification, always as plain text."""
        super().notify(printable(message), title=printable(title), severity=severity, timeout=timeout, markup=False)

    async def on_event(self, event: events.Event) -> None:
        """Queue keys so that each acts in its turn, and note typing before anything else handles the event."""
        if isinstance(event, events.Paste | events.Key) and not event.is_forwarded:
            if not self.key_queue.accept(event):
                return
            if is_typing(event, self.focused, self._decision_keys):
                self._decision_guard.note_typing()
        if isinstance(event, events.AppFocus):
            self._decision_guard.restart_wait()
        await super().on_event(event)

    def on_resize(self, event: events.Resize) -> None:
        """Cover the app while the terminal is too small for it."""
        covered = isinstance(self.screen, TooSmallScreen)
        if is_too_small(event.size) and not covered:
            self.push_screen(TooSmallScreen())
        elif covered and not is_too_small(event.size):
            self.pop_screen()

    # Sessions.

    def on_start_requested(self, message: StartRequested) -> None:
        """Start a session."""
        self._start_session(message.question, message.sample)

    @work(group="open")
    async def _start_session(self, question: str, sample: bool) -> None:
        session = await self._open_session(self._library.start(question, sample=sample))
        if self._first_screen_pending is not None:
            self._first_screen_pending.finish_start(well=session is not None)
        if session is not None:
            await self._show_session(session, OpenRequested(session.id))
        else:
            self.key_queue.discard_commands()

    async def on_open_requested(self, message: OpenRequested) -> None:
        """Open a session, over the library."""
        await self._show_library()
        self._open(message)

    @work(group="open", exclusive=True)
    async def _open(self, wanted: OpenRequested) -> None:
        if self._first_screen_pending is not None:
            self._first_screen_pending.show_wait(session_opening_notice(self._clock))
        session = await self._open_session(
            self._library.replay(wanted.session_id) if wanted.replay else self._library.open(wanted.session_id)
        )
        if session is not None:
            await self._show_session(session, wanted)
        else:
            await self._show_library()
            self.key_queue.discard_commands()
        if self._first_screen_pending is not None:
            self._first_screen_pending.show_wait(None)

    async def _show_session(self, session: Session, wanted: OpenRequested) -> None:
        """Put a session on the screen, with all that is recorded of it."""

        def forget(_: None) -> None:
            self._shown.pop(session.id, None)
            self.run_worker(self._show_library(), group="library")

        if wanted.replay:
            speed = REPLAY_SPEED if self._replay_speed is None else self._replay_speed
            screen = make_replay_screen(session, self._ui_context, self._library, speed)
        else:
            screen = await make_session_screen(session, self._ui_context, self._library, wanted)
        self._shown[session.id] = session
        self.push_screen(screen.prepare_for_size(self.size), forget)
        freeze_startup_objects()

    async def _open_session(self, opening: Awaitable[Session]) -> Session | None:
        try:
            return await opening
        except DamagedSession as error:
            wanted = SalvageRequested(error.session)

            def answered(answer: DialogAnswer | None) -> None:
                if answer is not None and answer.choice == "salvage":
                    self.post_message(wanted)

            await self._show_library()
            self.push_screen(salvage_dialog(str(error)), answered)
        except SessionError as error:
            self.notify(f"{error}{self.setup_hint}", severity="error", timeout=15)
        return None

    @work(group="open", exclusive=True)
    async def on_salvage_requested(self, message: SalvageRequested) -> None:
        """Salvage a damaged session and open what was saved."""
        try:
            self.notify(await self._library.salvage(message.session_id), timeout=30)
        except SessionError as error:
            self.notify(str(error), severity="error", timeout=30)
        else:
            self.post_message(OpenRequested(message.session_id))

    @work(group="ask")
    async def on_export_requested(self, message: ExportRequested) -> None:
        """Write a session to a file, after asking how."""
        answer: DialogAnswer | None = await self.push_screen_wait(export_dialog())
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
            self.push_screen(HelpScreen(self._ui_context.keys))

    def action_suspend(self) -> None:
        """Stop for now, as the terminal itself would have it; in a line of text the key takes back a change."""
        if not signals.suspend(self._driver):
            self.notify("The app cannot be suspended here: no shell started it.", severity="warning")

    async def action_quit(self) -> None:
        """Quit; Textual's own quit does the same as ours."""
        self.action_leave()

    @work(group="leave", exclusive=True)
    async def action_leave(self) -> None:
        """Quit; ask once about a running turn."""
        with self.key_queue.hold_keys():
            at_work = await running_sessions(self._library)
            choice: str = self._quit_policy.mode if at_work else "background"
            asked = quit_dialog(len(at_work), remember=self._quit_policy.can_remember) if choice == "ask" else None
            answered = self.push_screen(asked, wait_for_dismiss=True) if asked else None
        if answered is not None:
            answer: DialogAnswer | None = await answered
            choice = answer.choice if answer else "stay"
            if answer and answer.ticked:
                with suppress(OSError):  # it is asked again the next time
                    self._quit_policy.remember(choice)
        if choice == "pause":
            await self._pause_sessions(at_work)
        if choice != "stay":
            self.exit()

    @property
    def describe_quit_answer(self) -> str:
        """Return the remembered answer about running turns in words; empty when there is none."""
        return {"background": "turns go on in the background", "pause": "turns pause"}.get(
            self._quit_policy.remembered_answer or "", ""
        )

    def action_ask_again(self) -> None:
        """Forget the remembered answer about running turns."""
        try:
            self._quit_policy.forget()
        except OSError as error:
            self.notify(f"The remembered answer cannot be deleted: {error}", severity="error")
        else:
            self.notify("The app asks again when you quit while a turn runs.")

    def _write(self, text: str) -> None:
        """Send raw text to the terminal."""
        if self._driver is not None and not self.is_headless:
            self._driver.write(text)

    async def _pause_sessions(self, session_ids: list[str]) -> None:
        """Pause sessions; one that cannot be reached keeps running."""
        for session_id in session_ids:
            if session_id in self._shown:
                await self._shown[session_id].send(Pause())
            elif (session := await self._open_session(self._library.open(session_id))) is not None:
                await session.send(Pause())
                await session.close()


def _set_theme(app: KimiApp, name: str, *, is_dark: bool | None) -> None:
    """Use a theme by its name, or none of colours where the environment says so."""
    app.is_dark = is_dark
    for theme in THEMES:
        app.register_theme(theme)
    app.theme = NO_COLOR_THEME if "NO_COLOR" in os.environ else name
