"""Arguments that are still being written: a text inside JSON that has not ended yet."""

import json
import re

_BEGUN = re.compile(r"\\(?:u[0-9a-fA-F]{0,3})?$")
"""An escape that has only begun, if what stands before it is even."""
_END = re.compile(r'(?<!\\)(?:\\\\)*"')


def growing_text(arguments: str, name: str) -> str:
    """What there is by now of a text among arguments in JSON; empty before it has begun."""
    begun = re.search(rf'"{re.escape(name)}"\s*:\s*"', arguments)
    if begun is None:
        return ""
    text = arguments[begun.end() :]
    end = _END.search(text)
    text = text[: end.end() - 1] if end else _whole(text)
    try:
        return str(json.loads(f'"{text}"', strict=False))
    except ValueError:
        return ""


def _whole(text: str) -> str:
    """The text without an escape that has only begun."""
    found = _BEGUN.search(text)
    if found is None:
        return text
    before = text[: found.start()]
    odd = (len(before) - len(before.rstrip("\\"))) % 2
    return text if odd else before
