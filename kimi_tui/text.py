"""Make text from outside harmless to show and safe to store.

Everything that came from a model, a tool, a file or an error passes through `printable` on its way to a screen
or a terminal: no control character, escape sequence or invisible mark in it takes effect; each is shown instead.
The functions work character by character, so that a sequence split over two fragments is caught as well.
"""

import os
import re
from os import PathLike
from pathlib import Path

CONTROL = "\x00-\x08\x0b-\x1f\x7f-\x9f"
"""C0 without tab and newline, DEL, and C1."""
INVISIBLE = (
    "\u00ad\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\u3164\ufeff\uffa0\ufff9-\ufffb"
    "\U000e0000-\U000e0fff"
)
"""Bidirectional controls, zero-width marks, blank letters, line separators and tag characters."""

_JOINED = (
    "\u0600-\u06ff\u0700-\u07ff\u0860-\u08ff\u0900-\u0dff\u1000-\u109f\u1780-\u17b3\u17b6-\u17ff\u1800-\u180d\u1820-\u18aa"
    "\u2190-\u21ff\u2600-\u27bf\u2b00-\u2bff\ufe0f\U0001f000-\U0001faff"
)
"""Letters and pictures between which a joiner or its opposite changes what is drawn, and so hides nothing."""
_JOINER = f"(?<=[{_JOINED}])[\u200c\u200d](?=[{_JOINED}])"
_UNSAFE = re.compile(f"(?!{_JOINER})[{CONTROL}{INVISIBLE}\ud800-\udfff]")
COMBINING = "\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f"
"""Marks that stack on the character before them."""
_MARKS = re.compile(f"([{COMBINING}]{{3}})[{COMBINING}]+")
_SURROGATES = re.compile("[\ud800-\udfff]")
_BYTE = re.compile(rb"\\x([0-9a-f]{2})")
_BLANKS = re.compile(r"\s+")
_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_IES_ENDINGS = ("ry", "ly", "ty", "ny")
_ES_ENDINGS = ("ch", "sh", "s", "x")
"""Endings of nouns whose plural ends in `ies`; a `day` has none of them."""


def _visible_stand_in(match: re.Match[str]) -> str:
    """Return a visible replacement for one unsafe character."""
    code = ord(match.group())
    if code in {0x0D, 0xAD}:  # a carriage return or a soft hyphen carries no meaning here
        return ""
    if code < 0x20:
        return chr(0x2400 + code)
    if code == 0x7F:
        return "\u2421"
    if code in (0x2028, 0x2029):
        return "\n"
    return f"\u27e8{code:04X}\u27e9"


def printable(text: str) -> str:
    """Return `text` with every control, escape and invisible character replaced by a visible one.

    Newlines and tabs stay; carriage returns and soft hyphens go; runs of combining marks are cut to three.
    """
    if _UNSAFE.search(text):
        text = _UNSAFE.sub(_visible_stand_in, text)
    return _MARKS.sub(r"\1", text)


def one_line(text: str, limit: int = 0) -> str:
    """Return `text` printable on one line, cut to `limit` characters with an ellipsis unless that is 0."""
    line = _BLANKS.sub(" ", printable(text)).strip()
    if limit and len(line) > limit:
        return line[: max(limit - 1, 0)].rstrip() + "\u2026"
    return line


def count_noun(count: int, noun: str) -> str:
    """`1 step`, `2,000 steps`, `2 retries`; only the ending of the noun is looked at."""
    if count == 1:
        return f"1 {noun}"
    if noun[-2:] in _IES_ENDINGS:
        return f"{count:,} {noun[:-1]}ies"
    return f"{count:,} {noun}{'es' if noun.endswith(_ES_ENDINGS) else 's'}"


def path_text(path: str | PathLike[str]) -> str:
    """A path as valid text: bytes of it that are none are written as escapes, and `text_path` leads back."""
    return os.fsencode(path).decode("utf-8", "backslashreplace")


def text_path(text: str) -> Path:
    """The path that `path_text` wrote, whether or not there is anything under it."""
    path = Path(text)
    if "\\x" not in text or _exists(path):
        return path
    return Path(os.fsdecode(_BYTE.sub(lambda match: bytes([int(match[1], 16)]), os.fsencode(text))))


def _exists(path: Path) -> bool:
    """Return whether there is something under a path, be it a link that leads nowhere."""
    try:
        path.lstat()
    except (OSError, ValueError):
        return False
    return True


def replace_surrogates(text: str) -> str:
    """Return `text` with lone surrogates replaced, so that it can be encoded and stored."""
    try:
        text.encode()  # a fraction of what it takes to look for them
    except UnicodeEncodeError:
        return _SURROGATES.sub("\ufffd", text)
    return text


def clean_xml_text(text: str) -> str:
    """Return text with a replacement sign for each character that no XML file may hold."""
    return _NOT_XML.sub("\ufffd", text)


def clean_xml_line(text: str, limit: int = 0) -> str:
    """Return text for an XML file on one line of so many characters, control characters shown; unlimited for 0."""
    return clean_xml_text(one_line(text, limit))
