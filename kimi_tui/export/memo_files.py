"""Export the memo as a Markdown file and as a self-contained page; references are printed from stored data."""

import html
import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from kimi_tui.config import EMBEDDED_MODEL
from kimi_tui.evidence.inert_markdown import escape_line
from kimi_tui.evidence.memo import CheckedMemo, Citation, format_counts
from kimi_tui.evidence.memo_printing import LEGEND, render_memo
from kimi_tui.export.recording import Recording
from kimi_tui.text import one_line

if TYPE_CHECKING:
    from markdown_it import MarkdownIt

MAX_NESTING = 120
"""How deep blocks may lie within each other; what is deeper is left out. The parser's own limit, 20, loses lists."""
TRAILER = re.compile(
    r"<!-- kimi-tui session=(?P<session>[\w-]+) entry=(?P<seq>\d+) digest=(?P<digest>[0-9a-f]{64}) -->"
)
"""The last line of an exported memo: the session and the entry that it was printed from."""


def format_memo_markdown(recording: Recording, print_citation: Callable[[int, Citation], str] | None = None) -> str:
    """Return the memo with numbered citations, sources, its making, and the entry to verify it against.

    `print_citation` prints a citation, given with its number, in another way.
    """
    state = recording.state
    body = render_memo(recording.memo, state.sources.by_id, state.sources.flagged, print_citation)
    last = recording.entries[-1]
    session = re.sub(r"[^\w-]", "_", last.session)
    trailer = f"<!-- kimi-tui session={session} entry={last.seq} digest={last.digest} -->"
    return f"{body}\n{_how_made(recording)}\n{trailer}\n"


def format_memo_page(recording: Recording) -> str:
    """Return the memo as one HTML file without scripts, styles from elsewhere or links that a model wrote."""
    markdown = TRAILER.sub("", format_memo_markdown(recording))
    body = markdown_parser().render(markdown)
    title = html.escape(one_line(recording.memo.title) or "Memo")
    policy = "default-src 'none'; style-src 'unsafe-inline'"
    return (
        f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>{title}</title>'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}"><style>{_STYLE}</style></head>\n'
        f"<body>\n{body}</body></html>\n"
    )


def markdown_parser() -> "MarkdownIt":
    """Return the parser of exported memos: tables, no HTML, and nothing lost in lists within lists."""
    from markdown_it import MarkdownIt  # only exports of pages and documents need it

    return MarkdownIt("commonmark", {"html": False, "maxNesting": MAX_NESTING}).enable("table")


def _how_made(recording: Recording) -> str:
    state, memo = recording.state, recording.memo
    opened = state.run.opened
    model = opened.model if opened else "unknown"
    what = (
        "the embedded extractive researcher, which is not a neural model"
        if model == EMBEDDED_MODEL
        else escape_line(model)
    )
    when = datetime.fromisoformat(state.run.last_at).astimezone(UTC)
    lines = [
        "## Record of this memo",
        "",
        f"- Question: {escape_line(recording.question)}",
        f"- Model: {what}; {state.budget.total_steps} steps, {len(state.calls.by_id)} tool calls, "
        f"{state.budget.total_tokens:,} tokens",
        f"- Checked: {_checked(memo)}",
        f"- Marks: {LEGEND}",
        f"- Session {escape_line(recording.session)}, finished {when:%Y-%m-%d %H:%M} UTC"
        + (", **partial**" if state.memo.partial else ""),
    ]
    return "\n".join(lines) + "\n"


def _checked(memo: CheckedMemo) -> str:
    """Return what was checked, and by whom."""
    if not memo.statements:
        return "by an earlier version of kimi-tui, for digits and quotes alone; verify the session to check it anew"
    return format_counts(memo.counts)


_STYLE = (
    "body{max-width:46rem;margin:3rem auto;padding:0 1rem;font:17px/1.55 Georgia,serif;color:#1c1c1c}"
    "h1,h2,h3{font-family:system-ui,sans-serif;line-height:1.25}table{border-collapse:collapse}"
    "td,th{border-bottom:1px solid #ccc;padding:.3rem .7rem;text-align:left}code{overflow-wrap:anywhere}"
    "@media(prefers-color-scheme:dark){body{background:#16181d;color:#e4e4e4}td,th{border-color:#444}}"
)
