"""The dialogs that the app shows, each with its texts in one place."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from kimi_tui.session import ExportFormat, SessionSummary
from kimi_tui.text import one_line
from kimi_tui.tui.screens.dialog import Dialog
from kimi_tui.tui.widgets.note_line import PreparedReason

FORMATS: tuple[tuple[ExportFormat, str], ...] = (
    ("md", "Memo, Markdown"),
    ("html", "HTML page"),
    ("docx", "Word"),
    ("bundle", "Evidence bundle"),
    ("jsonl", "Journal"),
)
"""What can be exported, and what it is called."""
WITHDRAWAL_REASONS: tuple[PreparedReason, ...] = (
    PreparedReason("wrong", "This is wrong; do not rely on it."),
    PreparedReason("outdated", "This is out of date; look for something newer."),
    PreparedReason("off topic", "This has nothing to do with the question."),
    PreparedReason("private", "This must not be used in the answer."),
    PreparedReason("doubtful", "This is not a source to rely on; choose another one."),
)
"""The ready reasons for taking a result back, by their digits: the first has 1."""


def export_dialog() -> Dialog:
    """Return the dialog for the format and the file of an export."""
    text = f"Leave the line empty for a name of its own in {Path.cwd()}."
    return Dialog("Export", text, FORMATS, line="", hint="file to write")


def rename_dialog(summary: SessionSummary) -> Dialog:
    """Return the dialog for the name of a session."""
    text = f"{one_line(summary.question, 160) or summary.id}\n\nAn empty name shows the question again."
    choices = (("rename", "Rename"), ("keep", "Leave it"))
    return Dialog("Name this session", text, choices, line=summary.name, hint="its name")


def quit_dialog(running: int, *, remember: bool = False) -> Dialog:
    """Return the dialog about running turns on quitting; `remember` offers to remember the answer."""
    what = "A turn is running." if running == 1 else f"{running} turns are running."
    text = f"{what} It can go on in the background, or pause at its next safe point until you return."
    choices = (("stay", "Stay here"), ("background", "Leave; the turn goes on"), ("pause", "Pause, then leave"))
    tick = "Remember this answer; the command `Ask when leaving` forgets it" if remember else ""
    return Dialog("Leave?", text, choices, tick=tick)


def withdraw_dialog(label: str) -> Dialog:
    """Return the dialog for the reason to withdraw a result from the context."""
    text = f"{one_line(label, 160)}\n\nThe model reads your note in the place of this result."
    choices = (("withdraw", "Withdraw it"), ("keep", "Keep it"))
    hint = "why, for the model (may stay empty)"
    return Dialog("Withdraw this result?", text, choices, line="", hint=hint, reasons=WITHDRAWAL_REASONS)


def salvage_dialog(problem: str) -> Dialog:
    """Return the dialog for a session that cannot be opened."""
    text = f"{one_line(problem, 400)}\n\nThe intact part replaces it; the damaged file is kept beside it, unchanged."
    return Dialog("This session is damaged", text, (("keep", "Leave it"), ("salvage", "Salvage it")))


def meant_for_a_card(keys: Mapping[str, str]) -> set[str]:
    """Return the texts that a person may type to decide a waiting call: its keys, and a few words."""
    single = {key for name, key in keys.items() if name.startswith("approval.") and len(key) == 1}
    return {"yes", "no", "ok", "okay", "approve", "veto", *(key.casefold() for key in single)}


def meant_question(text: str) -> Dialog:
    """Return whether a word in the line was meant for the waiting call."""
    words = f"A call waits for you, and “{one_line(text, 40)}” is in the line that steers the model."
    choices = (("keep", "Back to the line"), ("decide", "Decide the call"), ("steer", "Send it to the model"))
    return Dialog("What did you mean?", words, choices)


def unknown_command_dialog(command: str, near: Sequence[str]) -> Dialog:
    """Return what was meant by an unknown command; the choices are `keep` and the numbers of the near ones."""
    text = f"There is no command {command}, and nothing was sent. A text that begins with a slash is sent as //text."
    return Dialog(
        "What did you mean?",
        text,
        (("keep", "Back to the line"), *((str(place), name) for place, name in enumerate(near))),
    )


def link_dialog(address: str) -> Dialog:
    """Return the dialog that confirms opening an address in a browser."""
    text = f"{one_line(address, 2_000)}\n\nThe address comes from the model or a web page and is not checked."
    return Dialog("Open this address in your browser?", text, (("keep", "Stay here"), ("open", "Open it")))
