"""The memo as it stands, drawn by the same code as the timeline."""

from typing import Any

from textual.widget import Widget

from kimi_tui.projections.state import SessionState
from kimi_tui.projections.timeline import Block
from kimi_tui.tui.panels.panel import Panel
from kimi_tui.tui.widgets.timeline_view import TimelineView


class MemoPanel(Panel):
    """One memo, to read and to copy from."""

    TITLE = "Memo"
    _shown: dict[str, Any] | None = None

    def content(self) -> list[Widget]:
        """A timeline with nothing but the memo."""
        return [TimelineView(_only_memo(self.state), ascii=self.look.ascii)]

    def show(self) -> None:
        """Draw the memo."""
        memo = self.state.memo
        if memo.memo is None:
            self.head("none yet: the model submits it at the end of its turn")
        else:
            self.head("partial: the turn ended before its answer" if memo.partial else "")
        if memo.memo is not self._shown:
            self._shown = memo.memo
            view = self.query_one(TimelineView)
            view.set_state(_only_memo(self.state))
            view.call_after_refresh(view.action_home)


def _only_memo(state: SessionState) -> SessionState:
    """A state whose timeline is the memo alone; its sources are those of the session."""
    alone = SessionState()
    alone.sources, alone.calls = state.sources, state.calls
    memo = state.memo.memo
    if memo is not None:
        block = Block(seq=1, kind="memo", turn=state.run.turn, step=state.run.step, at=state.run.last_at)
        block.memo, block.text = memo, str(memo.get("text", ""))
        alone.timeline.blocks.append(block)
    return alone
