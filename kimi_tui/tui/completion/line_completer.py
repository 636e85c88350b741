"""Completes the word at the cursor of a line, with a list that the arrows walk through and that escape closes.

What a key does is decided on the text as it is when the key arrives, never on what was drawn before it: keys typed
ahead do what the same keys do one by one. No key that decides about a waiting call is among those it takes.
"""

from collections.abc import Callable, Sequence

from textual.widgets import TextArea

from kimi_tui.tui.completion.candidates import DOCUMENT_SIGN, Candidate, CompletedWord, word_at_cursor
from kimi_tui.tui.completion.document_matcher import DocumentMatcher
from kimi_tui.tui.completion.popup import CompletionPopup

SEARCH_GROUP = "complete"
"""Workers that look for documents; other keys than letters wait for them."""


class LineCompleter:
    """The completion of one line."""

    def __init__(
        self, popup: CompletionPopup, commands: Callable[[str], Sequence[Candidate]], documents: DocumentMatcher
    ) -> None:
        """`commands` returns those that a beginning may become now."""
        self.popup = popup
        """The list, which the screen shows beside the line."""
        self.start_search: Callable[[CompletedWord], object] = self.find_documents
        """Looks for documents; a line does so in a worker of its own."""
        self._commands = commands
        self._documents = documents
        self._word: CompletedWord | None = None
        self._is_dismissed = False

    def note_typing(self) -> None:
        """Offer completions again: the person types."""
        self._is_dismissed = False

    def dismiss(self) -> None:
        """Close the list until something is typed."""
        self._is_dismissed = True
        self._word = None
        self.popup.show_candidates(())

    def update(self, line: TextArea) -> None:
        """Show what the word at the cursor may become."""
        word = self._current_word(line)
        if word == self._word and word is not None:
            return
        self._word = word
        if word is None:
            self.popup.show_candidates(())
        elif word.sign == DOCUMENT_SIGN:
            self.start_search(word)
        else:
            self.popup.show_candidates(self._commands(word.typed))

    def choose(self, line: TextArea) -> None:
        """Complete the word with the candidate that was clicked."""
        if self._word is not None and self.popup.candidates:
            self._complete(line, self._word, self.popup.current)
            line.focus()

    def _current_word(self, line: TextArea) -> CompletedWord | None:
        if self._is_dismissed or line.read_only or not line.has_focus or not line.selection.is_empty:
            return None
        row, column = line.cursor_location
        return word_at_cursor(line.document.get_line(row)[:column], is_first_row=row == 0)

    async def find_documents(self, word: CompletedWord) -> None:
        """Show the documents that fit a word, unless another one is at the cursor by then."""
        found = await self._documents.find(word.typed)
        if word == self._word:
            self.popup.show_candidates(found)

    def take_key(self, key: str, line: TextArea) -> str:
        """Return `taken` for a key of the list, `send` when the line is to be sent as well, empty for any other key."""
        self.update(line)
        popup, word = self.popup, self._word
        if word is None or not popup.candidates:
            return ""
        if key == "escape":
            self.dismiss()
        elif key in ("up", "down"):
            popup.move(-1 if key == "up" else 1)
        elif key == "tab":
            self._complete(line, word, popup.current)
        elif key == "enter":
            return self._enter(line, word)
        else:
            return ""
        return "taken"

    def _enter(self, line: TextArea, word: CompletedWord) -> str:
        """Complete the word; send the line as well where nothing else can have been meant."""
        current, candidates = self.popup.current, self.popup.candidates
        if word.sign == DOCUMENT_SIGN:
            self._complete(line, word, current)
            return "taken"
        if any(one.text == word.sign + word.typed for one in candidates) and not self.popup.was_moved:
            self.dismiss()
            return "send"
        is_meant = self.popup.was_moved or len(candidates) == 1
        self._complete(line, word, current)
        return "send" if is_meant and current.is_whole else "taken"

    def _complete(self, line: TextArea, word: CompletedWord, candidate: Candidate) -> None:
        """Put a candidate in the place of the word."""
        row, column = line.cursor_location
        result = line.replace(f"{candidate.text} ", (row, word.start), (row, column))
        line.move_cursor(result.end_location)
        self.dismiss()
