"""Find calls that a model wrote as text, and tell them from text that only quotes their markers.

A section counts when it is complete: a call names a tool, has arguments that are JSON or begin as JSON does, and has
its end. As soon as a piece cannot belong to one, all of it is text. Nothing here depends on how the text was cut.
"""

import json
import re
from typing import Literal, Protocol

import msgspec

from kimi_tui.providers.markers import ARGUMENTS, CALL, END_CALL, END_SECTIONS, SECTIONS

TakeResult = Literal["open", "closed", "ended", "broken"]
"""What a piece did to a section: it goes on, or ends with the piece, or ended before it, or never was one."""
FinishResult = Literal["complete", "begun", "quoted"]
"""What a section that is open at the end of a reply is."""
_MAX_NAME_CHARS = 200
"""Characters of a tool's name; no tool has so long a one, and what is cut stays unknown."""
_MAX_HEADER_CHARS = 300
_HEADER = re.compile(r"\s*[\w.:/-]*\s*")
_SURE_HEADER = re.compile(r"\s*(functions\.|[\w./-]+:\d)")
_BEGUN = re.compile(r"""\s*(?:```[A-Za-z]*\s*)?"?\{\s*(?:\\?["']|\}|$)""")
"""An object as models begin one, well written or not; `{...}` is none."""
_STRUCTURE = re.compile(r'\\.|["{}\[\]]', re.DOTALL)
_WORD = re.compile(r"\w")


class WrittenCall(msgspec.Struct, frozen=True):
    """A tool call found in text."""

    name: str
    """As far as its header names one; empty when it holds a bare number."""
    raw: str
    """The argument text between the markers."""


class CallSection(Protocol):
    """A part of the text that may hold calls."""

    calls: list[WrittenCall]
    """The whole ones."""

    @property
    def text(self) -> str:
        """All of it, markers included."""
        ...

    def take(self, piece: str) -> TakeResult:
        """Add a plain piece or a marker; a piece that ends or breaks the section is not part of it."""
        ...

    def finish(self) -> FinishResult:
        """Return what the section is when nothing more arrives."""
        ...


def call_name(header: str) -> str:
    """Return the tool's name in `functions.NAME:3`, `NAME:3` or `NAME`; empty for a bare number."""
    name = header.strip().removeprefix("functions.").partition(":")[0].strip()
    return "" if name.isdigit() else name[:_MAX_NAME_CHARS]


def is_json(raw: str) -> bool:
    """Return whether `raw` is JSON, control characters in strings allowed."""
    try:
        json.loads(raw, strict=False)
    except (ValueError, RecursionError):
        return False
    return True


class JsonScanner:
    """Incremental JSON scanner: inside a string or not, closed or not."""

    def __init__(self) -> None:
        self.inside = False
        """True when in a string."""
        self.over = False
        """True when words come after the end of the outermost object: prose, which only quotes it."""
        self._depth = 0
        self._closed = False
        self._escape = False

    def feed(self, text: str) -> None:
        """Go on reading."""
        if self._escape and text:
            text, self._escape = text[1:], False
        end = 0
        for match in _STRUCTURE.finditer(text):
            self._between(text[end : match.start()])
            end = match.end()
            self._take(match.group())
        self._between(text[end:])
        # An odd number of backslashes at the end escapes what comes next.
        self._escape = self.inside and (len(text) - len(text.rstrip("\\"))) % 2 == 1

    def _take(self, mark: str) -> None:
        if mark == '"':
            self.inside = not self.inside
        elif not self.inside and mark in "{[":
            self._depth += 1
        elif not self.inside and mark in "}]":
            self._depth -= 1
            self._closed = self._closed or self._depth == 0

    def _between(self, text: str) -> None:
        """Note words outside of everything."""
        if self._closed and not self.inside and self._depth <= 0 and _WORD.search(text):
            self.over = True


