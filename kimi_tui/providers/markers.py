"""The markers that Kimi models write around thinking, answers and calls, and a scanner that cuts text at them.

K2 encloses calls in a section of special tokens, whose name comes in the plural and in the singular; K3 writes
channels of `<|open|>NAME<|sep|>` and `<|close|>NAME<|sep|>`. Text arrives cut anywhere, so the beginning of a
possible marker is held back until the next fragment decides.
"""

import re

THINK = "<think>"
END_THINK = "</think>"
SECTION = "<|tool_calls_section_begin|>"
END_SECTION = "<|tool_calls_section_end|>"
CALL = "<|tool_call_begin|>"
ARGUMENTS = "<|tool_call_argument_begin|>"
END_CALL = "<|tool_call_end|>"
SECTIONS = (SECTION, "<|tool_call_section_begin|>")
"""What begins a section of K2's calls."""
END_SECTIONS = (END_SECTION, "<|tool_call_section_end|>")
"""What ends it."""

SEP = "<|sep|>"
K3_THINK, K3_END_THINK = f"<|open|>think{SEP}", f"<|close|>think{SEP}"
K3_RESPONSE, K3_END_RESPONSE = f"<|open|>response{SEP}", f"<|close|>response{SEP}"
K3_TOOLS, K3_END_TOOLS = f"<|open|>tools{SEP}", f"<|close|>tools{SEP}"
K3_CALL, K3_END_CALL = "<|open|>call ", f"<|close|>call{SEP}"
K3_ARGUMENT, K3_END_ARGUMENT = "<|open|>argument ", f"<|close|>argument{SEP}"
K3_JSON, K3_END_JSON = "<|open|>json", f"<|close|>json{SEP}"
K3_TRAILERS = (K3_END_RESPONSE, f"<|close|>message{SEP}", "<|end_of_msg|>")
"""What K3 ends an answer with."""

MARKERS = (
    THINK, END_THINK, *SECTIONS, *END_SECTIONS, CALL, ARGUMENTS, END_CALL, SEP, K3_THINK, K3_END_THINK, K3_RESPONSE,
    K3_TOOLS, K3_END_TOOLS, K3_CALL, K3_END_CALL, K3_ARGUMENT, K3_END_ARGUMENT, K3_JSON, K3_END_JSON, *K3_TRAILERS,
)  # fmt: skip
_MAX_MARKER_CHARS = max(map(len, MARKERS))
_ANY_MARKER = re.compile("(" + "|".join(map(re.escape, MARKERS)) + ")")


def remove_markers(text: str) -> str:
    """Return `text` without markers."""
    return _ANY_MARKER.sub("", text)


class MarkerScanner:
    """Cuts streaming text into plain pieces and complete markers."""

    def __init__(self) -> None:
        self._held = ""

    def feed(self, text: str) -> list[str]:
        """Return the pieces that are certain now; a marker is always its own piece."""
        if not self._held and "<" not in text:
            return [text]
        pieces = _ANY_MARKER.split(self._held + text)
        pieces[-1], self._held = _hold_back(pieces[-1])
        return [piece for piece in pieces if piece]

    def finish(self) -> str:
        """Return the held text, which is plain text after all."""
        held, self._held = self._held, ""
        return held


def _hold_back(text: str) -> tuple[str, str]:
    """`text` and the end of it that may be the beginning of a marker: the longest such end, for markers nest."""
    start = text.find("<", max(len(text) - _MAX_MARKER_CHARS, 0))
    while start >= 0:
        tail = text[start:]
        if any(marker.startswith(tail) for marker in MARKERS):
            return text[:start], tail
        start = text.find("<", start + 1)
    return text, ""
