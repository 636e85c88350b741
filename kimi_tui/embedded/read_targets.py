"""Choose the places of documents to read, the best first."""

from typing import Any

from kimi_tui.embedded.asked import Asked
from kimi_tui.embedded.observation_parser import ListedDocument, ObservedHit, outlines
from kimi_tui.embedded.owners import owners
from kimi_tui.embedded.turn_history import TurnHistory

MAX_READS = 6
"""Sources that are opened at first; each steer gives two more."""
MAX_PARALLEL_CALLS = 3
"""Calls of one kind in one step."""
_MAX_FIRST_PLACES = 5
"""Of these, those that are read before the best place of each other document."""
_MAX_PLACES = 8
"""Places that are read of the documents whose owner the question names."""
_STATEMENTS = ("income statement", "balance sheet", "cash flows")

ReadTarget = tuple[dict[str, Any], str]
"""The arguments of a read, and what it is in words."""


def find_read_targets(trail: TurnHistory) -> list[ReadTarget]:
    """Return the places to read: the owner's best, each source once, then second places of the best."""
    ranked = [one for one in trail.ranked_sources() if not is_queryable(trail, one[1][0].path)]
    most = MAX_READS + 2 * len(trail.question.steers)
    if not ranked:
        documents = [one for one in trail.listing() if not is_queryable(trail, one.path)]
        return [({"source": one.path}, one.path) for one in documents[:3]]
    first = [_read_target(source, hits[:2]) for source, hits in ranked[:most]]
    seen = trail.read_places()
    further = [
        _read_target(source, [hit])
        for source, hits in ranked[:3]
        for hit in hits[1:4]
        if hit.label and (source, hit.label) not in seen
    ]
    if sum(one.tool == "read" for one in trail.turn) >= len(first) + MAX_PARALLEL_CALLS:
        further = []
    opened = {source for source, _ in seen}
    owned = _of_owners(trail, ranked)
    return [
        *owned[:_MAX_FIRST_PLACES],
        *first,
        *owned[_MAX_FIRST_PLACES:],
        *[target for target in further if target[0]["source"] in opened][:MAX_PARALLEL_CALLS],
    ]


def _of_owners(trail: TurnHistory, ranked: list[tuple[str, list[ObservedHit]]]) -> list[ReadTarget]:
    """Return the best places of documents that are the named one's, and their statements when a figure is asked for."""
    meant = {source for own in owners(trail).values() for source in own}
    kept = [(source, hits) for source, hits in ranked if source in meant][:2] or ranked[:1]
    found = [_read_target(source, [hit]) for source, hits in kept for hit in hits[: _MAX_PLACES // len(kept)]]
    known = {source: places for one in trail.turn for source, places in outlines(one).items()}
    if Asked(trail.question).amount:
        for source, hits in kept:
            places = known.get(source, {})
            found += [
                ({"source": source, "parts": places[what]}, f"{hits[0].title or source} ({what}, {places[what]})")
                for what in _STATEMENTS
                if what in places
            ]
    return found


def _read_target(source: str, hits: list[ObservedHit]) -> ReadTarget:
    """Return a read of a source at its best place, or at its two best pages when they are neighbours."""
    label = hits[0].label
    pages = sorted(int(hit.label[2:]) for hit in hits if hit.label.startswith("p.") and hit.label[2:].isdigit())
    if len(pages) == 2 and 0 < pages[1] - pages[0] <= 2:
        label = f"{pages[0]}-{pages[1]}"
    elif label.startswith("§") and label[1:].isdigit() and int(label[1:]) <= 3:
        label = ""  # a short way from the beginning, which shows the date of a page as well
    what = f"{hits[0].title or source} ({label or 'from the beginning'})"
    return ({"source": source, "parts": label} if label else {"source": source}), what


def is_queryable(trail: TurnHistory, path: str) -> bool:
    """Return whether a document is better queried than read."""
    return trail.offers("query_database") and ListedDocument(path, "").is_queryable
