"""Split text into citable parts, the common result of all document readers.

Cutting keeps every character of the text it is given, in order; a part's label is the only name a citation can
use for it. Text that had to be left out for its size is said in a note, never silently.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator

import msgspec

from kimi_tui.sources import Part
from kimi_tui.text import one_line, replace_surrogates

PART_CHARS = 3_000
"""About how long a section may be before it is cut in two."""
MAX_TEXT_CHARS = 16_000_000
"""The longest text that is kept of one document."""
MAX_TITLE_CHARS = 200
"""The longest title of a document or section."""

_CONTROLS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ufffe\uffff]")
_UNSEEN = re.compile(
    "[\u00ad\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\U000e0000-\U000e007f]"
)
"""Marks that show nothing; the joiners that some scripts are written with are not among them."""
_LIGATURES = re.compile("[\ufb00-\ufb06]")
_UNCLEAN = re.compile(
    "|".join((_CONTROLS.pattern, _UNSEEN.pattern, _LIGATURES.pattern, "[\r\u2028\u2029\ud800-\udfff]"))
)
"""Any character that cleaning changes."""
PARAGRAPH_END = re.compile(r"\n[ \t]*(?:\n[ \t]*)+")
_SENTENCE_END = re.compile(r"(?<=[.!?;])\s+|\s+")
_FENCE = re.compile(r"\s{0,3}(```|~~~)")
_HEADING = re.compile(r"\s{0,3}#{1,6}[ \t]+(.*?)[ \t#]*$")
_UNDERLINE = re.compile(r"([=\-~^*+#\"])\1{2,}\s*$")
_TABLE_RULE = re.compile(r"\|?[\s:|-]*---[\s:|-]*$")
_LEVELS = 3
"""How many headings without text between them make one title."""
CUT_NOTE = "Cut before"
"""How a note begins that says where a text ends too early."""
_LONG_HEADER = 600
"""A table header longer than this is not repeated when its table is cut."""


class Extraction(msgspec.Struct, frozen=True):
    """The text that a reader extracted from a document."""

    title: str
    """The document's own title on one line; empty if it has none."""
    parts: tuple[Part, ...]
    extractor: str
    """The library that read it."""
    notes: tuple[str, ...] = ()
    """What a reader of the text should know: what was left out and why, each a sentence."""
    headings: tuple[tuple[str, ...], ...] = ()
    """The headings in each part, in reading order; empty when the parts' titles say all there is."""
    outline: tuple[tuple[str, int], ...] = ()
    """The document's own bookmarks: title and the place of its part, from 0."""
    cells: bytes = b""
    """The figures with what they mean, as `cells.encode_cells` writes them."""
    encoding: str = ""
    """The name of the encoding that its characters were read in; empty for a kind that has none."""


class FileReading(msgspec.Struct, frozen=True):
    """The result of reading a file."""

    digest: str
    """SHA-256 of the bytes that were read."""
    size: int
    """How many bytes that were."""
    extraction: Extraction | None
    """None when the bytes are the known ones, or unreadable."""
    error: str = ""
    """Why the bytes are unreadable."""


class TextSection(msgspec.Struct, frozen=True):
    """A heading and the text under it."""

    title: str
    text: str


def clean_text(text: str) -> str:
    """`text` without control characters and invisible marks, with ligatures as letters and plain line ends."""
    if not _UNCLEAN.search(text):
        return text
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\u2028", "\n").replace("\u2029", "\n\n")
    text = _CONTROLS.sub("", _UNSEEN.sub("", text))
    return replace_surrogates(_LIGATURES.sub(lambda match: unicodedata.normalize("NFKC", match.group()), text))


def title_line(text: str | None) -> str:
    """Return a title on one line of bounded length; empty for None."""
    return one_line(clean_text(text or ""), MAX_TITLE_CHARS)


def limit_parts(parts: Iterable[Part]) -> tuple[tuple[Part, ...], tuple[str, ...]]:
    """As many parts as `MAX_TEXT_CHARS` allow, and a note when some were left out."""
    kept: list[Part] = []
    room = MAX_TEXT_CHARS
    for part in parts:
        room -= len(part.text)
        if room < 0:
            return tuple(kept), (f"{CUT_NOTE} {part.label}: only the first {MAX_TEXT_CHARS:,} characters are kept.",)
        kept.append(part)
    return tuple(kept), ()


