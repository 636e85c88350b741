"""Find the word at the cursor: a command at the beginning of the text, or a document after an `@`."""

import re

import msgspec

from kimi_tui.tui.slash_commands import SIGN, is_command

DOCUMENT_SIGN = "@"
"""The sign that a reference to a document begins with."""
_DOCUMENT = re.compile(r"(?:^|(?<=[\s(\[\"']))@([^\s@]*)$")
_COMMAND = re.compile(r"^\s*/(\S*)$")


class Candidate(msgspec.Struct, frozen=True):
    """One way to complete a word."""

    text: str
    """The text that replaces the word."""
    label: str
    """The line in the list; untrusted."""
    help: str = ""
    """A few words beside it; untrusted."""
    is_whole: bool = True
    """True when the text can be sent once it is in the line; a command that wants words cannot."""


class CompletedWord(msgspec.Struct, frozen=True):
    """The word at the cursor that can be completed."""

    sign: str
    """`/` for a command, `@` for a document."""
    typed: str
    """The text behind the sign."""
    start: int
    """Column of the sign in its row of the text."""


def word_at_cursor(before: str, *, is_first_row: bool) -> CompletedWord | None:
    """Return the word that ends at the cursor, given the text before it in its row; None when it is an ordinary one."""
    if is_first_row and is_command(before) and (match := _COMMAND.match(before)):
        return CompletedWord(SIGN, match[1], match.start(1) - 1)
    if match := _DOCUMENT.search(before):
        return CompletedWord(DOCUMENT_SIGN, match[1], match.start(1) - 1)
    return None
