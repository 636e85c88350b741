"""The history of a turn: question, calls and observations, parsed from one request's messages.

The researcher keeps nothing between requests, so a trail built from the same messages is always the same.
"""

import json
import re
from collections import defaultdict
from typing import Any

import msgspec

from kimi_tui.embedded.chat_requests import ChatMessage, ChatRequest
from kimi_tui.embedded.observation_parser import (
    ListedDocument,
    ObservedCall,
    ObservedHit,
    ObservedPassage,
    ObservedTable,
    parse_hits,
    parse_listing,
    parse_matches,
    parse_observations,
    parse_passages,
    parse_table,
)
from kimi_tui.embedded.question_parser import ParsedQuestion, read_question

_CLOSING = re.compile(
    r"(?is)\bbudget\b.{0,80}\b(?:spent|exhausted|used up|reached|over)\b"
    r"|\b(?:closing|last) step\b|\bno more (?:calls|steps)\b"
)
_RAISED = re.compile(r"(?i)^The budget was raised\b")
_ORDER = re.compile(
    r"(?i)^(?:The budget (?:of|was)|You stopped after thinking|Nothing new has come|Your last steps seem far"
    r"|The person changed your plan|\[Checkpoint\.|\[The person brought back|.{0,60}\bsubmit_memo\b)"
)
"""What the engine tells a model; its words are not about the question."""
_CHECKPOINT = "[Checkpoint."
"""How the message begins that stands for steps which were folded away; the question stands right before it."""
_STRICT = ("query_database", "web_search", "open_page")
"""Tools that are left alone after one refusal; the others after two."""


class TurnHistory(msgspec.Struct, frozen=True):
    """One turn so far."""

    question: ParsedQuestion
    turn: tuple[ObservedCall, ...]
    """The answered calls of this turn, in order."""
    earlier: tuple[ObservedCall, ...]
    """Those of earlier turns; their sources may still be cited."""
    last: tuple[ObservedCall, ...]
    """Those of the step before this one."""
    tools: dict[str, tuple[str, ...]]
    """The offered tools and their parameters."""
    closing: bool
    """True when the person or the engine asks for the memo at once."""
    answered: bool
    """True when nothing was asked since the last answer."""
    calls_sent: int
    """Calls in the whole request, for numbering the next."""

    @property
    def all_observations(self) -> tuple[ObservedCall, ...]:
        """All observations of the request."""
        return self.earlier + self.turn

    def offers(self, tool: str) -> bool:
        """Return whether a tool may be called and was not permanently refused."""
        refused = sum(one.tool == tool and one.outcome in ("vetoed", "denied") for one in self.turn)
        return tool in self.tools and refused < (1 if tool in _STRICT else 2)

    def was_tried(self, tool: str, arguments: dict[str, Any]) -> bool:
        """Return whether this exact call was made in this turn."""
        wanted = _key(arguments)
        return any(one.tool == tool and _key(one.arguments) == wanted for one in self.turn)

    def searched_queries(self) -> set[str]:
        """Return the searches of this turn, lower case."""
        found = (one.arguments.get("query") for one in self.turn if one.tool == "search_documents")
        return {query.lower() for query in found if isinstance(query, str)}

    def listing(self) -> list[ListedDocument]:
        """Return the desk's documents, as last listed."""
        return next((listed for one in reversed(self.all_observations) if (listed := parse_listing(one))), [])

    def hits(self) -> list[ObservedHit]:
        """All search results of this turn."""
        return [hit for one in self.turn for hit in parse_hits(one)]

    def matches(self) -> list[ObservedHit]:
        """Return all places that `find_in` found in this turn."""
        return [match for one in self.turn for match in parse_matches(one)]

    def tables(self) -> list[ObservedTable]:
        """All query results with rows."""
        return [found for one in self.all_observations if (found := parse_table(one)) and found.rows]

    def passages(self) -> list[ObservedPassage]:
        """Return all observed text, titles filled in from searches; read text comes first."""
        titles: dict[str, tuple[str, str]] = {}
        found = [passage for one in self.all_observations for passage in parse_passages(one)]
        for passage in found:
            if passage.title:
                titles.setdefault(passage.source, (passage.title, passage.path))
        named = []
        for passage in found:
            title, path = titles.get(passage.source, ("", ""))
            named.append(msgspec.structs.replace(passage, title=passage.title or title, path=passage.path or path))
        return sorted(named, key=lambda passage: -passage.weight)

    def read_places(self) -> set[tuple[str, str]]:
        """Source and label of every part that was read."""
        return {(p.source, p.label) for one in self.turn if one.tool == "read" for p in parse_passages(one)}

    def ranked_sources(self) -> list[tuple[str, list[ObservedHit]]]:
        """Return sources with their hits, ordered by how high the searches ranked them."""
        scores: dict[str, float] = defaultdict(float)
        by_place: dict[str, dict[str, float]] = defaultdict(lambda: defaultdict(float))
        example: dict[tuple[str, str], ObservedHit] = {}
        for hit in self.hits():
            gain = 1 / (2 + hit.rank)
            scores[hit.source] += gain
            by_place[hit.source][hit.label] += gain
            example.setdefault((hit.source, hit.label), hit)
        order = sorted(scores, key=lambda source: (-scores[source], int(source[1:])))
        return [
            (source, [example[source, label] for label in sorted(places, key=lambda label: -places[label])])
            for source in order
            if (places := by_place[source])
        ]


