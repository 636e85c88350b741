"""A tool call on the timeline: one line that says what, where to, how it went; opened, everything about it.

No tool is known by its name: what a call is comes from its label and its effects, so an unknown tool is drawn as
well as any.
"""

import json
from collections.abc import Sequence
from typing import Any, NamedTuple

from kimi_tui.projections.calls import Call
from kimi_tui.text import one_line
from kimi_tui.tui.rendering.artifacts import artifact_sections
from kimi_tui.tui.rendering.glyphs import Glyphs
from kimi_tui.tui.rendering.lines import BLANK, Line, Span, clean, fit, pad, plain, width_of, wrap
from kimi_tui.tui.rendering.sections import (
    Place,
    Section,
    fixed,
    indent_for,
    more_line,
    plain_sections,
    preview,
    seconds_text,
    spread,
)

_LONGEST_NAME = 18
"""Cells after which an argument's name is cut."""
_MOST_SOURCES = 4
"""Source ids named on a call's line."""


class Look(NamedTuple):
    """How a call's state is shown."""

    glyph: str
    """The sign before the label."""
    style: str
    """The role of the sign and of the words."""
    words: str
    """What to say of it; empty when the glyph says it all."""


def look_of(call: Call, glyphs: Glyphs) -> Look:
    """The sign, the role and the words for where a call stands."""
    if call.withdrawn:
        return Look(glyphs.vetoed, "muted", "withdrawn")
    if call.observation is None:
        return {
            "waiting": Look(glyphs.waiting, "warning", "waits for you"),
            "running": Look(glyphs.running, "running", "running"),
            "ready": Look(glyphs.proposed, "muted", "next"),
        }.get(call.state, Look(glyphs.proposed, "muted", ""))
    return {
        "ok": Look(glyphs.ok, "ok", ""),
        "vetoed": Look(glyphs.vetoed, "warning", "vetoed"),
        "denied": Look(glyphs.vetoed, "warning", "denied"),
        "not-found": Look(glyphs.ok, "muted", "nothing found"),
        "interrupted": Look(glyphs.error, "warning", "interrupted"),
        "lookup-failed": Look(glyphs.error, "error", "lookup failed"),
    }.get(call.observation.status, Look(glyphs.error, "error", "error"))


def call_levels(call: Call | None) -> int:
    """How far a call can be opened: 1, or 2 when its observation is longer than its preview."""
    observation = call.observation if call else None
    if observation is None:
        return 1
    rows = (observation.artifact or {}).get("rows")
    many = isinstance(rows, list) and len(rows) > 12
    return 2 if many or preview(observation.text)[1] else 1


def call_sections(call: Call, place: Place) -> list[Section]:
    """A call's lines, as far as it is opened."""
    made = [fixed(_head(call, place))]
    if not place.level:
        return made
    rail = [*_bracket(place, head=False), Span(f"{place.glyphs.rail} ", "faint")]
    before = indent_for(place.width, rail)
    made.append(fixed([*_arguments(call, place, before), *_decision(call, place, before)]))
    if call.observation is not None:
        made += _observed(call, place, before)
    return made


def _bracket(place: Place, *, head: bool) -> list[Span]:
    """The left edge of a call that runs beside others."""
    if place.group < 2:
        return []
    last = place.position == place.group - 1
    sign = (place.glyphs.last if head else " ") if last else place.glyphs.middle
    return [Span(f"{sign} ", "faint")]


def _head(call: Call, place: Place) -> list[Line]:
    """The one line of a call, after the line that opens its group."""
    glyphs, look = place.glyphs, look_of(call, place.glyphs)
    lines: list[Line] = []
    if place.group > 1 and place.position == 0:
        words = f"{glyphs.first}{glyphs.rule} step {call.step} {glyphs.separator} {place.group} calls side by side"
        lines.append(Line((Span(fit(words, place.width, glyphs.ellipsis), "faint"),), lead=2))
    edge = [*indent_for(place.width, _bracket(place, head=True)), Span(f"{look.glyph} ", look.style)]
    right = _right(call, place)
    size = sum(width_of(span.text) for span in right)
    right = right if size + 24 <= place.width else []
    room = place.width - sum(width_of(span.text) for span in edge) - (size + 2 if right else 0)
    lines.append(spread([*edge, *_words(call, look, place, room)], right, place.width))
    return lines


