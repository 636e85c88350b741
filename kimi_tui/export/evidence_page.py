"""Export the memo as one page on which each citation opens what it leads to, without scripts or the network."""

import asyncio
import html
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from kimi_tui.evidence.memo import Citation
from kimi_tui.evidence.memo_charts import draw_memo_charts
from kimi_tui.evidence.memo_printing import render_citation
from kimi_tui.export.chart_svg import chart_html
from kimi_tui.export.citation_evidence import CitationEvidence
from kimi_tui.export.memo_files import TRAILER, format_memo_markdown, markdown_parser, unused_sign, wrap_page
from kimi_tui.export.recording import Recording
from kimi_tui.export.verify import EvidenceStore
from kimi_tui.tools.workers.pool import WorkerPool

if TYPE_CHECKING:
    from markdown_it.token import Token


def format_evidence_page(recording: Recording, store: EvidenceStore) -> str:
    """Return the page; raises `SessionError` when there is no memo. Starts worker processes, and waits for them."""
    return asyncio.run(_format(recording, store))


async def _format(recording: Recording, store: EvidenceStore) -> str:
    flagged = recording.state.sources.flagged
    sign = unused_sign(format_memo_markdown(recording))

    def print_citation(number: int, cite: Citation) -> str:
        return f"{sign}{number}{sign}{render_citation(cite, flagged)}{sign}{sign}"

    markdown = TRAILER.sub("", format_memo_markdown(recording, print_citation))
    placed = re.compile(f"{sign}(\\d{{1,9}}){sign}(.*?){sign}{sign}", re.DOTALL)
    parser = markdown_parser()
    workers = WorkerPool(most=1)
    pieces: list[str] = []
    try:
        evidence = CitationEvidence(store, workers)
        shown: set[int] = set()
        charts = [chart for chart in draw_memo_charts(recording.memo, store) if chart.is_worth_printing]
        for block in _blocks(parser.parse(markdown)):
            printed = parser.renderer.render(block, parser.options, {})
            numbers = [int(match[1]) for match in placed.finditer(printed)]
            pieces.append(placed.sub(r'<a class="cite" href="#cite-\1">\2</a>', printed))
            cited = {recording.memo.citations[number].start for number in numbers}
            for chart in [chart for chart in charts if any(chart.start <= at < chart.end for at in cited)]:
                charts.remove(chart)
                pieces.append(chart_html(chart))
            for number in numbers:
                cite = recording.memo.citations[number]
                if number not in shown and cite.is_followable:
                    pieces.append(_details(number, cite, await evidence.print(cite), flagged))
                shown.add(number)
    finally:
        await workers.close()
    return wrap_page(recording.memo.title, "".join(pieces), images=True)


def _details(number: int, cite: Citation, shown: str, flagged: frozenset[str]) -> str:
    """Return what a citation leads to, folded; a link to what is inside opens it."""
    printed = render_citation(cite, flagged).partition("]")[0] + "]"
    summary = html.escape(re.sub(r"\\(.)", r"\1", printed))
    return f'<details class="evidence"><summary>{summary}</summary><div id="cite-{number}">{shown}</div></details>\n'


def _blocks(tokens: "list[Token]") -> Iterator["list[Token]"]:
    """Yield the tokens of each block that lies in no other."""
    block: list[Token] = []
    depth = 0
    for token in tokens:
        block.append(token)
        depth += token.nesting
        if depth == 0:
            yield block
            block = []
    if block:
        yield block
