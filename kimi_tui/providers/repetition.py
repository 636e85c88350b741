"""Detect text that repeats the same passage endlessly."""

_MIN_CHARS = 2_000
"""Characters below which a text may be what it is: the rule of a table, a line of dots."""
_MAX_PERIOD_CHARS = 400
"""Characters of the longest thing that is looked for: a token, a word, a line."""
_MIN_REPEATS = 5
"""How often it must come."""
_MIN_SHARE = 0.8
"""The share of the text that it must make up, at its end."""
_PROBE = 48


def find_repetition(text: str) -> str:
    """Return the passage that the end of a text repeats endlessly; empty for any other text."""
    text = text.strip()
    if len(text) < _MIN_CHARS:
        return ""
    period = _period(text)
    least = max(int(len(text) * _MIN_SHARE), _MIN_REPEATS * period)
    if not period or least > len(text):
        return ""
    tail = text[-least:]
    return tail[-period:] if tail[period:] == tail[:-period] else ""


def _period(text: str) -> int:
    """After how many characters the end of a text comes again; 0 when it does not soon."""
    probe, end = text[-_PROBE:], len(text) - 1
    at = text.rfind(probe, max(end - _MAX_PERIOD_CHARS - _PROBE, 0), end)
    return len(text) - _PROBE - at if at >= 0 else 0
