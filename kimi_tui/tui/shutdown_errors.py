"""Recognize errors that occur only because a widget, a screen or the app is closing.

While a screen opens the app may already be leaving: its parts are never made, and what looks for one of them finds
nothing. Nobody misses it, and a traceback would hide the terminal that is given back.
"""

from textual._context import active_message_pump
from textual.app import App, ScreenStackError
from textual.css.query import NoMatches
from textual.dom import NoScreen
from textual.message_pump import MessagePump
from textual.screen import Screen
from textual.widget import Widget
from textual.worker import WorkerFailed

LOOKUP_ERRORS = (NoMatches, NoScreen, ScreenStackError)
"""What Textual raises where a widget, its screen or the last screen is no longer there."""


class ShutdownTolerantApp(App[None]):
    """App that ignores lookup errors of widgets that are closing."""

    def _handle_exception(self, error: Exception) -> None:
        """End the app on an error, unless the error comes only from closing."""
        if not is_shutdown_error(error, self):
            super()._handle_exception(error)


def is_shutdown_error(error: Exception, app: App[None]) -> bool:
    """Return whether an unhandled error comes only from closing."""
    cause = error.error if isinstance(error, WorkerFailed) else error
    return isinstance(cause, LOOKUP_ERRORS) and (app._exit or _is_closing(active_message_pump.get(None), app))


def _is_closing(pump: MessagePump | None, app: App[None]) -> bool:
    """Return whether a widget is being removed or its screen is no longer open."""
    if not isinstance(pump, Widget):
        return False
    if not pump.is_attached or pump._pruning:
        return True
    return not any(isinstance(node, Screen) and node in app.screen_stack for node in pump.ancestors_with_self)