class K2CallSection:
    """A section of K2's calls, or one call without a section around it."""

    def __init__(self, opener: str) -> None:
        """`opener` is the marker that it begins with."""
        self.calls: list[WrittenCall] = []
        self._bare = opener == CALL
        self._state: Literal["between", "header", "arguments"] = "header" if self._bare else "between"
        self._pieces = [opener]
        self._header = ""
        self._raw: list[str] = []
        self._json = JsonScanner()
        self._sound = False
        self._end = -1
        """Pieces of arguments before the last end marker that stood inside a string; -1 for none."""

    @property
    def text(self) -> str:
        """All of it, markers included."""
        return "".join(self._pieces)

    def take(self, piece: str) -> TakeResult:
        """Go on with a plain piece or a marker."""
        step = {"between": self._between, "header": self._in_header, "arguments": self._in_arguments}[self._state]
        taken = step(piece)
        if taken in ("open", "closed"):
            self._pieces.append(piece)
        return taken

    def finish(self) -> FinishResult:
        """Say what it is, when nothing more comes."""
        if self._state == "arguments" and self._ends_before():
            self._close_call(self._end)
        if self._state == "between" and self.calls:
            return "complete"
        if self._state == "header":
            sure = bool(self.calls or (not self._bare and self._is_certain))
        else:
            raw = "".join(self._raw[:8])
            sure = self._state == "arguments" and bool(_BEGUN.match(raw) if raw.strip() else self._is_certain)
        return "begun" if sure else "quoted"

    @property
    def _is_certain(self) -> bool:
        return bool(_SURE_HEADER.match(self._header))

    def _between(self, piece: str) -> TakeResult:
        if piece == CALL:
            self._state, self._header = "header", ""
            return "open"
        if piece in END_SECTIONS:
            return "closed"
        if not piece.strip():
            return "open"
        return "ended" if self.calls else "broken"

    def _in_header(self, piece: str) -> TakeResult:
        if piece == ARGUMENTS:
            if not self._header.strip():
                return "broken"
            self._state, self._raw, self._sound, self._end = "arguments", [], False, -1
            self._json = JsonScanner()
            return "open"
        self._header += piece
        fits = len(self._header) <= _MAX_HEADER_CHARS and _HEADER.fullmatch(self._header)
        return "open" if fits else "broken"

    def _in_arguments(self, piece: str) -> TakeResult:
        if piece == END_CALL:
            return self._end_call()
        if piece in (CALL, *END_SECTIONS) and (self._ends_before() or not self._json.inside):
            end = self._end if self._ends_before() else len(self._raw)
            return self._between(piece) if self._close_call(end) else "broken"
        if piece in SECTIONS and not self._json.inside:
            return "broken"
        if not (self._sound or piece.strip()):
            return "open"  # blanks before the arguments
        self._raw.append(piece)
        self._json.feed(piece)
        sound = self._sound or self._may_be_json()
        return "open" if sound and not self._json.over else "broken"

    def _end_call(self) -> TakeResult:
        if self._json.inside:  # unless the quotes are wrong, it stands in a string
            self._end = len(self._raw)
            self._raw.append(END_CALL)
            return "open"
        if not self._close_call(len(self._raw)):
            return "broken"
        return "closed" if self._bare else "open"

    def _ends_before(self) -> bool:
        """Return whether the text ended at the last end marker although that seemed to be inside a string."""
        return self._end >= 0 and not "".join(self._raw[self._end + 1 :]).strip()

    def _close_call(self, end: int) -> bool:
        """Return whether the first `end` pieces are arguments, which makes a call of them."""
        raw = "".join(self._raw[:end]).strip()
        if raw and not (_BEGUN.match(raw) or is_json(raw)):
            return False
        self.calls.append(WrittenCall(call_name(self._header), raw))
        self._state = "between"
        return True

    def _may_be_json(self) -> bool:
        """Return whether the arguments so far may be JSON, fenced or not."""
        head = "".join(self._raw).lstrip()[:3]
        self._sound = head[0] in '{["' or head == "```"
        return self._sound or "```".startswith(head)
