"""An action: one thing that a person can do with a key, and the places where actions apply."""

from typing import Literal

import msgspec

Place = Literal[
    "everywhere",
    "line",
    "library",
    "session",
    "search",
    "timeline",
    "approval",
    "replay",
    "panel",
    "context",
    "budgets",
    "sources",
    "picture",
    "memo",
    "chart",
]


class Action(msgspec.Struct, frozen=True):
    """One thing a person can do."""

    id: str
    """What settings call it: `session.pause`."""
    key: str
    """The default key, or several with commas, in Textual's names."""
    label: str
    """One or two words, for the footer."""
    help: str
    """One sentence, for the palette, the help and the README."""
    place: Place
    """Where it applies: `line` is a text input, `panel` a screen over the session."""
    command: str
    """The Textual action that the screen or the line runs."""
    footer: bool = True
    """True when the footer has room for it."""
    palette: bool = True
    """True when the command palette offers it; decisions are not offered there, so that typing never decides."""
