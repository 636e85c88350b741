"""Read one string value from a JSON object that is still being written."""

import json
import re

_PARTIAL_ESCAPE = re.compile(r"\\(?:u[0-9a-fA-F]{0,3})?$")
"""An escape that has only begun, if what stands before it is even."""
_CLOSING_QUOTE = re.compile(r'(?<!\\)(?:\\\\)*"')


def partial_string_value(arguments: str, name: str) -> str:
    """Return the part of a string value that has arrived so far; empty before it begins."""
    begun = re.search(rf'"{re.escape(name)}"\s*:\s*"', arguments)
    if begun is None:
        return ""
    text = arguments[begun.end() :]
    end = _CLOSING_QUOTE.search(text)
    text = text[: end.end() - 1] if end else _drop_partial_escape(text)
    try:
        return str(json.loads(f'"{text}"', strict=False))
    except ValueError:
        return ""


def _drop_partial_escape(text: str) -> str:
    """Return the text without an unfinished escape sequence at its end."""
    found = _PARTIAL_ESCAPE.search(text)
    if found is None:
        return text
    before = text[: found.start()]
    odd = (len(before) - len(before.rstrip("\\"))) % 2
    return text if odd else before
