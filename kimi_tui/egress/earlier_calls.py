"""Add up what the calls of a session send out piece by piece: to one site, and to all of them."""

import re
from collections.abc import Callable, Iterator
from itertools import pairwise

from kimi_tui.egress.outgoing_data import OUTGOING_EFFECTS, KnownTexts, argument_texts, find_hidden
from kimi_tui.egress.searched_text import figure_keys, squeeze
from kimi_tui.projections.calls import Call
from kimi_tui.projections.trajectory import TrajectoryState
from kimi_tui.text import one_line

MAX_COMPOSED_CHARS_PER_SITE = 1_500
"""Characters that a model may put together in all calls to one site since a person last approved one."""
MAX_EARLIER_CALLS = 60
"""Earlier calls that are looked at together with this one."""
MAX_PIECE_CHARS = 24
"""Characters of a piece; longer texts say something alone."""
MIN_PIECED_LETTERS = 10
"""Letters in pieces over several sites, or in addresses that somebody else wrote, that are no coincidence."""

_PAGE_NUMBER = re.compile(r"(?<!\d)\d{1,2}$")

IsExplained = Callable[[str], bool]
"""True when the person or the receiver explains a whole text."""


def find_problems_with_earlier(
    call: Call, texts: list[str], state: TrajectoryState, known: KnownTexts, is_explained: IsExplained
) -> Iterator[str]:
    """Yield in words what a call carries together with earlier ones: too much, or the desk in pieces.

    A choice among addresses that others wrote says something as well: one address for each letter spells any word.
    """
    same_site, all_sites = _earlier_texts(call, state)
    composed = [text for text in (*same_site, *texts) if not is_explained(text)]
    parts = _changed_parts(composed)
    total = sum(map(len, parts))
    if len(composed) > len(texts) and total > MAX_COMPOSED_CHARS_PER_SITE:
        yield f"{total:,} characters in {len(composed)} calls since a person last looked"
    if words := _find_in_pieces(parts, known) or _find_over_sites([*all_sites, *texts], known):
        yield f"words of the desk, in pieces over several calls: \u201c{one_line(words, 60)}\u201d"


def _find_over_sites(texts: list[str], known: KnownTexts) -> str:
    """Return long enough words of the desk in pieces over the texts of all sites; empty for none."""
    ends = [re.split(r"[/?=&]", text.rstrip("/"))[-1] for text in texts]
    found = [_find_in_pieces(pieces, known) for pieces in (_changed_parts(texts), ends)]
    return next((one for one in found if sum(map(str.isalpha, squeeze(one))) >= MIN_PIECED_LETTERS), "")


def site_of(host: str) -> str:
    """Return the part of a host name that one owner has: its last two labels, three below such as `co.uk`."""
    labels = host.lower().rstrip(".").split(".")
    if labels[-1].isdigit():
        return host
    short = len(labels) > 2 and len(labels[-1]) == 2 and len(labels[-2]) <= 3
    return ".".join(labels[-3 if short else -2 :])


def _earlier_texts(call: Call, state: TrajectoryState) -> tuple[list[str], list[str]]:
    """Return what earlier calls sent to the same sites, and to any, since a person approved one there."""
    sites = _sites(call)
    same: list[str] = []
    every: list[str] = []
    is_open = True
    calls = [other for other in state.calls.by_id.values() if other.attempts and other.id != call.id and _sites(other)]
    for other in calls[: -MAX_EARLIER_CALLS - 1 : -1]:
        texts = [text for _, text in argument_texts(other.arguments) if text]
        approved = other.decision in ("approve", "edit", "always")
        if sites & _sites(other):
            is_open = is_open and not approved
            same[:0] = texts if is_open else []
        if not approved:
            every[:0] = texts
    return same, every


def _sites(call: Call) -> set[str]:
    return {site_of(effect.target) for effect in call.effects if effect.kind in OUTGOING_EFFECTS}


def _find_in_pieces(parts: list[str], known: KnownTexts) -> str:
    """Return words of the desk that the parts have together and none of them alone."""
    parts = [part for part in parts if len(part) <= MAX_PIECE_CHARS]
    if len(parts) < 2:
        return ""
    alone = {squeeze(part) for part in parts}
    digits = "".join(found.group() for part in parts if (found := _PAGE_NUMBER.search(part)))
    if figure_keys(digits) & known.desk.figures - known.person.figures:
        return digits
    for joined in dict.fromkeys(("".join(parts), " ".join(parts), "".join(reversed(parts)))):
        words = find_hidden(joined, known)
        if words and not any(squeeze(words) in part for part in alone):
            return words
    return ""


def _changed_parts(texts: list[str]) -> list[str]:
    """Return what is new in each text beside the one before; without the numbers of pages that count up."""
    parts = [_changed_part(before, after) for before, after in zip(["", *texts], texts, strict=False)]
    numbers = [int(part[:9]) for part in parts if part.isdecimal()]
    if all(after == before + 1 for before, after in pairwise(numbers)):
        return [part for part in parts if part and not part.isdecimal()]
    return [part for part in parts if part]


def _changed_part(before: str, after: str) -> str:
    """Return what is new in a text beside the one before it: without what both begin and end with."""
    start = _shared_length(before, after)
    end = _shared_length(before[start:][::-1], after[start:][::-1])
    return after[start : len(after) - end] if start or end else without_host(after)


def _shared_length(one: str, other: str) -> int:
    """Return how many characters two texts begin with alike."""
    return next(
        (at for at, (left, right) in enumerate(zip(one, other, strict=False)) if left != right),
        min(len(one), len(other)),
    )


def without_host(text: str) -> str:
    """Return an address without scheme and host, any other text unchanged."""
    scheme, sign, rest = text.partition("://")
    return rest.partition("/")[2] if sign and len(scheme) < 8 else text
