"""The owners of the documents that a question means: its names that documents carry, and those that nothing names."""

import re

from kimi_tui.embedded.observation_parser import parse_hits, read_as
from kimi_tui.embedded.question_parser import CALENDAR, ParsedQuestion
from kimi_tui.embedded.relevance import split_words, unique_by
from kimi_tui.embedded.turn_history import TurnHistory

_PART = re.compile(r"[^\W_]+")
_ECHO = re.compile(r'(?m)^\d+ results? for ".*" in |^No match(?:es)? for ".*" in |^\d+ match(?:es)? for ".*" in ')
"""Where an answer repeats the words that were looked for."""
_FORM = re.compile(
    r"(?i)^the\s+|\s+(?:inc|corp|corporation|company|plc|ltd|llc|se|ag|kg|gmbh|sa|s\.a|nv|n\.v|bv|ab|as|asa|oyj|spa|s\.p\.a"
    r"|group|gruppe|groupe|holding|holdings)\.?$"
)
"""What a name may have or not."""


def names_of(question: ParsedQuestion) -> tuple[str, ...]:
    """Return the names of a question and of what was said since, words of the calendar left out."""
    every = [name for one in (question, *question.steers) for name in one.names]
    return tuple(unique_by([name for name in every if not set(split_words(name)) <= CALENDAR], str.lower))


def owners(trail: TurnHistory) -> dict[str, tuple[str, ...]]:
    """By name that says whose documents are meant, their ids and paths, the best first.

    Such a name stands in a path or title, or a search said that it took it for the one who reports.
    """
    found: dict[str, tuple[str, ...]] = {}
    for name in names_of(trail.question):
        own = _by_title(trail, name)
        if _is_read_as(trail, name):
            own += _by_rank(trail, name)
        if own:
            found[name] = tuple(unique_by(own, str))
    return found


def absent(trail: TurnHistory) -> tuple[str, ...]:
    """Return the names that were searched for alone and are in nothing that was shown, titles and paths included."""
    texts = [one.text for one in trail.all_observations if one.tool not in ("submit_memo", "update_plan", "calculate")]
    plain = squeeze(_ECHO.sub(" ", "\n".join(texts)))
    asked = trail.searched_queries()
    names = [name for name in names_of(trail.question) if name.lower() in asked]
    return tuple(name for name in names if not is_named(name, plain))


def _by_title(trail: TurnHistory, name: str) -> list[str]:
    titled = {hit.source: f"{hit.title} {hit.path}" for hit in trail.hits()}
    paths = {hit.source: hit.path for hit in trail.hits()}
    found = [source for source, text in titled.items() if is_named(name, squeeze(text))]
    listed = [one.path for one in trail.listing() if is_named(name, squeeze(one.path))]
    return [*found, *(paths[source] for source in found), *listed]


def _by_rank(trail: TurnHistory, name: str) -> list[str]:
    """Return the source that a search for the name alone liked best."""
    for one in trail.turn:
        if one.tool == "search_documents" and str(one.arguments.get("query", "")).lower() == name.lower():
            scores: dict[str, float] = {}
            for hit in parse_hits(one):
                scores[hit.source] = scores.get(hit.source, 0.0) + 1 / (2 + hit.rank)
            best = max(scores, key=lambda source: scores[source], default="")
            return [best, *(hit.path for hit in parse_hits(one) if hit.source == best)][:2] if best else []
    return []


def _is_read_as(trail: TurnHistory, name: str) -> bool:
    return any(is_named(name, squeeze(read_as(one).partition(", FY")[0])) for one in trail.turn)


def squeeze(text: str) -> str:
    """Return a text's words with one space around each, so that a name can be found however it is punctuated."""
    return f" {' '.join(_PART.findall(text.lower()))} "


def is_named(name: str, squeezed: str) -> bool:
    """Return whether a text that `squeeze` made has a name."""
    parts = _PART.findall(_FORM.sub("", name))
    wanted = [part.lower() for part in parts]
    joined = "".join(wanted)
    return bool(wanted) and (
        f" {' '.join(wanted)} " in squeezed or f" {joined} " in squeezed or _begins(wanted, squeezed)
    )


def _begins(wanted: list[str], squeezed: str) -> bool:
    """Return whether a word begins with a name of one word, as in `nike10q`; short names must be whole words."""
    return len(wanted) == 1 and len(wanted[0]) > 4 and f" {wanted[0]}" in squeezed
