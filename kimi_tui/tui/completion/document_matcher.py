"""Finds documents by a few typed letters, fast on ten thousand of them.

The names are fetched and put into comparable form beside the screen's loop, and matched in slices between which keys
are taken.
"""

import asyncio
import re
import time
from collections.abc import Awaitable, Callable, Iterable, Sequence

import msgspec

from kimi_tui.sources import SourceRef
from kimi_tui.text import one_line, printable
from kimi_tui.tui.completion.candidates import Candidate

MAX_FOUND = 50
"""Documents that are listed."""
FRESH_SECONDS = 30.0
"""How long the listing of a desk is used before it is made again."""
SLICE = 2_000
"""Names that are matched without a pause."""


class DocumentName(msgspec.Struct, frozen=True):
    """A document in comparable form."""

    candidate: Candidate
    """The completions of a word."""
    path: str
    """In lower case."""
    name: str
    """The part of the path after its last folder."""


class DocumentMatcher:
    """The documents of a desk and the sources of a session."""

    def __init__(
        self,
        list_paths: Callable[[], Awaitable[Sequence[str]]],
        list_sources: Callable[[], Iterable[SourceRef]] = tuple,
    ) -> None:
        """`list_paths` returns the paths of the desk's documents; nothing is listed before the first search."""
        self._list_paths = list_paths
        self._list_sources = list_sources
        self._paths: tuple[DocumentName, ...] = ()
        self._known: frozenset[str] = frozenset()
        self._listed_at = float("-inf")

    async def find(self, typed: str) -> list[Candidate]:
        """Return what fits the typed letters best, at most `MAX_FOUND`."""
        if time.monotonic() - self._listed_at > FRESH_SECONDS:
            paths = await self._list_paths()
            self._paths = await asyncio.to_thread(comparable_paths, paths)
            self._known = frozenset(paths)
            self._listed_at = time.monotonic()
        names = [*self._paths, *comparable_sources(self._list_sources(), self._known)]
        ranked: list[tuple[int, int, str, Candidate]] = []
        for start in range(0, len(names), SLICE):
            ranked += rank_names(typed, names[start : start + SLICE])
            await asyncio.sleep(0)
        ranked.sort(key=lambda one: one[:3])
        return [candidate for *_, candidate in ranked[:MAX_FOUND]]


def comparable_paths(paths: Iterable[str]) -> tuple[DocumentName, ...]:
    """Return the documents of a desk in comparable form."""
    return tuple(
        DocumentName(Candidate(quote_path(path), path), path.lower(), path.lower().rpartition("/")[2]) for path in paths
    )


def comparable_sources(sources: Iterable[SourceRef], known: frozenset[str]) -> list[DocumentName]:
    """Return the sources of a session that are no document of its desk; they go by their ids."""
    names: list[DocumentName] = []
    for ref in sources:
        if ref.address not in known:
            title = one_line(ref.title or ref.address, 200)
            compared = f"{ref.id} {title}".lower()
            names.append(DocumentName(Candidate(ref.id, ref.id, title), compared, compared))
    return names


def quote_path(path: str) -> str:
    """Return a path in the form for a question: with blanks in it, between quotation marks.

    Characters that cannot be shown are replaced by what shows them; the desk finds its files by that form too.
    """
    path = path if path == printable(path) and "\n" not in path else one_line(path)
    if not re.search(r"\s", path):
        return path
    return f"'{path}'" if '"' in path else f'"{path}"'


def rank_names(typed: str, names: Iterable[DocumentName]) -> list[tuple[int, int, str, Candidate]]:
    """Return the names that fit, each with its rank: beginning of the name, in it, in the path, letters in order."""
    wanted = typed.lower()
    in_order = re.compile(".*?".join(map(re.escape, wanted)), re.DOTALL)
    found: list[tuple[int, int, str, Candidate]] = []
    for one in names:
        if one.name.startswith(wanted):
            rank = 0
        elif wanted in one.name:
            rank = 1
        elif wanted in one.path:
            rank = 2
        elif in_order.search(one.name):
            rank = 3
        elif in_order.search(one.path):
            rank = 4
        else:
            continue
        found.append((rank, len(one.path), one.path, one.candidate))
    return found
