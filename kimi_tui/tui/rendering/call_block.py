"""Draw a tool call on the timeline: one line for action, target and outcome; opened, all details.

No tool is known by its name: what a call is comes from its label and its effects, so an unknown tool is drawn as
well as any.
"""

import json
import re
from collections.abc import Sequence
from typing import Any, NamedTuple

from kimi_tui.projections.calls import Call
from kimi_tui.text import one_line
from kimi_tui.tui.rendering.artifacts import artifact_sections
from kimi_tui.tui.rendering.glyphs import Glyphs
from kimi_tui.tui.rendering.lines import (
    BLANK,
    StyledLine,
    StyledSpan,
    fit_text,
    pad_text,
    plain_lines,
    sanitize_text,
    width_of,
    wrap_spans,
)
from kimi_tui.tui.rendering.sections import (
    MIN_SHOWN_SECONDS,
    DrawContext,
    DrawnSection,
    cut_preview,
    fixed_section,
    format_seconds,
    indent_for,
    more_line,
    plain_sections,
    spread_line,
)

_MAX_NAME_CHARS = 18
"""Cells after which an argument's name is cut."""
_SHOWN_CELLS = 20
"""Cells of a call's label that are shown however narrow its line is, if anything is at the right end."""
_MAX_SOURCES = 4
"""Source ids named on a call's line."""


class CallStyle(NamedTuple):
    """How the state of a call is shown."""

    glyph: str
    """The sign before the label."""
    style: str
    """The role of the sign and of the words."""
    words: str
    """What to say of it; empty when the glyph says it all."""


def style_of_call(call: Call, glyphs: Glyphs) -> CallStyle:
    """Return the sign, the style and the words for the state of a call."""
    if call.withdrawn:
        return CallStyle(glyphs.vetoed, "muted", "withdrawn")
    if call.observation is None:
        return {
            "waiting": CallStyle(glyphs.waiting, "warning", "waits for you"),
            "running": CallStyle(glyphs.running, "running", "running"),
            "ready": CallStyle(glyphs.proposed, "muted", "next"),
        }.get(call.state, CallStyle(glyphs.proposed, "muted", ""))
    return {
        "ok": CallStyle(glyphs.ok, "ok", ""),
        "vetoed": CallStyle(glyphs.vetoed, "warning", "vetoed"),
        "denied": CallStyle(glyphs.vetoed, "warning", "denied"),
        "not-found": CallStyle(glyphs.ok, "muted", "nothing found"),
        "interrupted": CallStyle(glyphs.error, "warning", "interrupted"),
        "lookup-failed": CallStyle(glyphs.error, "error", "lookup failed"),
    }.get(call.observation.status, CallStyle(glyphs.error, "error", "error"))


def max_call_level(call: Call | None) -> int:
    """Return how far a call can be opened: 1, or 2 when its observation is longer than its preview."""
    observation = call.observation if call else None
    if observation is None:
        return 1
    rows = (observation.artifact or {}).get("rows")
    many = isinstance(rows, list) and len(rows) > 12
    return 2 if many or cut_preview(observation.text)[1] else 1


def call_sections(call: Call, place: DrawContext) -> list[DrawnSection]:
    """Return a call's lines, as far unchanged opened."""
    made = [fixed_section(_head(call, place))]
    if not place.level:
        return made
    rail = [*_bracket(place, head=False), StyledSpan(f"{place.glyphs.rail} ", "faint")]
    before = indent_for(place.width, rail)
    made.append(fixed_section([*_arguments(call, place, before), *_decision(call, place, before)]))
    if call.observation is not None:
        made += _observation(call, place, before)
    return made


def _bracket(place: DrawContext, *, head: bool) -> list[StyledSpan]:
    """Return the left edge of a call that runs beside others."""
    if place.group < 2:
        return []
    last = place.position == place.group - 1
    sign = (place.glyphs.last if head else " ") if last else place.glyphs.middle
    return [StyledSpan(f"{sign} ", "faint")]


def _head(call: Call, place: DrawContext) -> list[StyledLine]:
    """Return the one line of a call, after the line that opens its group."""
    glyphs, look = place.glyphs, style_of_call(call, place.glyphs)
    lines: list[StyledLine] = []
    if place.group > 1 and place.position == 0:
        words = f"{glyphs.first}{glyphs.rule} step {call.step} {glyphs.separator} {place.group} calls side by side"
        lines.append(StyledLine((StyledSpan(fit_text(words, place.width, glyphs.ellipsis), "faint"),), lead=2))
    edge = [*indent_for(place.width, _bracket(place, head=True)), StyledSpan(f"{look.glyph} ", look.style)]
    right = _right(call, place)
    size = sum(width_of(span.text) for span in right)
    right = right if size + _SHOWN_CELLS + 4 <= place.width else []
    room = place.width - sum(width_of(span.text) for span in edge) - (size + 2 if right else 0)
    lines.append(spread_line([*edge, *_words(call, look, place, room)], right, place.width))
    return lines


