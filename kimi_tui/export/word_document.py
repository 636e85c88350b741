"""Export the memo as a Word document: each citation is a live footnote that says where it leads and what is there.

The memo is first printed as Markdown, as for every other export, so that what is harmless there is harmless here: there
is no link, no picture, no macro and nothing that Word would load. A citation is printed as a sign that occurs nowhere
else in the memo, and each sign becomes the mark of its finding with a footnote.
"""

import io
import re
from collections.abc import Iterator
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING

from kimi_tui.evidence.memo import Citation
from kimi_tui.evidence.memo_charts import MemoChart, draw_memo_charts
from kimi_tui.evidence.memo_printing import citation_failure, citation_mark
from kimi_tui.evidence.source_lookup import SourceLookup
from kimi_tui.export.memo_files import TRAILER, format_memo_markdown, markdown_parser, unused_sign
from kimi_tui.export.recording import Recording
from kimi_tui.sources import SourceRef
from kimi_tui.text import clean_xml_text, one_line

if TYPE_CHECKING:
    from docx.document import Document
    from docx.table import Table
    from docx.text.paragraph import Paragraph
    from markdown_it.tree import SyntaxTreeNode

MAX_WORDS_CHARS = 300
"""Characters of a quote in a footnote."""
MAX_LIST_DEPTH = 3
"""Levels of lists that Word's own styles have."""
MAX_HEADING_LEVEL = 6


def format_memo_docx(recording: Recording, sources: SourceLookup) -> bytes:
    """Return the memo as a .docx file; raises `SessionError` when there is no memo, or a source cannot be read."""
    import docx  # only this export needs it
    from markdown_it.tree import SyntaxTreeNode

    plain = format_memo_markdown(recording)
    sign = unused_sign(plain)
    cited = format_memo_markdown(recording, partial(_print_citation, sign))
    parser = markdown_parser().disable(["link", "image", "autolink"])
    document = docx.Document()
    _describe(document, recording)
    writer = _WordWriter(document, recording, sign, draw_memo_charts(recording.memo, sources))
    writer.add_blocks(SyntaxTreeNode(parser.parse(TRAILER.sub("", cited))).children)
    file = io.BytesIO()
    document.save(file)
    return file.getvalue()


def _print_citation(sign: str, number: int, cite: Citation) -> str:
    """Return the sign of a citation, and what is wrong with it."""
    failure = citation_failure(cite)
    if not cite.is_followable:
        return f"{failure} {sign}{number}{sign}"
    return f"{sign}{number}{sign}{f' {failure}' if failure else ''}"


def _describe(document: "Document", recording: Recording) -> None:
    """Fill in the document's properties, and add the styles of footnotes, which the template lacks."""
    from docx.enum.style import WD_STYLE_TYPE
    from docx.shared import Pt

    about, at = document.core_properties, datetime.fromisoformat(recording.state.run.last_at)
    about.title = clean_xml_text(one_line(recording.memo.title, 200))
    about.author, about.last_modified_by, about.comments = "kimi-tui", "kimi-tui", ""
    about.created = about.modified = at.replace(tzinfo=None)
    package = document.part.package
    for name in [name for name, rel in package.rels.items() if rel.reltype.endswith("/thumbnail")]:
        package.rels.pop(name)  # a picture of another document, from the template
    text = document.styles.add_style("Footnote Text", WD_STYLE_TYPE.PARAGRAPH)
    text.base_style = document.styles["Normal"]
    text.font.size = Pt(8.5)
    document.styles.add_style("Footnote Reference", WD_STYLE_TYPE.CHARACTER).font.superscript = True


