"""Draw the blocks of the timeline: question, steer, reasoning, message, call, notice, memo.

A folded block is one line whatever it holds. Nothing here depends on other blocks but through its `DrawContext`.
"""

from collections.abc import Sequence

from kimi_tui.evidence.memo import CheckedMemo, format_counts, read_memo
from kimi_tui.evidence.memo_printing import render_memo
from kimi_tui.projections.calls import Call
from kimi_tui.projections.timeline import TimelineBlock
from kimi_tui.text import count_noun, one_line
from kimi_tui.tui.rendering.call_block import call_sections, max_call_level
from kimi_tui.tui.rendering.lines import BLANK, StyledLine, StyledSpan, fit_text, plain_lines, width_of, wrap_spans
from kimi_tui.tui.rendering.memo_sources import source_sections
from kimi_tui.tui.rendering.sections import (
    MIN_SHOWN_SECONDS,
    DrawContext,
    DrawnSection,
    body_width,
    cut_preview,
    fixed_section,
    format_seconds,
    markdown_sections,
    more_line,
    plain_sections,
    spread_line,
    text_height,
)

INDENT = (StyledSpan("  "),)
"""What text stands behind, so that signs hang in the margin."""


def max_level(block: TimelineBlock, call: Call | None) -> int:
    """Return how far a block can be opened; 0 if it is always shown whole."""
    if block.kind == "reasoning":
        return 1
    if block.kind == "call":
        return max_call_level(call)
    if block.kind == "notice" and block.detail:
        return 2 if cut_preview(block.detail)[1] else 1
    return 0


def default_level(block: TimelineBlock) -> int:
    """Return how far a block is opened by default."""
    return int(block.kind == "notice" and bool(block.detail) and block.level != "info")


def gap_before(block: TimelineBlock, previous: TimelineBlock | None) -> int:
    """Empty lines between a block and the one before it."""
    if previous is None:
        return 0
    close = ("reasoning", "call", "notice") if block.kind in ("call", "notice") else ()
    return 0 if previous.kind in close else 1


def estimate_height(block: TimelineBlock, level: int, width: int) -> int:
    """Return about how many lines a block takes, without laying it out."""
    if block.kind in ("reasoning", "call") and not level:
        return 1
    height = 1 if block.kind in ("reasoning", "memo") else 0
    if block.kind == "notice":
        return 1 + (min(text_height(block.detail, width), 12) if level else 0)
    return height + text_height(block.text, body_width(width, 2))


def searchable_text(block: TimelineBlock, call: Call | None) -> str:
    """Return all the text of a block, collapsed or not."""
    parts = [block.text, block.detail]
    if call is not None:
        parts = [call.label or call.tool]
        for name, value in call.arguments.items():
            parts.append(f"{name} {value}")
        parts += [call.note, call.withdrawal_note]
        if call.observation is not None:
            parts.append(call.observation.text)
    return "\n".join(part for part in parts if part)


def block_sections(block: TimelineBlock, place: DrawContext) -> list[DrawnSection]:
    """Return a block, as far as it is opened, in sections that are drawn when they come into view."""
    made = _body(block, place)
    return [fixed_section([BLANK] * place.gap), *made] if place.gap else made


def _body(block: TimelineBlock, place: DrawContext) -> list[DrawnSection]:
    match block.kind:
        case "question":
            return [fixed_section(_question(block, place))]
        case "steer":
            return [fixed_section(_steer(block, place))]
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


def _question(block: TimelineBlock, place: DrawContext) -> list[StyledLine]:
    """Return a person's words, in bold on a band of their own."""
    bar = [StyledSpan(f"{place.glyphs.bar} ", "bar")]
    return plain_lines(block.text.strip("\n"), place.width, "question", indent=bar, fill="band")


def _steer(block: TimelineBlock, place: DrawContext) -> list[StyledLine]:
    engine = block.detail not in ("", "person")
    words = f"{one_line(block.detail, 20)}: {block.text}" if engine else block.text
    sign = [StyledSpan(f"{place.glyphs.steer} ", "muted" if engine else "bar")]
    lines = plain_lines(words, place.width, "muted" if engine else "steer", indent=sign, fill="" if engine else "band")
    return [lines[0], *(line._replace(spans=(*INDENT, *line.spans[1:])) for line in lines[1:])]


def _reasoning(block: TimelineBlock, place: DrawContext) -> list[DrawnSection]:
    """Folded, one line with its first words; opened, all of it beside a thin rail."""
    head = fixed_section([reasoning_head(block, place)])
    if not place.level:
        return [head]
    rail = [StyledSpan(f"{place.glyphs.rail} ", "faint")]
    return [head, *plain_sections(block.text.strip("\n"), place, "reasoning", rail, wide=False)]


