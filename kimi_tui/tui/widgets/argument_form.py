"""The arguments of one call, made from the schema of its tool, to be changed by a person.

Each argument has a line of its kind, and what is wrong with it stands beside it as it is typed. What is given back
is a whole set of arguments; whether a tool takes them is for the engine to say.
"""

import json
from typing import Any

from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Label, Static

from kimi_tui.text import one_line, printable
from kimi_tui.tui.widgets.argument_fields import MISSING, Field, FieldError, fields_of
from kimi_tui.tui.widgets.ask_line import AskLine
from kimi_tui.tui.widgets.pick import Pick

MORE = "more"
"""The label of the line for arguments that no schema tells of."""


class FormError(ValueError):
    """A line that cannot be read; the text names it and says what is wrong."""


class FieldRow(Horizontal):
    """One argument: its name, its line, and what is wrong with it."""

    def __init__(self, field: Field) -> None:
        super().__init__(classes="form-row")
        self.field = field
        """What the line is for."""
        written = field.written(field.before)
        self.line: AskLine | Pick
        """Where the value is typed or picked."""
        if field.choices:
            self.line = Pick(field.choices, written or field.written((field.schema or {}).get("default", MISSING)))
        else:
            self.line = AskLine(field.wants, folds=False)
        self._problem = Static(classes="form-problem", markup=False)

    def compose(self) -> ComposeResult:
        """Name, line, problem."""
        mark = " *" if self.field.required else ""
        yield Label(one_line(self.field.name, 22) + mark, markup=False, classes="form-label")
        with Vertical(classes="form-field"):
            yield self.line
            yield self._problem

    def on_mount(self) -> None:
        """Fill the line."""
        if isinstance(self.line, AskLine):
            self.line.put(self.field.written(self.field.before))
        self.say("")

    @property
    def text(self) -> str:
        """The value as it is typed."""
        return self.line.value if isinstance(self.line, Pick) else self.line.text

    def value(self) -> Any:
        """The value, `MISSING` when it is left out; shows what is wrong, and raises `FieldError` for it."""
        untouched = isinstance(self.line, Pick) and self.field.before is MISSING
        try:
            value = MISSING if untouched and self.text == self._default else self.field.read(self.text)
        except FieldError as error:
            self.say(str(error))
            raise
        self.say("")
        return value

    @property
    def _default(self) -> str:
        return self.field.written((self.field.schema or {}).get("default", MISSING))

    def say(self, problem: str) -> None:
        """Show what is wrong; nothing when it is empty."""
        self._problem.update(Content(printable(problem)))
        self._problem.display = bool(problem)


class ArgumentForm(VerticalScroll, can_focus=False):
    """A line for each argument, and one for further ones where no schema is known."""

    def __init__(self, schema: dict[str, Any] | None, arguments: dict[str, Any]) -> None:
        super().__init__(id="argument-form")
        self._rows = [FieldRow(field) for field in fields_of(schema, arguments)]
        self._more = AskLine('further arguments as JSON, such as {"limit": 5}', folds=False) if schema is None else None

    def compose(self) -> ComposeResult:
        """The rows."""
        yield from self._rows
        if self._more is not None:
            yield Horizontal(Label(MORE, markup=False, classes="form-label"), self._more, classes="form-row")

    def on_mount(self) -> None:
        """Stand in the first line."""
        lines: list[Widget] = [row.line for row in self._rows]
        if lines or self._more is not None:
            first = lines[0] if lines else self._more
            assert first is not None
            first.focus()

    def arguments(self) -> dict[str, Any]:
        """The arguments as the lines stand; raises `FormError` for the first that is wrong, and shows all that are."""
        given: dict[str, Any] = {}
        wrong: list[str] = []
        for row in self._rows:
            try:
                value = row.value()
            except FieldError as error:
                wrong.append(f"`{one_line(row.field.name, 40)}` {error}")
            else:
                given |= {} if value is MISSING else {row.field.name: value}
        if wrong:
            raise FormError(wrong[0])
        return given | self._further()

    def on_text_area_changed(self, message: AskLine.Changed) -> None:
        """Say at once what is wrong with what is typed."""
        message.stop()
        self._try(message.text_area)

    def on_pick_changed(self, message: Pick.Changed) -> None:
        """A picked value is never wrong."""
        message.stop()

    def _try(self, line: Widget) -> None:
        for row in self._rows:
            if row.line is line:
                try:
                    row.value()
                except FieldError:
                    return  # it stands beside the line

    def _further(self) -> dict[str, Any]:
        text = self._more.text.strip() if self._more is not None else ""
        if not text:
            return {}
        try:
            further = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise FormError(f"`{MORE}` is not valid JSON: {error}") from None
        if not isinstance(further, dict):
            raise FormError('`more` must be a JSON object, such as {"limit": 5}')
        return further
