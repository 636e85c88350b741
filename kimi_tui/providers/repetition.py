"""Telling a text that is one thing again and again from one that says something."""

_SHORTEST = 2_000
"""Characters below which a text may be what it is: the rule of a table, a line of dots."""
_LONGEST_PERIOD = 400
"""Characters of the longest thing that is looked for: a token, a word, a line."""
_ROUNDS = 5
"""How often it must come."""
_SHARE = 0.8
"""The share of the text that it must make up, at its end."""
_PROBE = 48


def repeated_thing(text: str) -> str:
    """What the end of a text, and most of it, repeats without end; empty for any other text."""
    text = text.strip()
    if len(text) < _SHORTEST:
        return ""
    period = _period(text)
    least = max(int(len(text) * _SHARE), _ROUNDS * period)
    if not period or least > len(text):
        return ""
    tail = text[-least:]
    return tail[-period:] if tail[period:] == tail[:-period] else ""


def _period(text: str) -> int:
    """After how many characters the end of a text comes again; 0 when it does not soon."""
    probe, end = text[-_PROBE:], len(text) - 1
    at = text.rfind(probe, max(end - _LONGEST_PERIOD - _PROBE, 0), end)
    return len(text) - _PROBE - at if at >= 0 else 0
