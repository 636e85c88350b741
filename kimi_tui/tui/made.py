"""The screens of a session, made when one is wanted, with what their session holds; their code is not read before."""

import asyncio
from typing import TYPE_CHECKING

from kimi_tui.session import Library, Session, SessionError
from kimi_tui.tui.look import Look
from kimi_tui.tui.wishes import OpenWanted

if TYPE_CHECKING:
    from kimi_tui.tui.screens.session import SessionScreen


async def session_screen(session: Session, look: Look, library: Library, wanted: OpenWanted) -> "SessionScreen":
    """A screen whose state holds all that is recorded."""
    from kimi_tui.tui.screens.session import SessionScreen

    screen = SessionScreen(session, look, library, hit=wanted.hit, words=wanted.words)
    try:
        await screen.bridge.load()
    except asyncio.CancelledError:  # another one is to be opened
        await screen.bridge.close()
        raise
    return screen


def replay_screen(session: Session, look: Look, library: Library, speed: float) -> "SessionScreen":
    """A screen that plays a recording."""
    from kimi_tui.tui.screens.replay import ReplayScreen

    return ReplayScreen(session, look, library, speed=speed)


async def others_at_work(library: Library, session_id: str) -> bool:
    """Whether a session runs beside the one that is named: then somebody should tell its news."""
    try:
        return any(name != session_id for name in await library.running_ids())
    except SessionError:
        return False