def _key(arguments: dict[str, Any]) -> str:
    """Arguments in one spelling."""
    return json.dumps(arguments, sort_keys=True, default=str)


def read_turn_history(request: ChatRequest) -> TurnHistory:
    """Parse the turn from a request's messages."""
    messages = request.messages
    begin = _turn_start(messages)
    asked = [message.content for message in messages[begin:] if message.role == "user"]
    later = asked[1:]
    turn = parse_observations(messages[begin:])
    steers = [text for text in later if not _CLOSING.search(text) and not _ORDER.search(text)]
    last = max((n for n, message in enumerate(messages) if message.role == "assistant"), default=len(messages))
    tools = request.tools if request.tool_choice == "auto" else ()
    return TurnHistory(
        question=read_question(asked[0] if asked else "", tuple(steers)),
        turn=turn,
        earlier=parse_observations(messages[:begin]),
        last=parse_observations(messages[last:]),
        tools={tool.name: tool.parameters for tool in tools},
        closing=_is_closing(later),
        answered=_is_answered(messages[begin:]),
        calls_sent=sum(len(message.calls) for message in messages),
    )


def _is_closing(later: list[str]) -> bool:
    """Return whether an order to finish is in force."""
    closing = False
    for text in later:
        ends = text.startswith(_CHECKPOINT) or bool(_CLOSING.search(text))  # what it had read so far is gone
        closing = not _RAISED.search(text) and (closing or ends)
    return closing


def _turn_start(messages: tuple[ChatMessage, ...]) -> int:
    """Return the index of the turn's question: the first user message, or the first after an answer."""
    start, open_turn = 0, False
    for number, message in enumerate(messages):
        if message.content.startswith(_CHECKPOINT) and number:
            start, open_turn = number - 1, True
        elif message.role == "user" and not open_turn:
            start, open_turn = number, True
        elif open_turn and _is_answered(messages[start : number + 1]):
            open_turn = False
    return start


def _is_answered(turn: tuple[ChatMessage, ...]) -> bool:
    """Return whether a turn ended: with a text, or with an accepted memo."""
    if not turn or turn[-1].role not in ("assistant", "tool"):
        return False
    if turn[-1].role == "assistant":
        return not turn[-1].calls
    steps = [number for number, message in enumerate(turn) if message.role == "assistant"]
    step = parse_observations(turn[steps[-1] :]) if steps else ()
    return any(one.tool == "submit_memo" and one.outcome == "ok" for one in step)
