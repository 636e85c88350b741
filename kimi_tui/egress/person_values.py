"""Tell whether a value of a call comes from the person: from a question, from settings, or from a call they approved.

A value is compared whole: a word, a number, a date or an address that the person wrote, in any of the usual forms. A
key of a record counts too when a search for the person's own words found that record alone; a second key in the same
result, such as one that a hostile text puts there, makes it count no more.
"""

import calendar
import re
from collections.abc import Iterator, Set
from typing import Any

import msgspec

from kimi_tui.projections.calls import Call
from kimi_tui.projections.trajectory import TrajectoryState

MIN_TRUSTED_CHARS = 2
"""Characters of the shortest value that a trusted tool may name."""
MAX_KEY_CHARS = 12
"""Characters of the longest key of a record."""

_WORD = re.compile(r"[^\W_]+")
_NUMBER = re.compile(r"\d[\d,]*(?:\.\d+)?")
_NAME = re.compile(r"[\w-]+")
_ISO = re.compile(r"(\d{4})-(\d\d)-(\d\d)(?:[ T]\d\d[:-]\d\d(?:[:-]\d\d)?Z?)?")
_SCHEME = re.compile(r"(?:https?://)?(?:www\.)?", re.IGNORECASE)
_KEY = re.compile(r"(?<![^\W_])([a-z_]*id)_?['\"]?\s*[:=]\s*['\"]?([\w-]{1,40})", re.IGNORECASE)
_MONTHS = tuple(month.lower() for month in calendar.month_name[1:])
_APPROVALS = ("approve", "edit", "always")


class PersonValues(msgspec.Struct, frozen=True):
    """All that the person named, ready to be asked for single values."""

    text: str
    """Text that the person wrote, in lower case."""
    words: Set[str]
    """Its words."""
    numbers: Set[float]
    """Its numbers."""
    dates: Set[tuple[int, int]]
    """Month and day."""
    named: Set[str]
    """Values of approved calls and of settings, in lower case."""
    trusted: str
    """Text that trusted tools answered, in lower case."""
    keys: Set[str]
    """Keys of records that a search for the person's words found alone."""

    def has(self, value: Any) -> bool:
        """Return whether a value, or every value in it, is the person's; an empty one and a switch says nothing."""
        match value:
            case None | bool() | "":
                return True
            case dict():
                return all(map(self.has, value.values()))
            case list():
                return all(map(self.has, value))
            case int() | float():
                return float(value) in self.numbers or str(value) in self.named
            case _:
                return self._has_text(str(value).strip())

    def has_key(self, value: Any) -> bool:
        """Return whether a value is the person's, or the key of a record that the person's words led to."""
        if isinstance(value, list):
            return all(map(self.has_key, value))
        return self.has(value) or str(value).lower() in self.keys

    def _has_text(self, value: str) -> bool:
        low = value.lower()
        if low in self.named or _has_whole(low, self.text):
            return True
        if len(low) >= MIN_TRUSTED_CHARS and _has_whole(low, self.trusted):
            return True
        bare = strip_scheme(low)
        if "." in bare and " " not in bare and _has_whole(bare, _SCHEME_IN_TEXT.sub("", self.text)):
            return True
        if date := _ISO.fullmatch(value):
            return (int(date[2]), int(date[3])) in self.dates
        parts = _WORD.findall(low.replace("_", " "))
        if _NAME.fullmatch(low) and any(map(str.isalpha, parts)):
            return all(part in self.words or (part.isdigit() and len(part) < 3) for part in parts)
        return _NUMBER.fullmatch(low) is not None and float(low.replace(",", "")) in self.numbers


_SCHEME_IN_TEXT = re.compile(r"https?://|www\.")


def strip_scheme(address: str) -> str:
    """Return an address in lower case without its scheme, `www.` and a slash at its end."""
    return _SCHEME.sub("", address.strip().lower(), count=1).rstrip("/")


def collect_person_values(call: Call, state: TrajectoryState) -> PersonValues:
    """Return what the person named before a call."""
    text = "\n".join(
        block.text.lower()
        for block in state.timeline.blocks
        if block.kind == "question" or (block.kind == "steer" and block.detail == "person")
    )
    policy = state.run.settings.get("policy", {})
    named = {str(value).lower() for value in policy.get("own_values", ())}
    trusted: list[str] = []
    plain = PersonValues(text, {*_WORD.findall(text)}, _numbers(text), _dates(text), named, "", frozenset())
    keys: set[str] = set()
    for other in state.calls.by_id.values():
        if other.id == call.id:
            break
        is_approved = other.decision in _APPROVALS
        if is_approved:
            named |= {str(value).strip().lower() for value in _leaves(other.arguments)}
        observation = other.observation
        if observation is None or observation.status != "ok":
            continue
        if other.tool in policy.get("trusted_tools", ()):
            trusted.append(observation.text.lower())
        if any(_leaves(other.arguments)) and (is_approved or plain.has(other.arguments)):
            keys |= _only_keys(observation.text)
    return msgspec.structs.replace(plain, named=named, trusted="\n".join(trusted), keys=keys)


def _has_whole(value: str, text: str) -> bool:
    """Return whether a text has a value whole, not as a part of a longer word, address or number."""
    return re.search(rf"(?<![\w@.-])(?<!\d,){re.escape(value)}(?![\w@-]|[.,/:]\w)", text) is not None


def _only_keys(text: str) -> set[str]:
    """Return the key of the only record in a result; nothing when it has several, or a hostile text adds one."""
    found = {match[2].lower() for match in _KEY.finditer(text)}
    return found if len(found) == 1 and len(next(iter(found))) <= MAX_KEY_CHARS else set()


def _leaves(value: Any) -> Iterator[Any]:
    match value:
        case dict():
            for inner in value.values():
                yield from _leaves(inner)
        case list():
            for inner in value:
                yield from _leaves(inner)
        case None | bool() | "":
            pass
        case _:
            yield value


def _numbers(text: str) -> set[float]:
    return {float(found.replace(",", "")) for found in _NUMBER.findall(text)}


def _dates(text: str) -> set[tuple[int, int]]:
    """Return month and day of the dates in a text in lower case, as figures or with the month's name."""
    found = {(int(month), int(day)) for _, month, day in re.findall(r"(\d{4})-(\d\d)-(\d\d)", text)}
    for number, month in enumerate(_MONTHS, 1):
        name = rf"\b{month[:3]}(?:{month[3:]})?\b\.?" if month != "may" else r"\bmay\b"
        found |= {(number, int(day)) for day in re.findall(rf"{name}\s+(\d{{1,2}})(?!\d)", text)}
        found |= {
            (number, int(day)) for day in re.findall(rf"(?<!\d)(\d{{1,2}})(?:st|nd|rd|th)?\s+(?:of\s+)?{name}", text)
        }
    return found
