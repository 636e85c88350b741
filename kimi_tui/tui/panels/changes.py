"""Show the changes of a revision: the last memo beside the one before it, statement by statement."""

from textual.widget import Widget

from kimi_tui.evidence.memo import CheckedMemo
from kimi_tui.evidence.memo_diff import StatementChange, changes_in_words, compare_memos, count_changes
from kimi_tui.projections.trajectory import TrajectoryState
from kimi_tui.tui.panels.panel import Panel
from kimi_tui.tui.rendering.blocks import valid_memo
from kimi_tui.tui.rendering.text_diff import diff_words
from kimi_tui.tui.widgets.text_view import TextPassage, TextView


class ChangesPanel(Panel):
    """Every statement that was added, removed, reworded, cited anew or found otherwise."""

    TITLE = "Changes"
    _shown: tuple[StatementChange, ...] | None = None

    def content_widgets(self) -> list[Widget]:
        """Return the text."""
        return [TextView(id="changes")]

    def show(self) -> None:
        """List the changes of the last memo."""
        changes = last_changes(self.state)
        if changes is None:
            self.set_figures("there is no memo before the last one")
        elif changes != self._shown:
            self._shown = changes
            self.set_figures(changes_in_words(count_changes(changes)))
            passages = [change_passage(change) for change in changes if change.is_change]
            self.query_one(TextView).show(passages or [TextPassage("Nothing changed.", "")])
            self.query_one(TextView).focus()


def last_changes(state: TrajectoryState) -> tuple[StatementChange, ...] | None:
    """Return how the last memo differs from the one before; None without two readable ones."""
    memos: list[CheckedMemo] = []
    for block in reversed(state.timeline.blocks):
        memo = valid_memo(block) if block.kind == "memo" else None
        memos += [memo] if memo is not None else []
        if len(memos) == 2:
            return compare_memos(memos[1], memos[0])
    return None


def change_passage(change: StatementChange) -> TextPassage:
    """Return a change as text: its kind and findings over the words, with `{+added+}` and `[-removed-]` ones."""
    both = [one for one in (change.before, change.after) if one is not None]
    found = dict.fromkeys(one.finding for one in both if one.finding)
    heading = " · ".join(word for word in ("" if change.kind == "same" else change.kind, " -> ".join(found)) if word)
    words = "".join(piece.shown for piece in diff_words(both[0].text, both[-1].text))
    return TextPassage(heading, words)