def reasoning_head(block: TimelineBlock, place: DrawContext) -> StyledLine:
    """`▸ reasoning 12 s · 1,840 tokens · first words…`, the step at the right end."""
    glyphs = place.glyphs
    sign = glyphs.expanded if place.level else glyphs.collapsed
    figures = [format_seconds(block.seconds)] if block.seconds >= MIN_SHOWN_SECONDS else []
    figures += [count_noun(block.tokens, "token")] if block.tokens else []
    dot = f" {glyphs.separator} "
    right = [StyledSpan(f"step {block.step}", "faint")] if place.width >= 60 else []
    room = place.width - (width_of(right[0].text) + 2 if right else 0)
    title = fit_text(f"reasoning {dot.join(figures)}".rstrip(), max(room - 2, 2), glyphs.ellipsis)
    left = [StyledSpan(f"{sign} ", "muted"), StyledSpan(title, "muted")]
    room -= width_of(title) + 2 + len(dot)
    if not place.level and room >= 12:
        left += [
            StyledSpan(dot, "faint"),
            StyledSpan(fit_text(one_line(block.text[:800]), room, glyphs.ellipsis), "reasoning"),
        ]
    return spread_line(left, right, place.width)


def _notice(block: TimelineBlock, place: DrawContext) -> list[DrawnSection]:
    """One line for what happened; what to do about it under it, all of its detail when opened."""
    glyphs = place.glyphs
    sign, style = {
        "info": (glyphs.info, "faint"),
        "warning": (glyphs.warning, "warning"),
        "error": (glyphs.error, "error"),
    }[block.level]
    if block.detail and not place.level:
        sign = glyphs.collapsed
    text = [StyledSpan(one_line(block.text), "muted" if block.level == "info" else style)]
    width = body_width(place.width, 0)
    head = wrap_spans(text, width, first=[StyledSpan(f"{sign} ", style)], rest=INDENT)
    if not block.detail or not place.level:
        return [fixed_section(head)]
    shown, missing = cut_preview(block.detail) if place.level < 2 else (block.detail, 0)
    made = [fixed_section(head), *plain_sections(shown, place, "muted", INDENT, wide=False)]
    return [*made, fixed_section([more_line(missing, place, INDENT)])] if missing else made


def _memo(block: TimelineBlock, place: DrawContext) -> list[DrawnSection]:
    """Return the memo with its citations marked, after a line that says what was checked and by whom."""
    memo = valid_memo(block)
    glyphs = place.glyphs
    words: list[StyledSpan] = [StyledSpan(f"{glyphs.memo} ", "accent"), StyledSpan("Memo", "accent strong")]
    dot = StyledSpan(f" {glyphs.separator} ", "faint")
    if block.level != "info":
        words += [dot, StyledSpan("partial", "warning")]
    if memo is not None and memo.statements:
        counts = memo.counts
        doubtful = counts.has_failures or counts.unchecked or counts.uncited
        words += [
            dot,
            StyledSpan(format_counts(counts), "error" if counts.has_failures else "warning" if doubtful else "ok"),
        ]
    elif memo is not None and memo.citations:
        words += [dot, StyledSpan("checked by an earlier version: verify the session", "warning")]
    made = [fixed_section([*wrap_spans(words, place.width, rest=INDENT), BLANK])]
    if memo is None:
        made += markdown_sections(block.text, place, INDENT)
    else:
        text = render_memo(memo, dict(place.sources), place.flagged, list_sources=False)
        made += [*markdown_sections(text, place, INDENT), *source_sections(memo.sources, place, INDENT)]
    return [*made, *_turn_end_note(block, place)]


def _turn_end_note(block: TimelineBlock, place: DrawContext) -> Sequence[DrawnSection]:
    """Return the note to the person at the end of the turn, shown under the memo."""
    if not block.detail:
        return ()
    return [fixed_section([BLANK]), *plain_sections(block.detail, place, "muted", INDENT, wide=False)]


def valid_memo(block: TimelineBlock) -> CheckedMemo | None:
    """Return the recorded memo; None if it is malformed."""
    return read_memo(block.memo or {})


class FoldLevels:
    """The levels of all blocks; only those that were chosen are stored."""

    def __init__(self) -> None:
        self._chosen: dict[int, int] = {}
        self._every: int | None = None

    def level(self, index: int, block: TimelineBlock) -> int:
        """Return how far a block is opened."""
        chosen = self._chosen.get(index)
        if chosen is not None:
            return chosen
        if self._every is not None and block.kind in ("reasoning", "call", "notice"):
            return self._every
        return default_level(block)

    def choose(self, index: int, level: int) -> None:
        """Set the level of one block."""
        self._chosen[index] = level

    def choose_all(self, level: int) -> None:
        """Set the level of every block, including later ones."""
        self._chosen.clear()
        self._every = level
