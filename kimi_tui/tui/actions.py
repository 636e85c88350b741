"""All keyboard actions, one entry each; bindings, footer and help are built from this list.

Bindings, footer, command palette, help and the key table of the README read `ACTIONS` and nothing else. A key
means one thing at a time: two actions that can be had at the same moment never share one, and settings that
would make them are refused.
"""

import difflib
from collections.abc import Mapping

from textual.binding import Binding, BindingType
from textual.dom import DOMNode
from textual.keys import format_key, key_to_character

from kimi_tui.config import ConfigError
from kimi_tui.tui.action import Action, Place
from kimi_tui.tui.key_names import PUNCTUATION, refuse_unknown_key
from kimi_tui.tui.panel_actions import PANEL_ACTIONS

__all__ = [
    "ACTIONS",
    "BEFORE_LINES",
    "PLACE_TITLES",
    "SIMULTANEOUS_PLACES",
    "Action",
    "Place",
    "bindings_for",
    "build_keymap",
    "display_key",
    "is_available",
    "split_keys",
    "typed_character",
]

ACTIONS: tuple[Action, ...] = (
    Action("line.send", "enter", "Send", "Ask the question, or steer the running turn.", "line", "send", palette=False),
    Action("line.newline", "ctrl+j", "New line", "Begin a new line in the text.", "line", "newline", False, False),
    Action("line.editor", "ctrl+g", "Editor", "Write the text in your own editor.", "line", "editor", False, False),
    Action("line.end", "ctrl+d", "Leave app", "Leave the app, from an empty line.", "line", "finish", False, False),
    Action(
        "line.leave", "escape", "Leave", "Leave the text for the list or the timeline.", "line", "leave", palette=False
    ),
    Action("library.new", "n", "New", "Go to the line for a question.", "library", "ask"),
    Action("library.open", "o", "Open", "Open the session and work in it.", "library", "open"),
    Action("library.look", "space", "Look", "Preview the session without opening it.", "library", "look"),
    Action("library.memo", "m", "Memo", "Read its memo; citations lead to sources.", "library", "memo"),
    Action("library.cite", "c", "Cite", "Go to the next citation in the preview.", "library", "cite(1)", palette=False),
    Action("library.uncite", "C", "Cite before", "Go to the one before.", "library", "cite(-1)", False, False),
    Action("library.source", "v", "Source", "Open the source at it.", "library", "source", palette=False),
    Action("library.search", "slash", "Search", "Search all sessions as you type.", "library", "search"),
    Action("library.view", "f", "Filter", "Show all sessions, or those of some states.", "library", "view"),
    Action("library.group", "g", "Group", "Group the sessions by date, state or desk.", "library", "group"),
    Action("library.pin", "p", "Pin", "Pin the session to the top, or unpin it.", "library", "pin"),
    Action("library.rename", "f2", "Name", "Give the session a name of its own.", "library", "rename", False),
    Action("library.replay", "r", "Replay", "Replay the recording; no model is asked.", "library", "replay"),
    Action("library.export", "x", "Export", "Write the memo, page, evidence or journal.", "library", "export"),
    Action("library.verify", "V", "Verify", "Check its record, sources and citations.", "library", "verify", False),
    Action("library.delete", "d", "Delete", "Put the session into the trash.", "library", "delete"),
    Action("library.undo", "u", "Undo", "Bring back the session deleted last.", "library", "undo"),
    Action("library.suggestions", "s", "Suggestions", "Show questions to begin with.", "library", "suggestions"),
    Action("library.refresh", "f5", "Refresh", "Read the list of sessions again.", "library", "refresh", False),
    Action("session.pause", "p", "Pause", "Pause at the next safe point, or resume.", "session", "order('pause')"),
    Action("session.search", "slash", "Search", "Search this session.", "session", "search"),
    Action("session.widen", "f4", "All sessions", "Search all sessions for the same words.", "session", "widen"),
    Action("session.follow", "f", "Follow", "Go back to the end and follow it.", "session", "timeline('follow')"),
    Action(
        "session.interrupt", "i", "Interrupt", "End the generation or the tool now.", "session", "order('interrupt')"
    ),
    Action("session.act", "t", "Act now", "Try again at once, or end the thinking.", "session", "order('act')"),
    Action("session.stop", "ctrl+x", "Stop", "End the turn.", "session", "order('stop')"),
    Action("session.salvage", "S", "Salvage", "Recover the intact part of a damaged session.", "session", "salvage"),
    Action("session.export", "x", "Export", "Write the memo, page, evidence or journal.", "session", "export"),
    Action("session.verify", "V", "Verify", "Check record and citations.", "session", "panel('verify')", False),
    Action("session.memo", "m", "Memo", "Read the memo, finished or not.", "session", "panel('memo')"),
    Action("session.chart", "C", "Charts", "See the memo's tables as charts.", "session", "panel('chart')", False),
    Action("session.plan", "o", "Plan", "Read the plan, and change it.", "session", "panel('plan')", False),
    Action("session.sources", "s", "Sources", "List the sources and read their text.", "session", "panel('sources')"),
    Action("session.map", "g", "Map", "List all calls, filter them and jump.", "session", "panel('map')"),
    Action("session.context", "c", "Context", "See what the model sees now.", "session", "panel('context')"),
    Action("session.budgets", "b", "Budgets", "See what is spent, and raise a cap.", "session", "panel('budgets')"),
    Action("session.health", "h", "Health", "See how well the server serves.", "session", "panel('health')", False),
    Action(
        "session.rules", "r", "Rules", "List the standing rules, and revoke one.", "session", "panel('rules')", False
    ),
    Action("session.egress", "E", "Egress", "List what left, to whom and why.", "session", "panel('egress')", False),
    Action("session.next", "f3", "Next", "Go to the next match.", "session", "find(1)", False),
    Action("session.previous", "shift+f3", "Previous", "Go to the match before.", "session", "find(-1)", False),
    Action(
        "search.next", "enter", "Next", "Go to the next match, or on to the places.", "search", "go_on", palette=False
    ),
    Action(
        "search.places",
        "tab",
        "Places",
        "Go to the places found in sources, and back.",
        "search",
        "places",
        palette=False,
    ),
    Action("session.fold", "z", "Fold", "Fold everything.", "session", "timeline('fold')", False),
    Action("session.unfold", "Z", "Unfold", "Unfold everything.", "session", "timeline('unfold')", False),
    Action("session.copy", "k", "Copy", "Copy the selected block.", "session", "timeline('copy')", False),
    Action(
        "session.withdraw", "w", "Withdraw", "Take the call's result out of the context.", "session", "withdraw", False
    ),
    Action("session.side", "v", "Side", "Show or hide the plan, budgets and sources.", "session", "side", False),
    Action("session.library", "l", "Library", "Go back to the library; the turn goes on.", "session", "library"),
    Action("timeline.write", "tab", "Write", "Go to the line.", "timeline", "write", palette=False),
    Action("approval.approve", "y", "Approve", "Run the waiting call.", "approval", "decide('approve')", False, False),
    Action(
        "approval.now", "ctrl+y", "Approve", "Approve from the line.", "approval", "decide('approve')", False, False
    ),
    Action(
        "approval.edit", "e", "Edit", "Change the arguments, then run it.", "approval", "decide('edit')", palette=False
    ),
    Action(
        "approval.always",
        "a",
        "Always",
        "Run it, and similar calls from now on.",
        "approval",
        "decide('always')",
        palette=False,
    ),
    Action(
        "approval.veto",
        "n",
        "Veto",
        "Refuse it, with a note for the model.",
        "approval",
        "decide('veto')",
        palette=False,
    ),
    Action(
        "approval.all", "Y", "All", "Run every waiting call, after asking.", "approval", "decide('all')", palette=False
    ),
    Action(
        "approval.next",
        "right_square_bracket",
        "Next call",
        "See the next waiting call.",
        "approval",
        "waiting(1)",
        False,
    ),
    Action(
        "approval.previous",
        "left_square_bracket",
        "Call before",
        "See the waiting call before.",
        "approval",
        "waiting(-1)",
        False,
    ),
    Action("approval.down", "shift+down", "Read on", "Read on in a long call.", "approval", "read_on(1)", False, False),
    Action("approval.up", "shift+up", "Read back", "Read back in it.", "approval", "read_on(-1)", False, False),
    Action("replay.play", "space", "Play", "Play or pause the recording.", "replay", "play"),
    Action("replay.next", "full_stop", "Next", "Pause, and show the next entry.", "replay", "next"),
    Action("replay.forward", "right_square_bracket", "Step on", "Go to the end of the next step.", "replay", "seek(1)"),
    Action(
        "replay.back", "left_square_bracket", "Step back", "Go to the end of the step before.", "replay", "seek(-1)"
    ),
    Action("replay.faster", "plus,equals_sign", "Faster", "Play faster.", "replay", "speed(1)"),
    Action("replay.slower", "minus", "Slower", "Play slower.", "replay", "speed(-1)"),
    *PANEL_ACTIONS,
    Action(
        "app.palette",
        "ctrl+p",
        "Commands",
        "Find any command by its name.",
        "everywhere",
        "app.command_palette",
        palette=False,
    ),
    Action("app.help", "f1,question_mark", "Help", "Show every key and what it does.", "everywhere", "app.keys"),
    Action("app.theme", "f6", "Theme", "Choose the colours, and keep them.", "everywhere", "app.theme", False),
    Action("app.model", "f7", "Model", "Choose a model of the server.", "everywhere", "app.model", False),
    Action("app.settings", "f12", "Settings", "See and change every setting.", "everywhere", "app.settings", False),
    Action("app.setup", "f8", "Set-up", "Set up server, model, desk and search.", "everywhere", "app.setup", False),
    Action(
        "app.suspend",
        "ctrl+z",
        "Suspend",
        "Suspend the app; `fg` in the shell resumes it.",
        "everywhere",
        "app.suspend",
        False,
    ),
    Action(
        "app.cancel",
        "ctrl+c",
        "Cancel",
        "Clear the line, interrupt, or say how to leave.",
        "everywhere",
        "app.cancel",
        False,
        False,
    ),
    Action("app.leave", "ctrl+q", "Leave", "Quit; running turns go on or pause.", "everywhere", "app.leave"),
)
"""Every action, in the order in which the footer and the help show them."""

