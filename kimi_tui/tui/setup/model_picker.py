"""The picker of models: what the server offers, those that answer questions first; the next session uses the choice."""

from typing import ClassVar

from textual import work

from kimi_tui.config import Settings
from kimi_tui.text import one_line
from kimi_tui.tui.setup.picker import Picker, describe_write
from kimi_tui.tui.setup.service import OfferedModel, ServerDraft, SetupService
from kimi_tui.tui.widgets.row_list import ListCell, ListColumn, ListRow, RowList


class ModelPicker(Picker):
    """Offers the models of the server; returns the name of the chosen one."""

    TITLE = "Model of the next session"
    COLUMNS: ClassVar[tuple[ListColumn, ...]] = (ListColumn(""), ListColumn("", 30))

    def __init__(self, service: SetupService, setup_key: str) -> None:
        """`setup_key` is the displayed key that opens the set-up."""
        super().__init__()
        self._service = service
        self._setup_key = setup_key

    def on_mount(self) -> None:
        """Ask the server for its models."""
        super().on_mount()
        if why := _why_no_list(self._service.settings):
            self.say(f"{why} {self._setup_key} opens the set-up.")
        else:
            self._list_models()

    @work(exclusive=True)
    async def _list_models(self) -> None:
        settings = self._service.settings
        self.say(f"Asking {one_line(settings.base_url, 80)} for its models ...")
        listing = await self._service.list_models(ServerDraft(settings.base_url, settings.api_key, settings.model))
        if listing.problem is not None:
            fix = f" {listing.problem.remedy}." if listing.problem.remedy else ""
            self.say(f"{listing.problem.detail}.{fix} {self._setup_key} opens the set-up.")
            return
        used = settings.model or listing.models[0].name
        self.query_one(RowList).show([_model_row(model, used) for model in listing.models], at=used)
        self._describe(self.query_one(RowList).current)

    def on_row_list_moved(self, message: RowList.Moved) -> None:
        """Say what enter would write."""
        self._describe(message.row_id)

    def _describe(self, name: str) -> None:
        self.say(describe_write(self._service, "model", name))


def _why_no_list(settings: Settings) -> str:
    """Return why no server can be asked; empty when one can."""
    if settings.embedded:
        return "No server is set: the embedded extractive researcher answers, and it has no other model."
    if not settings.base_url:
        return f"The provider {settings.provider} lists no models; name one in the set-up."
    return ""


def _model_row(model: OfferedModel, used: str) -> ListRow:
    """Return the row of a model, the one in use marked."""
    window = f"{model.window:,} tokens" if model.window else ""
    words = ", ".join(filter(None, (window, "" if model.answers else "answers nothing")))
    tone = "strong" if model.name == used else "" if model.answers else "muted"
    mark = "* " if model.name == used else "  "
    return ListRow(model.name, (ListCell(mark + one_line(model.name, 120), tone), ListCell(words, "muted")))
