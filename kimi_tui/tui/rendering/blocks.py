"""Blocks of the timeline as sections: question, steer, reasoning, message, call, notice, memo.

A folded block is one line whatever it holds. Nothing here depends on other blocks but through its `Place`.
"""

from collections.abc import Sequence

import msgspec

from kimi_tui.evidence.memo import CheckedMemo, decode_memo, format_counts
from kimi_tui.evidence.memo_printing import render_memo
from kimi_tui.projections.calls import Call
from kimi_tui.projections.timeline import TimelineBlock
from kimi_tui.text import one_line
from kimi_tui.tui.rendering.calls import call_levels, call_sections
from kimi_tui.tui.rendering.lines import BLANK, Line, Span, fit, plain, width_of, wrap
from kimi_tui.tui.rendering.sections import (
    Place,
    Section,
    body_width,
    fixed,
    markdown_sections,
    more_line,
    plain_sections,
    preview,
    seconds_text,
    spread,
    text_height,
)

INDENT = (Span("  "),)
"""What text stands behind, so that signs hang in the margin."""


def levels(block: TimelineBlock, call: Call | None) -> int:
    """How far a block can be opened; 0 if it is always shown whole."""
    if block.kind == "reasoning":
        return 1
    if block.kind == "call":
        return call_levels(call)
    if block.kind == "notice" and block.detail:
        return 2 if preview(block.detail)[1] else 1
    return 0


def first_level(block: TimelineBlock) -> int:
    """How far a block is opened before anyone has touched it."""
    return int(block.kind == "notice" and bool(block.detail) and block.level != "info")


def gap_before(block: TimelineBlock, previous: TimelineBlock | None) -> int:
    """Empty lines between a block and the one before it."""
    if previous is None:
        return 0
    close = ("reasoning", "call", "notice") if block.kind in ("call", "notice") else ()
    return 0 if previous.kind in close else 1


def estimate(block: TimelineBlock, level: int, width: int) -> int:
    """About how many lines a block takes, found without laying it out."""
    if block.kind in ("reasoning", "call") and not level:
        return 1
    height = 1 if block.kind in ("reasoning", "memo") else 0
    if block.kind == "notice":
        return 1 + (min(text_height(block.detail, width), 12) if level else 0)
    return height + text_height(block.text, body_width(width, 2))


def searchable(block: TimelineBlock, call: Call | None) -> str:
    """All the text of a block, folded or not, as it stands."""
    parts = [block.text, block.detail]
    if call is not None:
        parts = [call.label or call.tool]
        for name, value in call.arguments.items():
            parts.append(f"{name} {value}")
        parts += [call.note, call.withdrawal_note]
        if call.observation is not None:
            parts.append(call.observation.text)
    return "\n".join(part for part in parts if part)


def sections(block: TimelineBlock, place: Place) -> list[Section]:
    """A block, as far as it is opened, in pieces that are drawn when they come into view."""
    made = _body(block, place)
    return [fixed([BLANK] * place.gap), *made] if place.gap else made


def _body(block: TimelineBlock, place: Place) -> list[Section]:
    match block.kind:
        case "question":
            return [fixed(_question(block, place))]
        case "steer":
            return [fixed(_steer(block, place))]
        case "reasoning":
            return _reasoning(block, place)
        case "message":
            return markdown_sections(block.text, place, INDENT)
        case "call":
            return call_sections(place.call, place) if place.call else []
        case "memo":
            return _memo(block, place)
        case "notice":
            return _notice(block, place)


def _question(block: TimelineBlock, place: Place) -> list[Line]:
    """A person's words, in bold on a band of their own."""
    bar = [Span(f"{place.glyphs.bar} ", "bar")]
    return plain(block.text.strip("\n"), place.width, "question", indent=bar, fill="band")


def _steer(block: TimelineBlock, place: Place) -> list[Line]:
    engine = block.detail not in ("", "person")
    words = f"{one_line(block.detail, 20)}: {block.text}" if engine else block.text
    sign = [Span(f"{place.glyphs.steer} ", "muted" if engine else "bar")]
    lines = plain(words, place.width, "muted" if engine else "steer", indent=sign, fill="" if engine else "band")
    return [lines[0], *(line._replace(spans=(*INDENT, *line.spans[1:])) for line in lines[1:])]


