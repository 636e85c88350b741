"""Find fenced code in Markdown: which lines are code, and whether a fence is still open."""

import re

_FENCE = re.compile(r" {0,3}(?P<fence>`{3,}(?=[^`]*$)|~{3,})(?P<rest>.*)")


def code_lines(lines: list[str]) -> tuple[list[bool], str]:
    """Return for each line whether it is fenced code, and what would close an open fence."""
    flags: list[bool] = []
    open_fence = ""
    for line in lines:
        match = _FENCE.fullmatch(line)
        flags.append(bool(open_fence or match))
        if match and not open_fence:
            open_fence = match["fence"]
        elif match and match["fence"].startswith(open_fence) and not match["rest"].strip():
            open_fence = ""
    return flags, open_fence