SIMULTANEOUS_PLACES: tuple[frozenset[Place], ...] = (
    frozenset({"everywhere", "line"}),
    frozenset({"everywhere", "library"}),
    frozenset({"everywhere", "session", "approval", "timeline"}),
    frozenset({"everywhere", "session", "search"}),
    frozenset({"everywhere", "session", "replay"}),
    frozenset({"everywhere", "panel", "context"}),
    frozenset({"everywhere", "panel", "budgets"}),
    frozenset({"everywhere", "panel", "sources"}),
    frozenset({"everywhere", "panel", "picture"}),
    frozenset({"everywhere", "panel", "memo"}),
    frozenset({"everywhere", "panel", "chart"}),
)
"""Places whose actions can be had at the same moment; a key means one thing in each."""

PLACE_TITLES: dict[Place, str] = {
    "everywhere": "Everywhere",
    "line": "In a line of text",
    "library": "In the library",
    "session": "In a session",
    "search": "While a session is searched",
    "timeline": "In the timeline",
    "approval": "While a call waits for you",
    "replay": "In a replay",
    "panel": "In a panel",
    "context": "In the panel of the context",
    "budgets": "In the panel of the budgets",
    "sources": "In the panel of the sources",
    "picture": "In the picture of a page",
    "memo": "In the panel of the memo",
    "chart": "In the panel of the charts",
}
"""The headings of the help and of the README's table."""