def _words(call: Call, look: CallStyle, place: DrawContext, room: int) -> list[StyledSpan]:
    """Label, state and a few words of the outcome, in `room` cells."""
    label = one_line(call.label or call.tool, 400)
    dot = f" {place.glyphs.separator} "
    notes = [look.words] if look.words else []
    if call.state == "running" and place.seconds >= 1:
        notes.append(f"{place.seconds:.0f} s")
    notes += ["edited"] if call.is_edited else []
    note = dot.join(notes)
    kept = min(width_of(note) + 3 if note else 0, max(room // 2, 0))
    label = fit_text(label, max(room - kept, 2), place.glyphs.ellipsis)
    spans = _label_spans(call, label)
    left = room - width_of(label)
    tone = look.style if look.words else "accent"
    for text, style, least in ((note, tone, 4), (_target(call, label), "muted", 8), (_gist(call), "muted", 24)):
        if text and left - 3 >= least:
            shown = fit_text(text, left - 3, place.glyphs.ellipsis)
            spans += [StyledSpan(dot, "faint"), StyledSpan(shown, style)]
            left -= width_of(shown) + 3
    return spans


def _label_spans(call: Call, label: str) -> list[StyledSpan]:
    """Return the label, with the ids of the call's sources in it leading to them."""
    style = "strike muted" if call.withdrawn else "label"
    ids = _source_ids(call)
    if not ids:
        return [StyledSpan(label, style)]
    names = "|".join(re.escape(name) for name in sorted(ids, key=len, reverse=True))
    return [
        StyledSpan(piece, "cite" if piece in ids else style, f"source:{piece}" if piece in ids else "")
        for piece in re.split(rf"(?<!\w)({names})(?!\w)", label)
        if piece
    ]


def _source_ids(call: Call) -> list[str]:
    """Return the ids of the sources that the call brought, each once."""
    return list(dict.fromkeys(one_line(ref.id, 12) for ref in (call.observation.sources if call.observation else ())))


def _is_named(source: str, label: str) -> bool:
    """Return whether a label names a source near its beginning, where it is shown however narrow the line is."""
    return re.search(rf"(?<!\w){re.escape(source)}(?!\w)", label[:_SHOWN_CELLS]) is not None


def _target(call: Call, label: str) -> str:
    """Return what the call touches, as far as neither the label nor the ids of its sources say it."""
    targets = [one_line(effect.target, 80) for effect in call.effects if effect.target]
    ids = _source_ids(call)
    return ", ".join(dict.fromkeys(target for target in targets if target not in label and target not in ids))


def _gist(call: Call) -> str:
    """Return the first words of the outcome, or of the note that took it back."""
    if call.withdrawn:
        return one_line(call.withdrawal_note, 200)
    if call.observation is None:
        return one_line(call.problem, 200)
    first = call.observation.text[:400].strip().split("\n", 1)[0]
    for source in _source_ids(call):  # the line has it already
        first = re.sub(rf"^(?:--- )?\[{re.escape(source)}(?: [^\]]*)?\](?: ---)?", "", first).strip()
    return one_line(call.note or first, 200)


def _right(call: Call, place: DrawContext) -> list[StyledSpan]:
    """Sources that the label does not name, and the duration, at the right end."""
    if call.observation is None:
        return []
    spans: list[StyledSpan] = []
    label = one_line(call.label or call.tool, 400)
    ids = [source for source in _source_ids(call) if not _is_named(source, label)]
    for name in ids[:_MAX_SOURCES]:
        spans += [StyledSpan(name, "cite", f"source:{name}"), StyledSpan(" ")]
    if len(ids) > _MAX_SOURCES:
        spans += [StyledSpan(f"+{len(ids) - _MAX_SOURCES} ", "muted")]
    if call.observation.cached:
        spans.append(StyledSpan("again", "muted"))
    elif call.observation.duration >= MIN_SHOWN_SECONDS:
        spans.append(StyledSpan(pad_text(format_seconds(call.observation.duration), 6, "right"), "muted"))
    return spans


def _arguments(call: Call, place: DrawContext, before: Sequence[StyledSpan]) -> list[StyledLine]:
    """Return the arguments as names and values; where a person edited them, both versions."""
    names = list(dict.fromkeys([*call.proposed, *call.arguments]))
    column = min(max((width_of(one_line(name)) for name in names), default=0), _MAX_NAME_CHARS)
    lines: list[StyledLine] = []
    for name in names:
        old, new = call.proposed.get(name), call.arguments.get(name)
        if old == new:
            sign = "  " if call.is_edited else ""
            lines += _argument(name, new, column, place, before, (sign, "key", ""))
            continue
        if name in call.proposed:
            lines += _argument(name, old, column, place, before, ("- ", "removed", "removed"))
        if name in call.arguments:
            lines += _argument(name, new, column, place, before, ("+ ", "added", "added"))
    if call.problem:
        lines += plain_lines(one_line(call.problem), place.width, "error", indent=before)
        lines += plain_lines(cut_preview(call.raw)[0], place.width, "muted", indent=before)
    return lines


def _argument(
    name: str, value: Any, column: int, place: DrawContext, before: Sequence[StyledSpan], look: tuple[str, str, str]
) -> list[StyledLine]:
    """One argument, its value beside its name."""
    sign, key_style, value_style = look
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
    shown, missing = cut_preview(text) if place.level < 2 else (text, 0)
    key = fit_text(one_line(name), column, place.glyphs.ellipsis)
    head = StyledSpan(f"{sign}{pad_text(key, column)}  ", key_style)
    if place.width < column + 24:
        first, rest = [*before, StyledSpan(f"{sign}{key}: ", key_style)], [*before, StyledSpan("  ")]
    else:
        first, rest = [*before, head], [*before, StyledSpan(" " * (column + len(sign) + 2))]
    lines: list[StyledLine] = []
    for row in sanitize_text(shown).split("\n"):
        lines += wrap_spans([StyledSpan(row, value_style)], place.width, first=rest if lines else first, rest=rest)
    return [*lines, more_line(missing, place, rest)] if missing else lines


def _decision(call: Call, place: DrawContext, before: Sequence[StyledSpan]) -> list[StyledLine]:
    """Return who decided on the call, and why."""
    facts: list[tuple[str, str]] = []
    rule = one_line(call.rule, 120)
    why = one_line(call.reason, 300)
    if call.verdict is not None and rule:
        verb = {"allow": "allowed by", "ask": "asked because of", "deny": "denied by"}[call.verdict]
        facts.append((f"{verb} {rule}" + (f": {why}" if why else ""), "muted"))
    if call.decision is not None:
        words = {
            "approve": "approved by a person",
            "edit": "approved by a person, with other arguments",
            "always": "approved by a person, from now on always",
            "veto": "vetoed by a person",
        }[call.decision]
        note = one_line(call.note, 1_000)
        facts.append((words + (f": {note}" if note else ""), "warning" if call.decision == "veto" else "accent"))
    if call.recovered:
        facts.append(("found in the model's text instead of arriving as a call", "muted"))
    if call.attempts > 1:
        facts.append((f"started {call.attempts} times", "warning"))
    lines: list[StyledLine] = []
    for text, style in facts:
        lines += wrap_spans([StyledSpan(text, style)], place.width, first=before, rest=[*before, StyledSpan("  ")])
    return lines


def _observation(call: Call, place: DrawContext, before: Sequence[StyledSpan]) -> list[DrawnSection]:
    """Return the observation."""
    observation = call.observation
    assert observation is not None
    rule = StyledLine((*before, BLANK_SPAN), lead=sum(len(span.text) for span in before)) if before else BLANK
    made = [fixed_section([rule])]
    if call.withdrawn:
        note = one_line(call.withdrawal_note, 1_000)
        words = "withdrawn by a person" + (f": {note}" if note else "")
        made.append(fixed_section(plain_lines(words, place.width, "warning", indent=before)))
    drawn = None if call.withdrawn else artifact_sections(observation.artifact, place, before)
    if drawn is not None:
        head = one_line(observation.text.split("\n", 1)[0], 400)
        return [*made, fixed_section(plain_lines(head, place.width, "muted", indent=before)), *drawn]
    style = {"ok": "", "not-found": "muted"}.get(observation.status, "error")
    if observation.status in ("vetoed", "denied"):
        style = "warning"
    if call.withdrawn:
        style = "strike muted"
    shown, missing = cut_preview(observation.text) if place.level < 2 else (observation.text, 0)
    made += plain_sections(shown, place, style, before, wide=True)
    return [*made, fixed_section([more_line(missing, place, before)])] if missing else made


BLANK_SPAN = StyledSpan("")
"""Nothing, after an ornament."""
