"""Print a checked memo as Markdown, with marks behind its citations and a list of sources.

Whatever is printed of a source, its title and address, comes from what was stored. A citation that leads nowhere is
never printed as a source, and nothing that a model wrote can pass for a mark or a record of ours.
"""

import re
from collections.abc import Callable, Collection, Iterator, Mapping

from kimi_tui.evidence.decisions import DECISION_MARKS, DECISION_WORDS
from kimi_tui.evidence.findings import Finding
from kimi_tui.evidence.markdown_text import (
    code_lines,
    code_span,
    code_spans,
    escape_line,
    neutralize_markdown,
    remove_links,
)
from kimi_tui.evidence.memo import CheckedMemo, Citation, Statement, shorten_line
from kimi_tui.sources import SourceRef

MARKS: dict[Finding, str] = {
    "supported": "\u2713", "unchecked": "?", "contradicted": "\u2717", "not found": "\u2717", "lookup failed": "!",
}  # fmt: skip
"""What stands behind a citation: its finding at a glance."""
JUDGED_MARK = "\u25e6"
"""The mark of a citation that a model judged."""
LEGEND = (
    "\u2713 figures compared with the cited cells or words, quotes letter by letter \u00b7 \u25e6 judged by a "
    "model \u00b7 ? not checked \u00b7 \u2717 contradicted or not found \u00b7 ! could not be looked up \u00b7 "
    "\u2611 \u2612 \u270e accepted, rejected, noted by the person named"
)
_OWN_MARKS = str.maketrans(
    dict.fromkeys("\u2713\u2714\u2705\u2610\u2611\u2612\u2717\u2718\u25e6\u270e\u270f\u2710", "\u00b7")
)
"""Our marks in a model's text become dots."""
_OUR_HEADINGS = re.compile(
    r"(?im)^(?P<before>[\s#>*_]*)(?P<name>(?:the\s+)?record of this memo|sources|decisions of people)"
    r"(?P<after>[\s:*_#]*)$"
)
_BRACKETS = "[]\u3010\u3011"


def render_memo(
    memo: CheckedMemo,
    refs: Mapping[str, SourceRef],
    flagged: Collection[str] = (),
    print_citation: Callable[[int, Citation], str] | None = None,
    *,
    list_sources: bool = True,
) -> str:
    """Return the memo as escaped Markdown, with citations of `flagged` sources marked.

    `print_citation` prints a citation, given with its number, in another way than `render_citation`. Without
    `list_sources` the list of sources at the end is left to the caller.
    """
    printing = print_citation or (lambda number, cite: render_citation(cite, flagged))
    pieces: list[str] = []
    at = 0
    ours = [(cite.start, cite.end, printing(number, cite)) for number, cite in enumerate(memo.citations)]
    for start, end, printed in sorted([*ours, *_decision_marks(memo)]):
        pieces += [_text(memo.text[at:start]), printed]
        at = end
    body = remove_links("".join([*pieces, _text(memo.text[at:])])).rstrip()
    body = _OUR_HEADINGS.sub(r"\g<before>\g<name> (as the model wrote it)\g<after>", body)
    _, open_fence = code_lines(body.split("\n"))
    closing = f"{open_fence}\n" if open_fence else ""
    title = f"# {escape_line(memo.title)}\n\n" if memo.title.strip() else ""
    listed = "".join(_source_line(refs.get(source), source, source in flagged) for source in memo.sources)
    sources = f"\n## Sources\n\n{listed}" if listed and list_sources else ""
    return f"{title}{body}\n{closing}{_decisions(memo)}{sources}"


def render_citation(cite: Citation, flagged: Collection[str] = ()) -> str:
    """Return a citation as readers see it: `[S3 p.4 ✓]`; one that leads nowhere says so."""
    failure = citation_failure(cite)
    if not cite.is_followable:
        return failure
    inside = "; ".join(_place(place.source, place.label, place.row, place.period) for place in cite.places)
    return f"[{inside} {citation_mark(cite, flagged)}]{f' {failure}' if failure else ''}"


def citation_mark(cite: Citation, flagged: Collection[str] = ()) -> str:
    """Return the mark of a citation that can be followed, with a warning if it cites a flagged source."""
    mark = JUDGED_MARK if cite.by == "judge" and cite.finding == "supported" else MARKS[cite.finding]
    warned = any(place.source in flagged for place in cite.places)
    return f"{mark} \u26a0 flagged as hostile" if warned else mark


def citation_failure(cite: Citation) -> str:
    """Return what is wrong with a citation, in bold; empty if nothing is."""
    if not cite.is_followable:
        words = "could not be looked up" if cite.finding == "lookup failed" else "leads nowhere"
        return f"**\\[{words}: {escape_line(cite.marker.strip(_BRACKETS).translate(_OWN_MARKS))}\\]**"
    if cite.finding not in ("contradicted", "not found", "lookup failed"):
        return ""
    why = f" \u2014 {escape_line(shorten_line(cite.detail.translate(_OWN_MARKS), 240))}" if cite.detail else ""
    return f"**\\[{cite.finding}{why}\\]**"


def _decision_marks(memo: CheckedMemo) -> Iterator[tuple[int, int, str]]:
    """Yield what is printed behind each statement that a person decided on: where, and the mark with the name."""
    in_code = code_spans(memo.text)
    for one in memo.statements:
        words = memo.text[one.start : one.end].rstrip("|\\ \t\n")
        at = one.start + len(words)
        if words and one.decisions and not any(start <= at <= end for start, end in in_code):
            yield at, at, f" {_decision_mark(one)}"


def _decision_mark(one: Statement) -> str:
    decision = one.decided or one.decisions[-1]
    return f"{DECISION_MARKS[decision.verdict]} {escape_line(shorten_line(decision.person, 60))}"


def _decisions(memo: CheckedMemo) -> str:
    """Return the list of what people decided, each with what the check had found; empty without any."""
    lines = [
        f"- {DECISION_MARKS[made.verdict]} {escape_line(shorten_line(made.person, 60))} "
        f"{DECISION_WORDS[made.verdict]} \u201c{escape_line(shorten_line(one.text.translate(_OWN_MARKS), 200))}\u201d "
        f"on {escape_line(made.at[:16].replace('T', ' '))} UTC (the check: {one.finding}): "
        f"{escape_line(made.reason.translate(_OWN_MARKS))}\n"
        for one in memo.statements
        for made in one.decisions
    ]
    return f"\n## Decisions of people\n\n{''.join(lines)}" if lines else ""


def _text(text: str) -> str:
    return neutralize_markdown(text.translate(_OWN_MARKS))


def _place(source: str, label: str, row: str, period: str) -> str:
    words = [
        escape_line(source),
        label,
        f"\u201c{escape_line(row.translate(_OWN_MARKS))}\u201d" if row else "",
        escape_line(period),
    ]
    return " ".join(word for word in words if word)


def _source_line(ref: SourceRef | None, source: str, flagged: bool) -> str:
    if ref is None:
        return f"- {escape_line(source)}\n"
    title = f"{escape_line(ref.title)} \u2014 " if ref.title.strip() else ""
    when = ref.retrieved_at[:16].replace("T", " ")
    address = code_span(shorten_line(ref.address, 300))
    warning = ", **flagged as hostile**" if flagged else ""
    digest = escape_line(ref.digest[:16])
    return f"- {escape_line(source)}: {title}{address} (retrieved {escape_line(when)} UTC, SHA-256 {digest}{warning})\n"
