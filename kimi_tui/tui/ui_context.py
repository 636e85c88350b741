"""Shared context of every screen: key bindings, character set, clocks, decision guard."""

from collections.abc import Callable
from datetime import datetime

import msgspec

from kimi_tui.config.question_history import QuestionHistory
from kimi_tui.session import Library
from kimi_tui.tui.decision_guard import DecisionGuard
from kimi_tui.tui.terminal.desktop_notifications import DesktopNotifier


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
    library: Library | None = None
    """Where pages of sources are drawn; None where none can be."""
