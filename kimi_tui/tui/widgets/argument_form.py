"""The arguments of one call, one line each, to be changed by a person.

Text stays text; every other value is edited as JSON, so that its type is kept. What is given back is a whole set
of arguments; whether a tool takes them is for the engine to say.
"""

import json
from typing import Any

from textual.app import ComposeResult
from textual.containers import Horizontal, VerticalScroll
from textual.widgets import Label

from kimi_tui.text import one_line
from kimi_tui.tui.widgets.ask_line import AskLine

MORE = "more"
"""The label of the line for arguments that the model did not give."""


class FormError(Exception):
    """A line that cannot be read; the text names it and says what is wrong."""


class ArgumentForm(VerticalScroll, can_focus=False):
    """A line for each argument, and one for further ones."""

    def __init__(self, arguments: dict[str, Any]) -> None:
        super().__init__(id="argument-form")
        self._arguments = arguments
        self._lines: dict[str, AskLine] = {}
        self._more = AskLine('further arguments as JSON, such as {"limit": 5}', folds=False)

    def compose(self) -> ComposeResult:
        """A label and a line for each argument."""
        for name in self._arguments:
            self._lines[name] = AskLine(folds=False)
            yield self._row(name, self._lines[name])
        yield self._row(MORE, self._more)

    def _row(self, name: str, line: AskLine) -> Horizontal:
        return Horizontal(Label(one_line(name, 24), markup=False, classes="form-label"), line, classes="form-row")

    def on_mount(self) -> None:
        """Fill the lines and stand in the first."""
        for name, line in self._lines.items():
            line.put(_written(self._arguments[name]))
        first = next(iter(self._lines.values()), self._more)
        first.focus()

    def arguments(self) -> dict[str, Any]:
        """The arguments as the lines stand; raises `FormError`."""
        given = {name: self._read(name, line) for name, line in self._lines.items()}
        more = self._more.text.strip()
        if not more:
            return given
        further = _parsed(MORE, more)
        if not isinstance(further, dict):
            raise FormError('`more` must be a JSON object, such as {"limit": 5}')
        return given | further

    def _read(self, name: str, line: AskLine) -> Any:
        before = self._arguments[name]
        if line.text == _written(before):
            return before
        return line.text if isinstance(before, str) else _parsed(name, line.text)


def _written(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _parsed(name: str, text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError as error:
        raise FormError(f"`{one_line(name, 40)}` is not valid JSON: {error}") from None