def _words(call: Call, look: Look, place: Place, room: int) -> list[Span]:
    """Label, state and a few words of the outcome, in `room` cells."""
    label = one_line(call.label or call.tool, 400)
    dot = f" {place.glyphs.separator} "
    notes = [look.words] if look.words else []
    if call.state == "running" and place.seconds >= 1:
        notes.append(f"{place.seconds:.0f} s")
    notes += ["edited"] if call.is_edited else []
    note = dot.join(notes)
    kept = min(width_of(note) + 3 if note else 0, max(room // 2, 0))
    label = fit(label, max(room - kept, 2), place.glyphs.ellipsis)
    spans = [Span(label, "strike muted" if call.withdrawn else "label")]
    left = room - width_of(label)
    tone = look.style if look.words else "accent"
    for text, style, least in ((note, tone, 4), (_target(call, label), "muted", 8), (_gist(call), "muted", 24)):
        if text and left - 3 >= least:
            shown = fit(text, left - 3, place.glyphs.ellipsis)
            spans += [Span(dot, "faint"), Span(shown, style)]
            left -= width_of(shown) + 3
    return spans


def _target(call: Call, label: str) -> str:
    """What the call touches, as far as the label does not already say it."""
    targets = [one_line(effect.target, 80) for effect in call.effects if effect.target]
    return ", ".join(dict.fromkeys(target for target in targets if target not in label))


def _gist(call: Call) -> str:
    """The first words of the outcome, or of the note that took it back."""
    if call.withdrawn:
        return one_line(call.withdrawal_note, 200)
    if call.observation is None:
        return one_line(call.problem, 200)
    return one_line(call.note or call.observation.text[:400].strip().split("\n", 1)[0], 200)


def _right(call: Call, place: Place) -> list[Span]:
    """Sources and duration, at the right end."""
    if call.observation is None:
        return []
    spans: list[Span] = []
    ids = list(dict.fromkeys(ref.id for ref in call.observation.sources))
    for source in ids[:_MOST_SOURCES]:
        name = one_line(source, 12)
        spans += [Span(name, "cite", f"source:{name}"), Span(" ")]
    if len(ids) > _MOST_SOURCES:
        spans += [Span(f"+{len(ids) - _MOST_SOURCES} ", "muted")]
    if call.observation.cached:
        spans.append(Span("again", "muted"))
    elif call.observation.duration > 0:
        spans.append(Span(pad(seconds_text(call.observation.duration), 6, "right"), "muted"))
    return spans


def _arguments(call: Call, place: Place, before: Sequence[Span]) -> list[Line]:
    """The arguments as names and values; where a person edited them, both versions."""
    names = list(dict.fromkeys([*call.proposed, *call.arguments]))
    column = min(max((width_of(one_line(name)) for name in names), default=0), _LONGEST_NAME)
    lines: list[Line] = []
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
        lines += plain(one_line(call.problem), place.width, "error", indent=before)
        lines += plain(preview(call.raw)[0], place.width, "muted", indent=before)
    return lines


def _argument(
    name: str, value: Any, column: int, place: Place, before: Sequence[Span], look: tuple[str, str, str]
) -> list[Line]:
    """One argument, its value beside its name."""
    sign, key_style, value_style = look
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
    shown, missing = preview(text) if place.level < 2 else (text, 0)
    key = fit(one_line(name), column, place.glyphs.ellipsis)
    head = Span(f"{sign}{pad(key, column)}  ", key_style)
    if place.width < column + 24:
        first, rest = [*before, Span(f"{sign}{key}: ", key_style)], [*before, Span("  ")]
    else:
        first, rest = [*before, head], [*before, Span(" " * (column + len(sign) + 2))]
    lines: list[Line] = []
    for row in clean(shown).split("\n"):
        lines += wrap([Span(row, value_style)], place.width, first=rest if lines else first, rest=rest)
    return [*lines, more_line(missing, place, rest)] if missing else lines


def _decision(call: Call, place: Place, before: Sequence[Span]) -> list[Line]:
    """Who let it run or not, and why."""
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
    lines: list[Line] = []
    for text, style in facts:
        lines += wrap([Span(text, style)], place.width, first=before, rest=[*before, Span("  ")])
    return lines


def _observed(call: Call, place: Place, before: Sequence[Span]) -> list[Section]:
    """What came back."""
    observation = call.observation
    assert observation is not None
    rule = Line((*before, BLANK_SPAN), lead=sum(len(span.text) for span in before)) if before else BLANK
    made = [fixed([rule])]
    if call.withdrawn:
        note = one_line(call.withdrawal_note, 1_000)
        words = "taken back by a person" + (f": {note}" if note else "")
        made.append(fixed(plain(words, place.width, "warning", indent=before)))
    drawn = None if call.withdrawn else artifact_sections(observation.artifact, place, before)
    if drawn is not None:
        head = one_line(observation.text.split("\n", 1)[0], 400)
        return [*made, fixed(plain(head, place.width, "muted", indent=before)), *drawn]
    style = {"ok": "", "not-found": "muted"}.get(observation.status, "error")
    if observation.status in ("vetoed", "denied"):
        style = "warning"
    if call.withdrawn:
        style = "strike muted"
    shown, missing = preview(observation.text) if place.level < 2 else (observation.text, 0)
    made += plain_sections(shown, place, style, before, wide=True)
    return [*made, fixed([more_line(missing, place, before)])] if missing else made


BLANK_SPAN = Span("")
"""Nothing, after an ornament."""
