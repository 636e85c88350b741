"""Create session screens on demand; their code is imported only then."""

import asyncio
from typing import TYPE_CHECKING

from kimi_tui.session import Library, Session, SessionError
from kimi_tui.tui.messages import OpenRequested
from kimi_tui.tui.ui_context import UiContext

if TYPE_CHECKING:
    from kimi_tui.tui.screens.session import SessionScreen


async def make_session_screen(
    session: Session, look: UiContext, library: Library, wanted: OpenRequested
) -> "SessionScreen":
    """Create the screen of a session, with the recorded state already loaded."""
    from kimi_tui.tui.screens.session import SessionScreen

    screen = SessionScreen(session, look, library, hit=wanted.hit, words=wanted.words, panel=wanted.panel)
    try:
        await screen.bridge.load()
    except asyncio.CancelledError:  # another one is to be opened
        await screen.bridge.close()
        raise
    return screen


def make_replay_screen(session: Session, look: UiContext, library: Library, speed: float) -> "SessionScreen":
    """Create a screen that plays back a recording."""
    from kimi_tui.tui.screens.replay import ReplayScreen

    return ReplayScreen(session, look, library, speed=speed)


async def other_sessions_running(library: Library, session_id: str) -> bool:
    """Return whether a session other than `session_id` is running."""
    try:
        return any(name != session_id for name in await library.running_ids())
    except SessionError:
        return False
