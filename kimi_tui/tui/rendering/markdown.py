"""Render Markdown as terminal lines of a given width: headings, lists, quotes, code, tables.

The text is the model's or a page's, so nothing in it acts: HTML is text, links and images are only shown, and no
address is opened by drawing it. Empty lines are kept where the writer put them.
"""

from collections.abc import Sequence
from functools import cache

from markdown_it import MarkdownIt
from markdown_it.token import Token

from kimi_tui.tui.rendering.glyphs import Glyphs
from kimi_tui.tui.rendering.lines import (
    BLANK,
    MAX_PROSE_CELLS,
    StyledLine,
    StyledSpan,
    sanitize_text,
    width_of,
    wrap_spans,
)
from kimi_tui.tui.rendering.markdown_inline import inline_rows
from kimi_tui.tui.rendering.tables import TableCell, UnfittedTable, align_figures_right, table_lines

_MAX_DEPTH = 12
"""Levels of nesting that are indented; deeper ones stay where these are."""


def markdown_lines(text: str, width: int, glyphs: Glyphs) -> list[StyledLine]:
    """Return a Markdown text as lines of at most `width` cells."""
    return _MarkdownWriter(text, max(width, 2), glyphs).write(_parser().parse(text))


@cache
def _parser() -> MarkdownIt:
    """Markdown with tables and strikethrough, without HTML."""
    return MarkdownIt("commonmark", {"html": False, "maxNesting": 40}).enable(["table", "strikethrough"])


class _MarkdownWriter:
    """Walks the tokens of one text and collects its lines."""

    def __init__(self, text: str, width: int, glyphs: Glyphs) -> None:
        self.source = text.split("\n")
        self.width = width
        self.glyphs = glyphs
        self.lines: list[StyledLine] = []
        self.indents: list[list[StyledSpan]] = []
        """One ornament for each open list item and quote."""
        self.bullet: list[StyledSpan] = []
        """The bullet that the next line of text begins with."""
        self.lists: list[int] = []
        """For each open list the number of its next item; -1 for bullets."""

    def write(self, tokens: Sequence[Token]) -> list[StyledLine]:
        """All tokens, from the outermost level."""
        index = 0
        while index < len(tokens):
            index = self._block(tokens, index)
        return self.lines

    def _rule(self) -> None:
        room = min(self.width, MAX_PROSE_CELLS) - sum(width_of(span.text) for span in self._ornament())
        self._put([StyledLine((StyledSpan(self.glyphs.rule * max(room, 2), "faint"),))])

    def _block(self, tokens: Sequence[Token], index: int) -> int:
        """One token, or one whole block where its end is near; the index after it."""
        token = tokens[index]
        match token.type:
            case "heading_open" | "paragraph_open":
                self._gap(token)
                self._paragraph(tokens[index + 1], token.tag)
                return index + 3
            case "fence" | "code_block":
                self._gap(token)
                self._code(token)
            case "hr":
                self._gap(token)
                self._rule()
            case "table_open":
                self._gap(token)
                return self._table(tokens, index)
            case _:
                self._container(token)
        return index + 1

    def _container(self, token: Token) -> None:
        """The beginning or the end of a list, an item or a quote."""
        match token.type:
            case "bullet_list_open":
                self.lists.append(-1)
            case "ordered_list_open":
                self.lists.append(int(token.attrGet("start") or 1) if token.attrGet("start") != 0 else 0)
            case "bullet_list_close" | "ordered_list_close":
                self.lists.pop()
            case "list_item_open":
                self._gap(token)
                self._item()
            case "blockquote_open":
                self._gap(token)
                self.indents.append([StyledSpan(f"{self.glyphs.rail} ", "quote")])
            case "list_item_close" | "blockquote_close":
                if self.bullet and token.type == "list_item_close":
                    self._put([BLANK])
                self.indents.pop()

    def _item(self) -> None:
        number = self.lists[-1]
        depth = sum(1 for kind in self.lists if kind < 0) - 1
        if number < 0:
            sign = f"{self.glyphs.bullets[depth % len(self.glyphs.bullets)]} "
        else:
            sign = f"{number}. "
            self.lists[-1] += 1
        if self.bullet:
            self._put([BLANK])
        self.bullet = [*self._ornament(), StyledSpan(sign, "accent")]
        self.indents.append([StyledSpan(" " * len(sign))])

    def _gap(self, token: Token) -> None:
        """An empty line where the writer left one before this block."""
        first = token.map[0] if token.map else 0
        apart = 0 < first <= len(self.source) and not self.source[first - 1].strip(" >")
        if apart and self.lines and not self.bullet and self.lines[-1].text.strip(f" {self.glyphs.rail}"):
            rails = any(span.style for span in self._ornament())
            self._put([BLANK]) if rails else self.lines.append(BLANK)

    def _ornament(self) -> list[StyledSpan]:
        """Return the indentation and bars before each line at this depth."""
        spans = [span for indent in self.indents[:_MAX_DEPTH] for span in indent]
        return spans if sum(width_of(span.text) for span in spans) <= self.width - 6 else []

    def _put(self, lines: Sequence[StyledLine]) -> None:
        """Add lines that are already as narrow as the ornament requires."""
        for line in lines:
            ornament = self._ornament()
            before = tuple(self.bullet if self.bullet and ornament else ornament)
            lead = sum(len(span.text) for span in (before[:-1] if self.bullet else before))
            lead = lead if self.bullet and before else lead + line.lead
            self.bullet = []
            self.lines.append(line._replace(spans=before + line.spans, lead=lead))

    def _paragraph(self, inline: Token, tag: str) -> None:
        """A paragraph or heading, wrapped."""
        style = {"p": "", "h1": "heading title", "h2": "heading"}.get(tag, "heading minor")
        ornament = self._ornament()
        room = min(self.width, MAX_PROSE_CELLS) - sum(width_of(span.text) for span in ornament)
        for row in inline_rows(inline.children or [], style):
            self._put(wrap_spans(row, max(room, 2)))

    def _code(self, token: Token) -> None:
        """Add code unchanged; long lines are wrapped, not hidden."""
        room = self.width - sum(width_of(span.text) for span in self._ornament())
        edge = [StyledSpan(" ", "block")] if room > 8 else []
        for row in sanitize_text(token.content.rstrip("\n")).split("\n"):
            self._put(
                wrap_spans([StyledSpan(row, "block")], max(room - len(edge), 2), first=edge, rest=edge, fill="block")
            )

    def _table(self, tokens: Sequence[Token], index: int) -> int:
        """Return a whole table; the index after it."""
        rows: list[list[TableCell]] = []
        aligns: list[str] = []
        while tokens[index].type != "table_close":
            token = tokens[index]
            if token.type == "tr_open":
                rows.append([])
            elif token.type in ("th_open", "td_open"):
                cells = inline_rows(tokens[index + 1].children or [])
                rows[-1].append([span for row in cells for span in row])
                if token.type == "th_open":
                    aligns.append(str(token.attrGet("style") or "").removeprefix("text-align:") or "left")
            index += 1
        room = self.width - sum(width_of(span.text) for span in self._ornament())
        table = UnfittedTable(rows[0], rows[1:], align_figures_right(rows[1:], aligns))
        self._put(table_lines(table, room, self.glyphs))
        return index + 1
