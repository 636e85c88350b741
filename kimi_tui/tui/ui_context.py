"""Context that all screens of one app share: keys, character set, clocks, decision guard, and work beside the loop.

Work is a function that makes its coroutine only when it starts: a coroutine that is made and cancelled before its start
would never be awaited, which Python warns about.
"""

from collections.abc import Callable, Coroutine
from datetime import datetime
from typing import Any

import msgspec
from textual.dom import DOMNode
from textual.worker import Worker

from kimi_tui.config.question_history import QuestionHistory
from kimi_tui.session import Library
from kimi_tui.tui.decision_guard import DecisionGuard
from kimi_tui.tui.terminal.desktop_notifications import DesktopNotifier
from kimi_tui.tui.terminal.graphics import TerminalGraphics

BackgroundWork = Callable[[], Coroutine[Any, Any, None]]


class UiContext(msgspec.Struct, frozen=True):
    """Keys, clock and output options that all screens of one app share."""

    keys: dict[str, str]
    """Action id to key."""
    now: Callable[[], datetime]
    """The wall clock, with a time zone."""
    decision_guard: DecisionGuard
    """True when a decision may be taken now."""
    desktop: DesktopNotifier
    """Where notices go while the person looks elsewhere."""
    ascii: bool = False
    """Draw with ASCII characters alone."""
    bell: bool = True
    """Ring when a call begins to wait."""
    history: QuestionHistory | None = None
    """What was sent before, for the lines that ask."""
    graphics: TerminalGraphics | None = None
    """How pictures are drawn; None for half cells."""
    library: Library | None = None
    """Where pages of sources are drawn; None where none can be."""


def run_in_group(owner: DOMNode, work: BackgroundWork, group: str, *, exclusive: bool = False) -> Worker[None]:
    """Run work until it ends or its owner does; with `exclusive` it ends what runs in its group."""
    worker: Worker[None] = owner.run_worker(work, group=group, exclusive=exclusive)
    return worker
