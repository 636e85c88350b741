"""Draw the list of sources under a memo: one line for each, whatever its title and address.

When a source was read and its hash are shown where its text is: a click on its id leads there.
"""

from collections.abc import Sequence

from kimi_tui.text import one_line
from kimi_tui.tui.rendering.lines import BLANK, StyledLine, StyledSpan, fit_text, width_of
from kimi_tui.tui.rendering.sections import DrawContext, DrawnSection, fixed_section, indent_for, markdown_sections


def source_sections(sources: Sequence[str], place: DrawContext, before: Sequence[StyledSpan]) -> list[DrawnSection]:
    """Return a heading and one line for each source, given by its id; nothing without sources."""
    if not sources:
        return []
    before = indent_for(place.width, before)
    column = max(width_of(one_line(source, 20)) for source in sources)
    lines = [_source_line(source, column, place, before) for source in sources]
    return [fixed_section([BLANK]), *markdown_sections("## Sources", place, before), fixed_section([BLANK, *lines])]


def _source_line(source: str, column: int, place: DrawContext, before: Sequence[StyledSpan]) -> StyledLine:
    """`S12  Title of the source · its address`, cut at the end; untrusted text made harmless."""
    ref, glyphs = place.sources.get(source), place.glyphs
    name = one_line(source, 20)
    room = place.width - sum(width_of(span.text) for span in before)
    spans = [StyledSpan(fit_text(name, max(room, 2), glyphs.ellipsis), "cite", f"source:{source}")]
    pieces = [(" " * (column - width_of(name) + 2), "")]
    if source in place.flagged:
        pieces.append((f"{glyphs.warning} flagged as hostile {glyphs.separator} ", "error"))
    title, address = (one_line(ref.title), one_line(ref.address)) if ref is not None else ("", "")
    pieces += [(title, ""), (f" {glyphs.separator} " if title and address else "", "faint"), (address, "muted")]
    room -= width_of(name)
    for text, style in pieces:
        if text and room > 1:
            shown = fit_text(text, room, glyphs.ellipsis)
            spans.append(StyledSpan(shown, style))
            room -= width_of(shown)
    lead = sum(len(span.text) for span in before)
    return StyledLine((*before, *spans), lead=lead)
