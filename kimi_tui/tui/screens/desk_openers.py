"""Questions to begin with on a person's own desk, made from the titles of its documents and nothing else."""

import re
from collections import defaultdict
from collections.abc import Sequence

_NUMBER = re.compile(r"\d+")


def make_openers(titles: Sequence[str]) -> tuple[str, ...]:
    """Return at most three questions about documents with these titles, the longest document first.

    Two documents are compared only when their titles differ in nothing but numbers, as those of two years do: of any
    others it is not known that a comparison makes sense.
    """
    if not titles:
        return ()
    openers = [f'Summarise "{titles[0]}".']
    if pair := _latest_pair(titles):
        openers.append(f'What changed between "{pair[0]}" and "{pair[1]}"?')
    if len(titles) > 1:
        openers.append("What are the documents on this desk about, and where do they disagree?")
    return tuple(openers)


def _latest_pair(titles: Sequence[str]) -> tuple[str, str] | None:
    """Return the last two of the largest group of titles that differ in numbers alone, the earlier one first."""
    groups: dict[str, set[str]] = defaultdict(set)
    for title in titles:
        groups[_NUMBER.sub("#", title).casefold()].add(title)
    largest = max(groups.values(), key=len)
    by_numbers = {tuple(map(int, _NUMBER.findall(title))): title for title in sorted(largest)}
    latest = [by_numbers[numbers] for numbers in sorted(by_numbers)[-2:]]
    return (latest[0], latest[1]) if len(latest) == 2 else None
