"""Export the memo as a Markdown file and as a self-contained page; references are printed from stored data."""

import html
import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from kimi_tui.config import EMBEDDED_MODEL
from kimi_tui.egress.ledger import list_sent_data, sum_by_receiver
from kimi_tui.evidence.markdown_text import escape_line
from kimi_tui.evidence.memo import CheckedMemo, Citation, format_counts
from kimi_tui.evidence.memo_printing import LEGEND, render_memo
from kimi_tui.export.chart_svg import CHART_STYLE
from kimi_tui.export.recording import Recording
from kimi_tui.projections.trajectory import TrajectoryState
from kimi_tui.text import count_noun, one_line

if TYPE_CHECKING:
    from markdown_it import MarkdownIt

MAX_NESTING = 120
"""How deep blocks may lie within each other; what is deeper is left out. The parser's own limit, 20, loses lists."""
MAX_RECEIVERS = 12
"""Receivers of what left a session that a memo names; `kimi-tui egress` lists all."""
_SIGNS = range(0xE000, 0xF8FF)
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
    return wrap_page(recording.memo.title, markdown_parser().render(markdown))


def wrap_page(title: str, body: str, *, images: bool = False) -> str:
    """Return a page around HTML; nothing in it runs, or comes from elsewhere. `images` allows those that it holds."""
    named = html.escape(one_line(title) or "Memo")
    policy = f"default-src 'none'; style-src 'unsafe-inline'{'; img-src data:' if images else ''}"
    return (
        f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>{named}</title>'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">'
        f"<style>{_STYLE}{_EVIDENCE_STYLE + CHART_STYLE if images else ''}</style></head>\n"
        f"<body>\n{body}</body></html>\n"
    )


def unused_sign(text: str) -> str:
    """Return a character of no meaning that a text does not have, to mark places in it."""
    return next(chr(code) for code in _SIGNS if chr(code) not in text)


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
        f"- Model: {what}; {count_noun(state.budget.total_steps, 'step')}, "
        f"{count_noun(len(state.calls.by_id), 'tool call')}, {count_noun(state.budget.total_tokens, 'token')}",
        f"- Checked: {_checked(memo)}",
        f"- Left the session: {_what_left(state)}",
        f"- Marks: {LEGEND}",
        f"- Session {escape_line(recording.session)}, finished {when:%Y-%m-%d %H:%M} UTC"
        + (", **partial**" if state.memo.partial else ""),
    ]
    return "\n".join(lines) + "\n"


def _what_left(state: TrajectoryState) -> str:
    """Return how many calls left, and to each receiver how many with how many characters and bytes back."""
    totals = sum_by_receiver(list_sent_data(state))
    if not totals:
        return "nothing besides the requests to the model server"
    listed = [
        f"{escape_line(one.receiver)} ({count_noun(one.calls, 'call')}, {one.characters:,} characters sent, "
        f"{one.received:,} bytes received)"
        for one in totals[:MAX_RECEIVERS]
    ]
    more = f" and {len(totals) - MAX_RECEIVERS} more receivers" if len(totals) > MAX_RECEIVERS else ""
    return f"{count_noun(sum(one.calls for one in totals), 'call')} to {'; '.join(listed)}{more}"


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
_EVIDENCE_STYLE = (
    "a.cite{color:inherit;text-decoration-style:dotted}details.evidence{margin:-.4rem 0 1rem;font-size:.8em}"
    "details.evidence summary{cursor:pointer;opacity:.8}figure{margin:.5rem 0;overflow-x:auto}"
    "figure img{max-width:100%;height:auto;border:1px solid #999;box-sizing:border-box}figcaption{opacity:.8}"
    "mark{background:#ffdd40;color:#000}div:target{outline:2px solid #c81e1e}"
)
