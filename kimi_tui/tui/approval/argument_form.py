"""A form for the arguments of one call, built from the schema of its tool.

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
from kimi_tui.tui.approval.argument_fields import MISSING, ArgumentField, FieldError, build_fields
from kimi_tui.tui.widgets.ask_line import AskLine
from kimi_tui.tui.widgets.value_picker import ValuePicker

EXTRA_FIELD = "more"
"""The label of the line for arguments that no schema tells of."""


class FormError(ValueError):
    """A line that cannot be parsed; the message names the line and the problem."""


class ArgumentRow(Horizontal):
    """One argument: its name, its line, and what is wrong with it."""

    def __init__(self, field: ArgumentField) -> None:
        super().__init__(classes="form-row")
        self.field = field
        """What the line is for."""
        written = field.format_value(field.old_value)
        self.line: AskLine | ValuePicker
        """Where the value is typed or picked."""
        if field.choices:
            self.line = ValuePicker(
                field.choices, written or field.format_value((field.schema or {}).get("default", MISSING))
            )
        else:
            self.line = AskLine(field.expectation, folds=False)
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
            self.line.set_text(self.field.format_value(self.field.old_value))
        self.show_problem("")

    @property
    def text(self) -> str:
        """Return the value unchanged typed."""
        return self.line.value if isinstance(self.line, ValuePicker) else self.line.text

    def value(self) -> Any:
        """Return the value, `MISSING` when it is left out; shows what is wrong, and raises `FieldError` for it."""
        untouched = isinstance(self.line, ValuePicker) and self.field.old_value is MISSING
        try:
            value = MISSING if untouched and self.text == self._default else self.field.parse_text(self.text)
        except FieldError as error:
            self.show_problem(str(error))
            raise
        self.show_problem("")
        return value

    @property
    def _default(self) -> str:
        return self.field.format_value((self.field.schema or {}).get("default", MISSING))

    def show_problem(self, problem: str) -> None:
        """Show what is wrong; nothing when it is empty."""
        self._problem.update(Content(printable(problem)))
        self._problem.display = bool(problem)


class ArgumentForm(VerticalScroll, can_focus=False):
    """A line for each argument, and one for further ones where no schema is known."""

    def __init__(self, schema: dict[str, Any] | None, arguments: dict[str, Any]) -> None:
        super().__init__(id="argument-form")
        self._rows = [ArgumentRow(field) for field in build_fields(schema, arguments)]
        self._more = AskLine('further arguments as JSON, such as {"limit": 5}', folds=False) if schema is None else None

    def compose(self) -> ComposeResult:
        """Return the rows."""
        yield from self._rows
        if self._more is not None:
            yield Horizontal(Label(EXTRA_FIELD, markup=False, classes="form-label"), self._more, classes="form-row")

    def on_mount(self) -> None:
        """Focus the first line."""
        lines: list[Widget] = [row.line for row in self._rows]
        if lines or self._more is not None:
            first = lines[0] if lines else self._more
            assert first is not None
            first.focus()

    def arguments(self) -> dict[str, Any]:
        """Return the edited arguments; raises `FormError` for the first invalid line, and marks all of them."""
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
        return given | self._extra_arguments()

    def on_text_area_changed(self, message: AskLine.Changed) -> None:
        """Say at once what is wrong with what is typed."""
        message.stop()
        self._validate_line(message.text_area)

    def on_value_picker_changed(self, message: ValuePicker.Changed) -> None:
        """A picked value is never wrong."""
        message.stop()

    def _validate_line(self, line: Widget) -> None:
        for row in self._rows:
            if row.line is line:
                try:
                    row.value()
                except FieldError:
                    return  # it stands beside the line

    def _extra_arguments(self) -> dict[str, Any]:
        text = self._more.text.strip() if self._more is not None else ""
        if not text:
            return {}
        try:
            further = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise FormError(f"`{EXTRA_FIELD}` is not valid JSON: {error}") from None
        if not isinstance(further, dict):
            raise FormError('`more` must be a JSON object, such as {"limit": 5}')
        return further
