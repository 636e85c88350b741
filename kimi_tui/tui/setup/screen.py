"""The set-up screen: five lines, each tried with enter, and nothing written without the person's word."""

import asyncio
from collections.abc import Iterable
from typing import ClassVar

from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.widgets import Input, Static

from kimi_tui.config import ConfigError
from kimi_tui.config.secret_values import referenced_variable
from kimi_tui.events import ServerFinding
from kimi_tui.session import DeskReading
from kimi_tui.text import count_noun, one_line, printable
from kimi_tui.tui.actions import Action
from kimi_tui.tui.screens.base import SHEET_CLASSES, SideSheet, TopmostScreen
from kimi_tui.tui.screens.desk_status import describe_desk
from kimi_tui.tui.setup.draft import SEARCH_DDGS, SetupDraft, draft_of
from kimi_tui.tui.setup.service import ModelListing, OfferedModel, SetupService
from kimi_tui.tui.setup.write_dialog import WriteDialog
from kimi_tui.tui.ui_context import UiContext
from kimi_tui.tui.widgets.choice_button import ChoiceButton
from kimi_tui.tui.widgets.key_footer import KeyFooter
from kimi_tui.tui.widgets.row_list import ListCell, ListColumn, ListRow, RowList
from kimi_tui.tui.widgets.text_line import TextLine

FIELDS = (
    ("server", "Server", "such as 127.0.0.1:8000/v1; empty for the embedded researcher"),
    ("key", "API key", "empty for none; $MY_KEY takes it from that variable"),
    ("model", "Model", "empty for the first that the server offers"),
    ("desk", "Desk", "folder of documents, such as ~/filings"),
    ("search", "Search", "ddgs, off, or the address of a SearXNG server"),
)
"""Name, label and hint of each line."""
INTRODUCTION = "Enter tries a line. Nothing is written until you have seen how the file would change."
DESK_SECONDS = 0.5
"""How often the reading of the desk is looked at."""
GRADE_STYLES = {"green": "$success", "amber": "$warning", "red": "$error", "grey": "$text-muted"}
GRADE_ORDER = ("red", "amber", "green", "grey")
"""What keeps the app from working comes first."""
MAX_DETAIL_CHARS = 600
MAX_UNREADABLE = 30
"""Unreadable files that are named."""


