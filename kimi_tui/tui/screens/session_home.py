"""Where a person is at home in a session: in the line. What a key asked for ends there, and so do pastes."""

from textual import events

from kimi_tui.tui.bridge import SessionBridge
from kimi_tui.tui.screens.single_layout import SingleLayoutScreen
from kimi_tui.tui.timeline.view import TimelineView
from kimi_tui.tui.widgets.ask_line import AskLine


class SessionHome(SingleLayoutScreen):
    """The way home."""

    bridge: SessionBridge
    """The session and the fold of its entries."""

    def go_home(self) -> None:
        """To the line; a recording has none."""
        if self.bridge.session.live:
            self.query_one("#ask", AskLine).focus()
        else:
            self.query_one(TimelineView).focus()

    def action_write(self) -> None:
        """From the timeline to the line; from anywhere else on to the next part."""
        if self.query_one(TimelineView).has_focus:
            self.go_home()
        else:
            self.focus_next()

    def on_paste(self, event: events.Paste) -> None:
        """A paste that no line took belongs into the line."""
        if self.bridge.session.live:
            self.query_one("#ask", AskLine).insert_paste(event.text)
