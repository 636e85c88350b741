"""The memo as it stands or as it is being written, drawn by the same code as the timeline."""

from typing import Any, ClassVar

from textual.binding import BindingType
from textual.widget import Widget

from kimi_tui.projections.state import SessionState
from kimi_tui.projections.timeline import TimelineBlock
from kimi_tui.tui.actions import Place, bindings
from kimi_tui.tui.clipboard import copy
from kimi_tui.tui.drafts import growing_text
from kimi_tui.tui.panels.panel import Panel
from kimi_tui.tui.widgets.timeline_view import TimelineView
from kimi_tui.tui.wishes import ExportWanted
from kimi_tui.tui.words import count


class MemoPanel(Panel):
    """One memo, to read and to copy from."""

    BINDINGS: ClassVar[list[BindingType]] = bindings("memo")
    TITLE = "Memo"
    PLACES: ClassVar[tuple[Place, ...]] = ("memo", "panel", "everywhere")
    _shown: dict[str, Any] | None = None

    def content(self) -> list[Widget]:
        """A timeline with nothing but the memo."""
        return [TimelineView(_only(self.state.memo.memo, self.state), ascii=self.look.ascii)]

    def show(self) -> None:
        """Draw the memo: the one that is being written, or the last one."""
        memo = self.state.memo
        growing = self._growing()
        if growing is not None:
            self.head(f"being written: {count(len(str(growing['text']).split()))} words by now")
        elif memo.memo is None:
            self.head("none yet: the model submits it at the end of its turn")
        else:
            self.head("partial: the turn ended before its answer" if memo.partial else "")
        shown = growing if growing is not None else memo.memo
        if shown != self._shown:
            self._shown = shown
            view = self.query_one(TimelineView)
            view.set_state(_only(shown, self.state))
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
        self.post_message(ExportWanted(self.bridge.session.id))

    def show_stream(self) -> None:
        """Draw the memo as it grows."""
        if self._growing() is not None:
            self.show()

    def _growing(self) -> dict[str, Any] | None:
        """The memo as far as it is written, None while none is."""
        for arguments in self.bridge.arguments_being_written():
            text = growing_text(arguments, "memo")
            if text:
                return {"kind": "memo", "title": growing_text(arguments, "title"), "text": text}
        return None


def _only(memo: dict[str, Any] | None, state: SessionState) -> SessionState:
    """A state whose timeline is a memo alone; its sources are those of the session."""
    alone = SessionState()
    alone.sources, alone.calls = state.sources, state.calls
    if memo is not None:
        block = TimelineBlock(seq=1, kind="memo", turn=state.run.turn, step=state.run.step, at=state.run.last_at)
        block.memo, block.text = memo, str(memo.get("text", ""))
        alone.timeline.blocks.append(block)
    return alone
