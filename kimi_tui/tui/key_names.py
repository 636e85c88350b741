"""Names of the keys that a terminal sends."""

import difflib

from textual.keys import Keys, key_to_character

from kimi_tui.config import ConfigError

PUNCTUATION = {
    "slash": "/",
    "backslash": "\\",
    "at": "@",
    "minus": "-",
    "plus": "+",
    "underscore": "_",
    "full_stop": ".",
    "equals_sign": "=",
    "question_mark": "?",
}
"""Keys whose names in Textual are not those of their characters."""

KEY_NAMES = frozenset(key.value for key in Keys) | frozenset(PUNCTUATION)
"""Every key that has a name of its own."""
MODIFIERS = frozenset({"ctrl", "shift", "alt", "meta", "super", "hyper"})
"""Modifiers that may precede a key, with `+`."""
KEY_ALIASES = {"ctrl+i": "tab", "ctrl+m": "enter", "ctrl+h": "backspace", "ctrl+left_square_bracket": "escape"}
"""Keys that a terminal cannot tell from another one."""


def refuse_unknown_key(name: str, key: str) -> None:
    """Refuse a key for the action `name` that no terminal sends, so that a misspelt key does not disable its action.

    Raises `ConfigError`.
    """
    if same := KEY_ALIASES.get(key):
        raise ConfigError(f"setting `ui.keys`: a terminal sends `{key}` as `{same}`; give `{name}` another key")
    bare = key.rpartition("+")[2] if MODIFIERS.issuperset(key.split("+")[:-1]) else key
    if len(bare) != 1 and bare not in KEY_NAMES and key_to_character(bare) is None:
        near = difflib.get_close_matches(key, KEY_NAMES, n=1)
        hint = f"did you mean `{near[0]}`?" if near else "keys are written as `x`, `F5` is `f5`, ^x is `ctrl+x`"
        raise ConfigError(f"setting `ui.keys`: there is no key `{key}` for `{name}`; {hint}")
