"""Read how long a server asks to wait before the next request, from headers or words."""

import email.utils
import re
import time
from collections.abc import Mapping
from datetime import datetime

_MILLISECONDS = ("retry-after-ms", "x-ms-retry-after-ms")
_NUMBER = re.compile(r"\d{1,12}(?:\.\d{1,9})?")
_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
_PART = (
    r"(\d{1,9}(?:\.\d{1,9})?)\s?"
    r"(milliseconds?|msecs?|ms|seconds?|secs?|s|minutes?|mins?|m|hours?|hrs?|h|days?|d)(?![a-z])"
)
_PARTS = re.compile(_PART, re.IGNORECASE)
_DURATION = re.compile(rf"(?:{_PART}[\s,]{{0,3}}){{1,4}}", re.IGNORECASE)
_ASKED = re.compile(r"\b(?:try again|retry|wait)\b[^\d.]{0,40}(?=\d)", re.IGNORECASE)
_EPOCH = 1_000_000_000.0
"""A number of seconds as large as this is a moment, not a wait."""


def wait_in_headers(headers: Mapping[str, str]) -> float | None:
    """Return the seconds that `Retry-After` and similar headers ask for; None when there are none."""
    for name in _MILLISECONDS:
        value = headers.get(name, "").strip()
        if _NUMBER.fullmatch(value):
            return float(value) / 1000
    value = headers.get("retry-after", "").strip()[:100]
    if not value:
        return None
    if _NUMBER.fullmatch(value):
        seconds = float(value)
        return seconds if seconds < _EPOCH else max(seconds - _now(headers), 0.0)
    if _DURATION.fullmatch(value):
        return _seconds(value)
    moment = _moment(value)
    return None if moment is None else max(moment - _now(headers), 0.0)


def wait_in_words(said: str) -> float | None:
    """Return the seconds that a refusal's text asks for, as in `try again in 1m30s`; None when it does not."""
    asked = _ASKED.search(said)
    duration = _DURATION.match(said, asked.end()) if asked else None
    return _seconds(duration.group()) if duration else None


def _seconds(duration: str) -> float:
    """Return the sum of the parts of a duration."""
    total = 0.0
    for number, unit in _PARTS.findall(duration):
        name = unit.lower()
        factor = _UNITS["ms"] if name.startswith(("ms", "milli")) else _UNITS[name[0]]
        total += float(number) * factor
    return total


def _now(headers: Mapping[str, str]) -> float:
    """Return the present time by the server's clock, else by this machine's."""
    moment = _moment(headers.get("date", "").strip()[:100])
    return time.time() if moment is None else moment


def _moment(value: str) -> float | None:
    """Seconds since 1970 of an HTTP date or an ISO one."""
    try:
        return email.utils.parsedate_to_datetime(value).timestamp()
    except (ValueError, OverflowError):
        pass
    try:
        return datetime.fromisoformat(value).timestamp()
    except (ValueError, OverflowError):
        return None