class SetupScreen(SideSheet[list[str] | None], TopmostScreen[list[str] | None]):
    """Sets up server, key, model, desk and search; returns sentences about what was written, None for nothing."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "close", show=False),
        Binding("ctrl+s", "write", show=False),
    ]

    def __init__(self, service: SetupService, look: UiContext, *, problem: str = "") -> None:
        """`problem` is why the screen was offered."""
        super().__init__(classes=SHEET_CLASSES)
        self._service = service
        self.ui_context = look
        self._problem = problem
        self._models: tuple[OfferedModel, ...] = ()

    def compose(self) -> ComposeResult:
        """Title, lines, models, findings, choices, keys."""
        with Vertical(id="sheet"):
            title = Content.assemble(("Set-up", "bold"), f"   {printable(str(self._service.path))}")
            yield Static(title, id="sheet-title", markup=False)
            with Vertical(id="setup-lines"):
                for name, label, hint in FIELDS:
                    with Horizontal(classes="setup-row"):
                        yield Static(Content(label), classes="setup-label", markup=False)
                        yield TextLine(hint, id=f"setup-{name}")
            yield Static(Content(self._problem or INTRODUCTION), id="setup-status", markup=False)
            yield RowList((ListColumn("", 0), ListColumn("", 24)), headings=False, id="setup-models")
            with VerticalScroll(id="setup-findings"):
                yield Static(id="setup-found", markup=False)
            with Horizontal(id="setup-choices"):
                yield ChoiceButton("write", "See the change and write it", "^s")
                yield ChoiceButton("close", "Close", "esc")
            yield KeyFooter(("everywhere",), self.ui_context.keys, label_of=_line_label)

    def on_mount(self) -> None:
        """Fill the lines with what is set; the key is never shown."""
        draft = draft_of(self._service.settings)
        for name in ("server", "model", "desk", "search"):
            self._line(name).set_text(getattr(draft, name))
        key = self._line("key")
        key.password = True
        if self._service.settings.api_key:
            key.set_hint("(set; type another one to replace it)")
        self.query_one("#setup-models").display = False
        self._line("server").focus()

    async def on_unmount(self) -> None:
        """End the reading of a desk that was tried."""
        await self._service.close()

    def _line(self, name: str) -> TextLine:
        return self.query_one(f"#setup-{name}", TextLine)

    @property
    def draft(self) -> SetupDraft:
        """Return what is in the lines."""
        return SetupDraft(**{name: self._line(name).value.strip() for name, _, _ in FIELDS})

    # What a person does.

    def on_input_submitted(self, message: Input.Submitted) -> None:
        """Try the line."""
        message.stop()
        match (message.input.id or "").removeprefix("setup-"):
            case "server" | "key" | "model":
                self._try_server()
            case "desk":
                self._try_desk()
            case "search":
                self._try_search()

    def on_text_line_left(self) -> None:
        """Escape in a line closes."""
        self.action_close()

    def on_row_list_chosen(self, message: RowList.Chosen) -> None:
        """Take the chosen model and try it."""
        self._line("model").set_text(self._models[int(message.row_id)].name)
        self._line("desk").focus()
        self._try_server()

    def on_choice_button_chosen(self, message: ChoiceButton.Chosen) -> None:
        """Write or close."""
        if message.name == "write":
            self.action_write()
        else:
            self.action_close()

    def action_close(self) -> None:
        """Close; nothing is written."""
        self.dismiss(None)

    @work(exclusive=True, group="write")
    async def action_write(self) -> None:
        """Show how the file would change, and write it if the person says so."""
        try:
            values = self.draft.changed_values(self._service.settings)
            change = self._service.plan(values)
            if not values:
                self._say("Nothing differs from the settings in use.")
                return
            gone = values.get("api_key", "") is None
            note = "The stored key was for another server and is taken out." if gone else ""
            if await self.app.push_screen_wait(WriteDialog(change, note)):
                words = await self._service.write(change, values)
                self.dismiss([f"Written to {change.path}. The next session uses it.", *words])
        except ConfigError as error:
            self._say(f"{_sentence(str(error))}", is_problem=True)

    # Trials.

    @work(exclusive=True, group="server")
    async def _try_server(self) -> None:
        try:
            draft = self.draft.server_draft(self._service.settings)
        except ConfigError as error:
            self._show(Content())
            self._say(_sentence(str(error)), is_problem=True)
            self._go_on(("server", "model"), "key")
            return
        if not draft.base_url:
            self._show_models(())
            self._say("No server: the embedded extractive researcher answers. It is not Kimi.")
            self._go_on(("server", "key"), "desk")
            return
        self._say(f"Asking {one_line(draft.base_url, 80)} for its models ...")
        listing = await self._service.list_models(draft)
        self._show_listing(listing)
        if listing.problem is not None:
            return
        draft = self.draft.server_draft(self._service.settings)
        self._say(f"{_count(listing.models)}. Trying {one_line(draft.model or listing.models[0].name, 40)} ...")
        findings = await self._service.try_server(draft)
        self._show(draw_findings(findings))
        red = sum(finding.grade == "red" for finding in findings)
        named = referenced_variable(self.draft.named_key)
        source = f" The key is that of the variable {named}; the file keeps its name." if named else ""
        outcome = f"{red} of {len(findings)} checks failed; each names its fix" if red else "The server can be used"
        self._say(f"{outcome}.{source}", is_problem=bool(red))

    def _show_listing(self, listing: ModelListing) -> None:
        """Show the models and go on to the next line that is of use."""
        self._show_models(listing.models)
        if listing.problem is not None:
            self._show(draw_findings([listing.problem]))
            self._say(
                "The server wants a key, or another one." if listing.needs_key else "The server cannot be used.",
                is_problem=True,
            )
            if listing.needs_key:
                self._go_on(("server",), "key")
            return
        usable = [model for model in listing.models if model.answers]
        if len(usable) == 1 and not self._line("model").value:
            self._line("model").set_text(usable[0].name)
        self._go_on(("server", "key"), "desk" if self._line("model").value else "models")

    def _show_models(self, models: tuple[OfferedModel, ...]) -> None:
        self._models = models
        rows = self.query_one("#setup-models", RowList)
        rows.display = len(models) > 1
        current = self._line("model").value
        rows.show([_model_row(number, model, current) for number, model in enumerate(models)])

    @work(exclusive=True, group="desk")
    async def _try_desk(self) -> None:
        folder = self.draft.desk
        if not folder:
            self._say("No desk: questions go to the sample desk.")
            self._go_on(("desk",), "search")
            return
        self._say(f"Looking at {one_line(folder, 60)} ...")
        try:
            reading = await self._service.look_at_desk(folder)
            self._go_on(("desk",), "search")
            while True:
                self._show(draw_desk(folder, reading))
                self._say("The desk can be read.")
                if not reading.is_reading:
                    return
                await asyncio.sleep(DESK_SECONDS)
                reading = await self._service.look_at_desk(folder)
        except ConfigError as error:
            self._say(_sentence(str(error)), is_problem=True)

    @work(exclusive=True, group="search")
    async def _try_search(self) -> None:
        self._say(f"Trying the search: {one_line(self.draft.search or SEARCH_DDGS, 60)} ...")
        finding = await self._service.try_search(self.draft.search_values())
        self._show(draw_findings([finding]))
        self._say(
            "The search cannot be used." if finding.grade == "red" else "The search can be used.",
            is_problem=finding.grade == "red",
        )
        if finding.grade != "red" and self._line("search").has_focus:
            self.query_one("#choice-write", ChoiceButton).focus()

    # What is shown.

    def _go_on(self, lines: tuple[str, ...], to: str) -> None:
        """Move the focus, unless the person has moved it elsewhere meanwhile."""
        if any(self._line(name).has_focus for name in lines):
            self.query_one(f"#setup-{to}").focus()

    def _say(self, words: str, *, is_problem: bool = False) -> None:
        status = self.query_one("#setup-status", Static)
        status.set_class(is_problem, "-problem")
        status.update(Content(printable(words)))

    def _show(self, found: Content) -> None:
        self.query_one("#setup-found", Static).update(found)
        self.query_one("#setup-findings").scroll_home(animate=False)


def _line_label(action: Action) -> str:
    """Return what a key is called in a line of the set-up."""
    return {"line.send": "Try", "line.leave": "Close"}.get(action.id, action.label)


def _model_row(number: int, model: OfferedModel, current: str) -> ListRow:
    """Return the row of one model; the current one is marked."""
    facts = [f"{model.window:,} tokens" if model.window else "", "" if model.answers else "answers nothing"]
    tone = "muted" if not model.answers else "strong" if model.name == current else ""
    mark = "* " if model.name == current else "  "
    words = ", ".join(filter(None, facts))
    return ListRow(str(number), (ListCell(mark + one_line(model.name, 120), tone), ListCell(words, "muted")))


def _count(models: tuple[OfferedModel, ...]) -> str:
    return count_noun(len(models), "model")


def _sentence(words: str) -> str:
    """Return an error as a sentence."""
    return f"{words[:1].upper()}{words[1:]}" + ("" if words.endswith(".") else ".")


def draw_findings(findings: Iterable[ServerFinding]) -> Content:
    """Return the findings, the red ones first; under each what fixes it."""
    lines: list[Content] = []
    for finding in sorted(findings, key=lambda one: GRADE_ORDER.index(one.grade)):
        style = GRADE_STYLES[finding.grade]
        name = f"{finding.grade:<6}{one_line(finding.name, 30)}"
        lines.append(Content.assemble((name, style), f"  {one_line(finding.detail, MAX_DETAIL_CHARS)}"))
        if finding.remedy:
            lines.append(Content.assemble(("      fix: ", "$text-muted"), one_line(finding.remedy, MAX_DETAIL_CHARS)))
    return Content("\n").join(lines)


def draw_desk(folder: str, reading: DeskReading) -> Content:
    """Return what is on a desk, with the files that could not be read and why."""
    lines = [Content(one_line(folder, 200)), Content(describe_desk(reading))]
    lines += [
        Content.assemble(("no text  ", "$warning"), f"{one_line(path, 80)}: {one_line(why, 200)}")
        for path, why in reading.unreadable[:MAX_UNREADABLE]
    ]
    return Content("\n").join(lines)