class _WordWriter:
    """Writes the blocks of a Markdown text into a document."""

    def __init__(self, document: "Document", recording: Recording, sign: str, charts: tuple[MemoChart, ...]) -> None:
        from docx_plus.notes import FootnoteIdRegistry

        self._document = document
        self._citations = recording.memo.citations
        self._refs = recording.state.sources.by_id
        self._flagged = recording.state.sources.flagged
        self._placed = re.compile(f"{sign}(\\d{{1,9}}){sign}")
        self._charts = [chart for chart in charts if chart.is_worth_printing]
        self._ids = FootnoteIdRegistry(document)

    def add_blocks(self, blocks: "list[SyntaxTreeNode]", style: str = "", depth: int = 0) -> None:
        """Add blocks in order; `style` is that of plain paragraphs, `depth` the number of lists around them."""
        for block in blocks:
            match block.type:
                case "heading":
                    level = min(int(block.tag[1:]), MAX_HEADING_LEVEL)
                    self._fill(self._document.add_heading(level=level), block)
                case "paragraph":
                    self._fill(self._document.add_paragraph(style=style or None), block)
                case "bullet_list" | "ordered_list":
                    self._add_list(block, depth)
                case "blockquote":
                    self.add_blocks(block.children, "Quote", depth)
                case "fence" | "code_block":
                    self._add_code(block.content)
                case "table":
                    self._add_table(block)
                case _:
                    pass

    def _add_list(self, block: "SyntaxTreeNode", depth: int) -> None:
        """Add a list; numbers are written out, so that each list keeps its own."""
        from docx.shared import Inches

        level = min(depth + 1, MAX_LIST_DEPTH)
        suffix = f" {level}" if level > 1 else ""
        first = int(block.attrs.get("start", 1))
        for number, item in enumerate(block.children, first):
            before = len(self._document.paragraphs)
            if block.type == "bullet_list":
                self.add_blocks(item.children, f"List Bullet{suffix}", depth + 1)
                continue
            self.add_blocks(item.children, f"List Continue{suffix}", depth + 1)
            if len(self._document.paragraphs) > before:
                started = self._document.paragraphs[before]
                started.paragraph_format.first_line_indent = Inches(-0.25)
                run = started.add_run(f"{number}. ")
                started._p.remove(run._r)
                started._p.insert(1 if started._p.pPr is not None else 0, run._r)

    def _add_code(self, text: str) -> None:
        paragraph = self._document.add_paragraph(style="No Spacing")
        paragraph.add_run(clean_xml_text(self._without_signs(text.rstrip("\n")))).font.name = "Courier New"

    def _add_table(self, block: "SyntaxTreeNode") -> None:
        rows = [row for part in block.children for row in part.children]
        width = max((len(row.children) for row in rows), default=0)
        if not width:
            return
        table: Table = self._document.add_table(len(rows), width, style="Table Grid")
        for row, cells in zip(rows, table.rows, strict=True):
            for node, cell in zip(row.children, cells.cells, strict=False):
                self._fill(cell.paragraphs[0], node, bold=node.type == "th")
        self._add_charts([int(match[1]) for row in rows for cell in row.children for match in self._signs_in(cell)])
        self._document.add_paragraph()

    def _signs_in(self, node: "SyntaxTreeNode") -> "Iterator[re.Match[str]]":
        """Yield the signs of the citations in a cell of a table."""
        for text, _ in _inline_runs(node.children):
            yield from self._placed.finditer(text)

    def _add_charts(self, citations: list[int]) -> None:
        """Add the chart of the table that has these citations."""
        from kimi_tui.export.word_chart import add_chart

        starts = [self._citations[number].start for number in citations if number < len(self._citations)]
        for chart in [chart for chart in self._charts if any(chart.start <= at < chart.end for at in starts)]:
            self._charts.remove(chart)
            add_chart(self._document, chart)

    def _fill(self, paragraph: "Paragraph", block: "SyntaxTreeNode", *, bold: bool = False) -> None:
        for text, styles in _inline_runs(block.children):
            self._add_text(paragraph, text, styles | ({"strong"} if bold else set()))

    def _add_text(self, paragraph: "Paragraph", text: str, styles: set[str]) -> None:
        """Add text in its styles, with a footnote in the place of each sign; in code a citation is text."""
        if "code" in styles:
            text = self._without_signs(text)
        at = 0
        for match in self._placed.finditer(text):
            self._add_run(paragraph, text[at : match.start()], styles)
            self._add_citation(paragraph, self._citations[int(match[1])])
            at = match.end()
        self._add_run(paragraph, text[at:], styles)

    def _add_run(self, paragraph: "Paragraph", text: str, styles: set[str]) -> None:
        if not text:
            return
        run = paragraph.add_run(clean_xml_text(text))
        run.bold = True if "strong" in styles else None
        run.italic = True if "em" in styles else None
        if "code" in styles:
            run.font.name = "Courier New"

    def _add_citation(self, paragraph: "Paragraph", cite: Citation) -> None:
        """Add the mark of a citation and its footnote."""
        from docx_plus.notes import add_footnote

        if cite.is_followable:
            self._add_run(paragraph, citation_mark(cite, self._flagged), set())
        add_footnote(paragraph, f" {clean_xml_text(_footnote(cite, self._refs))}", id_registry=self._ids)

    def _without_signs(self, text: str) -> str:
        return self._placed.sub(lambda match: self._citations[int(match[1])].marker, text)


def _inline_runs(nodes: "list[SyntaxTreeNode]", styles: frozenset[str] = frozenset()) -> Iterator[tuple[str, set[str]]]:
    """Yield the pieces of a line with their styles: `strong`, `em`, `code`."""
    for node in nodes:
        match node.type:
            case "text":
                yield node.content, set(styles)
            case "code_inline":
                yield node.content, {*styles, "code"}
            case "softbreak":
                yield " ", set(styles)
            case "hardbreak":
                yield "\n", set(styles)
            case "strong" | "em":
                yield from _inline_runs(node.children, styles | {node.type})
            case _:
                yield from _inline_runs(node.children, styles)


def _footnote(cite: Citation, refs: dict[str, SourceRef]) -> str:
    """Return what a footnote says: document, page, row, words and digest of each place, and what was found."""
    if not cite.is_followable:
        return f"{one_line(cite.marker, MAX_WORDS_CHARS)}: {cite.finding}. {one_line(cite.detail, MAX_WORDS_CHARS)}"
    places = []
    for place in cite.places:
        ref = refs.get(place.source)
        where = [f"{place.source} {place.label}".strip()]
        if ref is not None:
            where.insert(0, ": ".join(one_line(name, 200) for name in (ref.title, ref.address) if name.strip()))
        named = [one_line(f"{place.row} {place.period}".strip(), 120)] if place.row or place.period else []
        digest = f"SHA-256 {ref.digest}" if ref is not None else "not among the sources of this session"
        places.append(", ".join([*where, *named, digest]))
    cells = [
        f"{one_line(cell.text, 60)} ({', '.join(one_line(word, 120) for word in (cell.row, cell.column) if word)})"
        for cell in cite.cells
    ]
    quotes = [f"\u201c{one_line(quote, MAX_WORDS_CHARS)}\u201d" for quote in cite.quotes]
    words = f" Words: {'; '.join([*cells, *quotes])}." if cells or quotes else ""
    by = f", by {cite.by}" if cite.by else ""
    why = f": {one_line(cite.detail, MAX_WORDS_CHARS)}" if cite.detail else ""
    return f"{'; '.join(places)}.{words} Finding: {cite.finding}{by}{why}."