def section_parts(sections: Iterable[TextSection]) -> Iterator[Part]:
    """Sections as parts `§1`, `§2`, ...; a long one becomes several under the same title."""
    number = 0
    for section in sections:
        for text in split_blocks(section.text):
            number += 1
            yield Part(f"§{number}", text, section.title)


def split_sections(text: str) -> list[TextSection]:
    """Markdown (or text with underlined headings) cut at its headings.

    A heading without text under it joins the next one: `Results › Cloud`.
    """
    found: list[TextSection] = []
    titles: list[str] = []
    lines: list[str] = []
    for heading, line in _headings(text.split("\n")):
        if not heading:
            lines.append(line)
            continue
        if body := "\n".join(lines).strip("\n"):
            found.append(TextSection(_joined(titles), body))
            titles = []
        elif len(titles) == _LEVELS:
            found.append(TextSection(_joined(titles), "\n".join(titles)))
            titles = []
        titles.append(title_line(line))
        lines = []
    body = "\n".join(lines).strip("\n")
    if body or titles:
        found.append(TextSection(_joined(titles), body or _joined(titles)))
    return found


def _joined(titles: list[str]) -> str:
    """Return the title of what is under a run of headings."""
    return title_line(" › ".join(title for title in titles if title))


def _headings(lines: list[str]) -> Iterator[tuple[bool, str]]:
    """Each line with whether it is a heading; the marks of headings are left out."""
    fence = ""
    skip = False
    for line, following in zip(lines, [*lines[1:], ""], strict=True):
        if skip:
            skip = False
            continue
        if mark := _FENCE.match(line):
            fence = "" if fence == mark.group(1) else fence or mark.group(1)
        elif not fence and (match := _HEADING.match(line)):
            yield True, match.group(1)
            continue
        elif not fence and _is_underlined(line, following):
            skip = True
            yield True, line
            continue
        yield False, line


def _is_underlined(line: str, following: str) -> bool:
    """Return whether the following line makes this one a heading."""
    if not line.strip() or "|" in line or len(line) > MAX_TITLE_CHARS or _UNDERLINE.match(line.strip()):
        return False
    return bool(_UNDERLINE.match(following)) and 2 * len(following.strip()) >= len(line.strip())


def split_blocks(text: str, size: int = PART_CHARS) -> Iterator[str]:
    """`text` in blocks of about `size` characters that end where a paragraph, line, sentence or word does."""
    current: list[str] = []
    length = 0
    for paragraph in PARAGRAPH_END.split(text.strip("\n")):
        for piece in paragraph_pieces(paragraph, size):
            if current and length + len(piece) > size:
                yield "\n\n".join(current)
                current, length = [], 0
            current.append(piece)
            length += len(piece) + 2
    if any(piece.strip() for piece in current):
        yield "\n\n".join(current)


def paragraph_pieces(paragraph: str, size: int) -> Iterator[str]:
    """Yield a paragraph whole, or by lines, or by sentences; a table's header precedes each piece."""
    if len(paragraph) <= size:
        yield paragraph
        return
    lines = paragraph.split("\n")
    header = ""
    if len(lines) > 2 and _TABLE_RULE.match(lines[1]) and len(lines[0]) + len(lines[1]) <= _LONG_HEADER:
        header = f"{lines[0]}\n{lines[1]}\n"
    first = True
    for piece in _packed(_short(lines, size), size):
        yield piece if first else header + piece
        first = False


def _short(lines: list[str], size: int) -> Iterator[str]:
    """Yield the lines with their ends; one longer than `size` is cut at sentence ends, words, or anywhere."""
    for line in lines:
        if len(line) <= size:
            yield line + "\n"
            continue
        start = 0
        while len(line) - start > size:
            ends = [match.end() for match in _SENTENCE_END.finditer(line, start + size // 2, start + size)]
            stop = ends[-1] if ends else start + size
            yield line[start:stop]
            start = stop
        yield line[start:] + "\n"


def _packed(pieces: Iterable[str], size: int) -> Iterator[str]:
    """Short pieces put together up to `size` characters."""
    current = ""
    for piece in pieces:
        if current and len(current) + len(piece) > size:
            yield current.rstrip("\n")
            current = ""
        current += piece
    if current.strip("\n"):
        yield current.rstrip("\n")