def _reasoning(block: TimelineBlock, place: Place) -> list[Section]:
    """Folded, one line with its first words; opened, all of it beside a thin rail."""
    head = fixed([reasoning_head(block, place)])
    if not place.level:
        return [head]
    rail = [Span(f"{place.glyphs.rail} ", "faint")]
    return [head, *plain_sections(block.text.strip("\n"), place, "reasoning", rail, wide=False)]


def reasoning_head(block: TimelineBlock, place: Place) -> Line:
    """`▸ reasoning 12 s · 1,840 tokens · first words…`, the step at the right end."""
    glyphs = place.glyphs
    sign = glyphs.unfolded if place.level else glyphs.folded
    figures = [seconds_text(block.seconds)] if block.seconds else []
    figures += [f"{block.tokens:,} tokens"] if block.tokens else []
    dot = f" {glyphs.separator} "
    right = [Span(f"step {block.step}", "faint")] if place.width >= 60 else []
    room = place.width - (width_of(right[0].text) + 2 if right else 0)
    title = fit(f"reasoning {dot.join(figures)}".rstrip(), max(room - 2, 2), glyphs.ellipsis)
    left = [Span(f"{sign} ", "muted"), Span(title, "muted")]
    room -= width_of(title) + 2 + len(dot)
    if not place.level and room >= 12:
        left += [Span(dot, "faint"), Span(fit(one_line(block.text[:800]), room, glyphs.ellipsis), "reasoning")]
    return spread(left, right, place.width)


def _notice(block: TimelineBlock, place: Place) -> list[Section]:
    """One line for what happened; what to do about it under it, all of its detail when opened."""
    glyphs = place.glyphs
    sign, style = {
        "info": (glyphs.info, "faint"),
        "warning": (glyphs.warning, "warning"),
        "error": (glyphs.error, "error"),
    }[block.level]
    if block.detail and not place.level:
        sign = glyphs.folded
    text = [Span(one_line(block.text), "muted" if block.level == "info" else style)]
    width = body_width(place.width, 0)
    head = wrap(text, width, first=[Span(f"{sign} ", style)], rest=INDENT)
    if not block.detail or not place.level:
        return [fixed(head)]
    shown, missing = preview(block.detail) if place.level < 2 else (block.detail, 0)
    made = [fixed(head), *plain_sections(shown, place, "muted", INDENT, wide=False)]
    return [*made, fixed([more_line(missing, place, INDENT)])] if missing else made


def _memo(block: TimelineBlock, place: Place) -> list[Section]:
    """The memo with its citations marked, after a line that says what was checked and by whom."""
    memo = _checked(block)
    glyphs = place.glyphs
    words: list[Span] = [Span(f"{glyphs.memo} ", "accent"), Span("Memo", "accent strong")]
    dot = Span(f" {glyphs.separator} ", "faint")
    if block.level != "info":
        words += [dot, Span("partial", "warning")]
    if memo is not None and memo.statements:
        counts = memo.counts
        doubtful = counts.has_failures or counts.unchecked or counts.uncited
        words += [dot, Span(format_counts(counts), "error" if counts.has_failures else "warning" if doubtful else "ok")]
    elif memo is not None and memo.citations:
        words += [dot, Span("checked by an earlier version: verify the session", "warning")]
    made = [fixed([*wrap(words, place.width, rest=INDENT), BLANK])]
    if memo is None:
        made += markdown_sections(block.text, place, INDENT)
    else:
        text = render_memo(memo, dict(place.sources), place.flagged)
        made += markdown_sections(text, place, INDENT)
    return [*made, *_note(block, place)]


def _note(block: TimelineBlock, place: Place) -> Sequence[Section]:
    """What the turn's end says to the person, under the memo."""
    if not block.detail:
        return ()
    return [fixed([BLANK]), *plain_sections(block.detail, place, "muted", INDENT, wide=False)]


def _checked(block: TimelineBlock) -> CheckedMemo | None:
    """The memo as recorded, None if it does not have the shape of one."""
    try:
        return decode_memo(block.memo or {})
    except msgspec.ValidationError:
        return None