def build_keymap(overrides: Mapping[str, str]) -> dict[str, str]:
    """Return the key of every action, with the person's settings over the defaults; raises `ConfigError`."""
    known = {action.id: action.key for action in ACTIONS}
    for name, key in overrides.items():
        if name not in known:
            near = difflib.get_close_matches(name, known, n=1)
            hint = f"; did you mean `{near[0]}`?" if near else "; F1 lists all actions"
            raise ConfigError(f"setting `ui.keys`: there is no action `{name}`{hint}")
        if not key.strip():
            raise ConfigError(f"setting `ui.keys`: the action `{name}` needs a key")
        for single in split_keys(key):
            refuse_unknown_key(name, single)
    taken = {typed_character(key) or key for written in overrides.values() for key in split_keys(written)}
    keys = {name: _without_taken(written, taken) for name, written in known.items()} | dict(overrides)
    for places in SIMULTANEOUS_PLACES:
        _refuse_duplicates(keys, places)
    return keys


def _without_taken(written: str, taken: set[str]) -> str:
    """Return an action's default keys; those after the first give way to keys that a person gave to other actions."""
    first, *others = split_keys(written)
    return ",".join([first, *(key for key in others if (typed_character(key) or key) not in taken)])


def _refuse_duplicates(keys: Mapping[str, str], places: frozenset[Place]) -> None:
    taken: dict[str, str] = {}
    for action in ACTIONS:
        if action.place not in places:
            continue
        for named in split_keys(keys[action.id]):
            key = typed_character(named) or named
            if key in taken:
                raise ConfigError(
                    f"setting `ui.keys`: the key `{key}` is given to both `{taken[key]}` and `{action.id}`; "
                    "give one of them another key"
                )
            taken[key] = action.id


def typed_character(key: str) -> str | None:
    """Return the character that a key types; None when it types none."""
    return PUNCTUATION.get(key) or key_to_character(key)


def is_available(action: Action, place: DOMNode, command: str = "") -> bool:
    """Return whether an action is available in a place, or a `command` of it that is not that of its key."""
    name, _, rest = (command or action.command).partition("(")
    argument = rest.rstrip(")").strip("'")
    if name.startswith("app."):
        return True
    return place.check_action(name, (argument,) if argument else ()) is True


def split_keys(keys: str) -> list[str]:
    """Return the single keys of a comma-separated list."""
    return [key.strip() for key in keys.split(",") if key.strip()]


BEFORE_LINES = frozenset({"approval.now", "app.cancel", "app.theme", "app.model"})
"""Actions whose keys a line of text would take for itself."""


def bindings_for(*places: Place) -> list[BindingType]:
    """Textual bindings for some places; their ids let the settings' keys replace the defaults."""
    return [
        Binding(action.key, action.command, action.label, show=False, priority=action.id in BEFORE_LINES, id=action.id)
        for action in ACTIONS
        if action.place in places
    ]


def display_key(keys: str) -> str:
    """Return the first key of a list as a person reads it: `^x`, `F1`, `/`."""
    key = split_keys(keys)[0]
    if key.startswith("ctrl+"):
        return "^" + key.removeprefix("ctrl+")
    if key.startswith("shift+"):
        return "shift " + display_key(key.removeprefix("shift+"))
    if len(key) > 1 and key[0] == "f" and key[1:].isdigit():
        return key.upper()
    return {"escape": "esc", "enter": "enter"}.get(key) or format_key(key)
