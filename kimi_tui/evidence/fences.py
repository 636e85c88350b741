"""Find code in Markdown: which lines are fenced, whether a fence is still open, and where code is in a text."""

import re

_FENCE = re.compile(r" {0,3}(?P<fence>`{3,}(?=[^`]*$)|~{3,})(?P<rest>.*)")
_INLINE_CODE = re.compile(r"(?<!`)(`+)(?!`)[^\n]+?(?<!`)\1(?!`)")


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


def code_spans(text: str) -> list[tuple[int, int]]:
    """Return the start and end of each piece of code in a text, inline or fenced."""
    spans = [match.span() for match in _INLINE_CODE.finditer(text)]
    lines, at = text.split("\n"), 0
    for line, is_code in zip(lines, code_lines(lines)[0], strict=True):
        if is_code:
            spans.append((at, at + len(line)))
        at += len(line) + 1
    return spans
