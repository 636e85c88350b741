"""Commands that open the app: `app`, `resume`, `attach` and `replay`. Here the screen is given its library."""

import argparse
import codecs
import locale
import os
import sys
from io import TextIOWrapper
from pathlib import Path

import msgspec

from kimi_tui.cli.setup_service import FileSetup
from kimi_tui.config import LoadedSettings, Settings, UiSettings
from kimi_tui.config.question_history import QuestionHistory
from kimi_tui.config.remembered_answers import RememberedAnswers
from kimi_tui.headless import FAILED
from kimi_tui.journal.network_folder import network_file_system, network_folder_warning
from kimi_tui.runner.library import SAMPLE_DESK, FolderLibrary
from kimi_tui.sample_questions import SAMPLE_QUESTIONS
from kimi_tui.tui.terminal.background_color import BackgroundColor, query_background

FRAMES_PER_SECOND = "250"
"""How often in a second the screen may be drawn: so a key that comes right after a frame need not wait for the next."""


def open_app(loaded: LoadedSettings, options: argparse.Namespace) -> int:
    """Open the app and return its exit code; one clear line when there is no terminal for it."""
    streams = (sys.stdin, sys.stdout, sys.stderr)
    if not all(stream.isatty() for stream in streams) or os.environ.get("TERM", "") in ("", "dumb"):
        hint = 'use `kimi-tui run "QUESTION"`, which needs none'
        print(f"kimi-tui: the app needs a terminal that can draw; {hint}", file=sys.stderr)
        return FAILED
    library = FolderLibrary(loaded)
    session = library.shelf.resolve_id(options.session) if options.verb != "app" else ""
    os.environ.setdefault("TEXTUAL_FPS", FRAMES_PER_SECOND)  # read when Textual is imported
    from kimi_tui.tui.app import KimiApp
    from kimi_tui.tui.setup.app import name_model

    settings = loaded.settings
    background = _terminal_background(settings.ui)
    kind = network_file_system(settings.home_path)
    app = KimiApp(
        library,
        _drawable_ui(settings.ui),
        question=getattr(options, "question", ""),
        session_id=session,
        replay_speed=options.speed if options.verb == "replay" else None,
        suggestions=SAMPLE_QUESTIONS if _is_on_sample_desk(settings) else (),
        desk=settings.desk,
        model_line=name_model(settings),
        background=background,
        warning=network_folder_warning(settings.home_path, kind) if kind else "",
        answers=RememberedAnswers(settings.home_path),
        history=QuestionHistory(settings.home_path),
    )
    app.setup = FileSetup(loaded, library.use_settings)
    app.run()
    return app.return_code or 0


def _is_on_sample_desk(settings: Settings) -> bool:
    """Return whether questions go to the sample desk: without a desk, or when it is the desk."""
    return not settings.desk or Path(settings.desk).resolve() == SAMPLE_DESK.resolve()


def _terminal_background(ui: UiSettings) -> BackgroundColor:
    """Ask the terminal for its background when the theme follows it, and for pictures when they follow it."""
    if "auto" not in (ui.theme, ui.pictures) or "NO_COLOR" in os.environ:
        return BackgroundColor()
    return query_background(os.environ, sys.stdin.fileno(), sys.stdout.fileno())


def _drawable_ui(ui: UiSettings) -> UiSettings:
    """Return the appearance settings, in ASCII where the locale is not UTF-8.

    Characters that the terminal cannot show become question marks.
    """
    streams = [stream for stream in (sys.__stdout__, sys.__stderr__) if isinstance(stream, TextIOWrapper)]
    encodings = {codecs.lookup(name).name for name in (locale.getencoding(), *(stream.encoding for stream in streams))}
    if encodings == {"utf-8"}:
        return ui
    for stream in streams:
        stream.reconfigure(errors="replace")
    return msgspec.structs.replace(ui, ascii=True)
