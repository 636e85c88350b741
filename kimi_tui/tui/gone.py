"""Whether an error only says that a widget looked for something that has gone, because its screen or the app is left.

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

GONE = (NoMatches, NoScreen, ScreenStackError)
"""What Textual raises where a widget, its screen or the last screen is no longer there."""


class ForgivingApp(App[None]):
    """An app that nothing ends but what is really wrong."""

    def _handle_exception(self, error: Exception) -> None:
        """End the app over an error, unless something has only gone because it is being left."""
        if not is_gone(error, self):
            super()._handle_exception(error)


def is_gone(error: Exception, app: App[None]) -> bool:
    """Whether an unhandled error comes of leaving alone."""
    cause = error.error if isinstance(error, WorkerFailed) else error
    return isinstance(cause, GONE) and (app._exit or _is_leaving(active_message_pump.get(None), app))


def _is_leaving(pump: MessagePump | None, app: App[None]) -> bool:
    """Whether a widget is being taken away, or its screen is no longer among those that are open."""
    if not isinstance(pump, Widget):
        return False
    if not pump.is_attached or pump._pruning:
        return True
    return not any(isinstance(node, Screen) and node in app.screen_stack for node in pump.ancestors_with_self)
