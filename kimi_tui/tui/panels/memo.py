"""The memo, finished or being written, drawn by the same code as the timeline."""

from typing import Any, ClassVar

from textual.binding import BindingType
from textual.widget import Widget

from kimi_tui.projections.state import SessionState
from kimi_tui.projections.timeline import TimelineBlock
from kimi_tui.tui.actions import Place, bindings_for
from kimi_tui.tui.formatting import format_count
from kimi_tui.tui.messages import ExportRequested
from kimi_tui.tui.panels.panel import Panel
from kimi_tui.tui.partial_json import partial_string_value
from kimi_tui.tui.terminal.clipboard import copy
from kimi_tui.tui.timeline.view import TimelineView


class MemoPanel(Panel):
    """One memo, to read and to copy from."""

    BINDINGS: ClassVar[list[BindingType]] = bindings_for("memo")
    TITLE = "Memo"
    PLACES: ClassVar[tuple[Place, ...]] = ("memo", "panel", "everywhere")
    _shown: dict[str, Any] | None = None

    def content_widgets(self) -> list[Widget]:
        """Return a timeline with nothing but the memo."""
        return [TimelineView(_memo_only_state(self.state.memo.memo, self.state), ascii=self.ui_context.ascii)]

    def show(self) -> None:
        """Draw the memo: the one that is being written, or the last one."""
        memo = self.state.memo
        growing = self._partial_memo()
        if growing is not None:
            self.set_figures(f"being written: {format_count(len(str(growing['text']).split()))} words so far")
        elif memo.memo is None:
            self.set_figures("none yet: the model submits it at the end of its turn")
        else:
            self.set_figures("partial: the turn ended before its answer" if memo.partial else "")
        shown = growing if growing is not None else memo.memo
        if shown != self._shown:
            self._shown = shown
            view = self.query_one(TimelineView)
            view.set_state(_memo_only_state(shown, self.state))
            view.call_after_refresh(view.follow if growing is not None else view.action_home)

    def action_copy(self) -> None:
        """Copy what is shown of the memo: the selection, or all of it."""
        memo = self._shown or {}
        title = str(memo.get("title", ""))
        whole = f"# {title}\n\n{memo.get('text', '')}" if title else str(memo.get("text", ""))
        copied = self.get_selected_text() or whole
        if copied:
            copy(self.app, copied)

    def action_export(self) -> None:
        """Write the session to a file."""
        self.post_message(ExportRequested(self.bridge.session.id))

    def show_stream(self) -> None:
        """Draw the memo as it grows."""
        if self._partial_memo() is not None:
            self.show()

    def _partial_memo(self) -> dict[str, Any] | None:
        """Return the memo as far as it is written; None while none is being written."""
        for arguments in self.bridge.partial_arguments():
            text = partial_string_value(arguments, "memo")
            if text:
                return {"kind": "memo", "title": partial_string_value(arguments, "title"), "text": text}
        return None


def _memo_only_state(memo: dict[str, Any] | None, state: SessionState) -> SessionState:
    """Return a state whose timeline holds only a memo, with the sources of the session."""
    alone = SessionState()
    alone.sources, alone.calls = state.sources, state.calls
    if memo is not None:
        block = TimelineBlock(seq=1, kind="memo", turn=state.run.turn, step=state.run.step, at=state.run.last_at)
        block.memo, block.text = memo, str(memo.get("text", ""))
        alone.timeline.blocks.append(block)
    return alone
