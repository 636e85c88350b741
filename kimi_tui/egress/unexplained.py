"""Say what a call would send out that neither the person nor the receiver's own pages explain.

A host that may be opened without asking may still be sent the desk, word by word, by a model that obeys a hostile page.
So an address or a query passes unasked only when it came word for word from the person, from a list of search results
or from a page of that very host, or when it is short and holds nothing of the desk, no figure that nobody named and
nothing that looks encoded. What went to the same host in earlier calls counts with it.
"""

import re
from collections.abc import Iterator

import msgspec

from kimi_tui.egress.outgoing_data import (
    OUTGOING_EFFECTS,
    KnownTexts,
    OriginMark,
    OutgoingText,
    argument_texts,
    collect_known_texts,
    mark_text,
    sends_data,
)
from kimi_tui.egress.searched_text import figure_keys, normalize_words, prepare_text
from kimi_tui.projections.calls import Call
from kimi_tui.projections.state import SessionState
from kimi_tui.text import one_line

MAX_COMPOSED_CHARS = 160
"""Characters that a model may put together for one call before a person looks at them."""
MAX_COMPOSED_CHARS_PER_HOST = 1_500
"""The same for all calls to one host since a person last approved one."""
MAX_EARLIER_CALLS = 60
"""Earlier calls to the same host that are looked at together with this one."""

_YEAR = re.compile(r"(?:19|20)\d\d")
_FIGURE = re.compile(r"(?<![A-Za-z])\d[\d.,]*\d")
_COMMON_WORDS = frozenset(
    re.findall(
        r"\w+",
        "a an and are as at be by for from had has have in is it its not of on or that the their this to was were what "
        "when which who will with we our year years than more most per new all",
    )
)


class CallProvenance(msgspec.Struct, frozen=True):
    """Where the texts come from that a call sends out."""

    unexplained: str = ""
    """In words, what nobody explains; empty if all is explained or nothing leaves."""
    from_person: bool = False
    """Whether it sends an address that the person wrote, and nothing else."""


class _PublicTexts(msgspec.Struct, frozen=True):
    """Texts that the receiver knows already: search results, and its own pages."""

    texts: tuple[str, ...]

    def explains(self, text: str) -> bool:
        """Return whether one of them holds a text word for word."""
        return any(text in public for public in self.texts)

    def knows_words(self, words: str) -> bool:
        """Return whether one of them has these words one after the other."""
        run = normalize_words(words).split()
        return any(prepare_text(public).contains(run) for public in self.texts)


def trace_call(call: Call, state: SessionState) -> CallProvenance:
    """Return where the texts of a call come from that it would send out."""
    if not sends_data(call):
        return CallProvenance()
    known = collect_known_texts(call, state)
    texts = [text for _, text in argument_texts(call.arguments) if text]
    addresses = [text for text in texts if "://" in text]
    if addresses and all(_is_written(text, known) for text in addresses) and len(addresses) == len(_strings(call)):
        return CallProvenance(from_person=True)
    public = _PublicTexts(tuple(_public_texts(call, state)))
    composed = [text for text in texts if not _is_written(text, known) and not public.explains(text)]
    problems = [problem for text in composed for problem in _find_problems(mark_text("", text, known), known, public)]
    if not problems and composed:
        problems = list(_find_problems_with_earlier(call, composed, state, known, public))
    return CallProvenance("; ".join(dict.fromkeys(problems)))


def _find_problems(item: OutgoingText, known: KnownTexts, public: _PublicTexts) -> Iterator[str]:
    """Yield in words what one text carries that nobody explains."""
    for mark in item.marks:
        if mark.origin == "desk" and _is_telling(item.text[mark.start : mark.end], mark, public):
            words = one_line(mark.decoded or item.text[mark.start : mark.end], 60)
            how = f" ({', '.join(mark.how)})" if mark.how else ""
            yield f"words of the desk: \u201c{words}\u201d from {one_line(mark.source, 40)}{how}"
    opaque = sum(end - start for start, end in item.opaque if not public.explains(item.text[start:end]))
    if opaque:
        yield f"{opaque} characters that look encoded and cannot be read"
    figures = [figure for figure in _FIGURE.findall(item.text) if not _is_known_figure(figure, known, public)]
    if figures:
        yield f"a figure that nobody named: {one_line(figures[0], 30)}"
    length = len(_without_host(item.text))
    if length > MAX_COMPOSED_CHARS:
        yield f"{length} characters that the model put together"


def _find_problems_with_earlier(
    call: Call, composed: list[str], state: SessionState, known: KnownTexts, public: _PublicTexts
) -> Iterator[str]:
    """Yield in words what the calls to the same host carry together."""
    earlier = _earlier_texts(call, state, known, public)
    if not earlier:
        return
    texts = [*earlier, *composed]
    parts = [_changed_part(before, after) for before, after in zip(["", *texts], texts, strict=False)]
    total = sum(map(len, parts))
    if total > MAX_COMPOSED_CHARS_PER_HOST:
        yield f"{total:,} characters in {len(texts)} calls since a person last looked"
    for joined in ("".join(parts), " ".join(parts), "".join(reversed(parts))):
        for mark in mark_text("", joined, known).marks:
            if mark.origin == "desk" and _is_telling(joined[mark.start : mark.end], mark, public):
                words = one_line(mark.decoded or joined[mark.start : mark.end], 60)
                yield f"words of the desk, in pieces over {len(texts)} calls: \u201c{words}\u201d"
                return


def _earlier_texts(call: Call, state: SessionState, known: KnownTexts, public: _PublicTexts) -> list[str]:
    """Return what the model put together for earlier calls to the same targets since a person approved one."""
    targets = _targets(call)
    found: list[str] = []
    for other in list(state.calls.by_id.values())[::-1]:
        if other.id == call.id or not other.attempts or not targets & _targets(other):
            continue
        if other.decision in ("approve", "edit", "always") or len(found) >= MAX_EARLIER_CALLS:
            break
        texts = [text for _, text in argument_texts(other.arguments) if text]
        found[:0] = [text for text in texts if not _is_written(text, known) and not public.explains(text)]
    return found


def _changed_part(before: str, after: str) -> str:
    """Return what is new in a text beside the one before it: without what both begin and end with."""
    start = _shared_length(before, after)
    end = _shared_length(before[start:][::-1], after[start:][::-1])
    return after[start : len(after) - end] if start or end else _without_host(after)


def _shared_length(one: str, other: str) -> int:
    """Return how many characters two texts begin with alike."""
    return next(
        (at for at, (left, right) in enumerate(zip(one, other, strict=False)) if left != right),
        min(len(one), len(other)),
    )


def _is_telling(text: str, mark: OriginMark, public: _PublicTexts) -> bool:
    """Return whether a mark says something of the desk: no mere year or common words, and unknown to the receiver."""
    if mark.how:
        return True
    words = normalize_words(text).lower().split()
    if all(word in _COMMON_WORDS or _YEAR.fullmatch(word) for word in words):
        return False
    return not public.knows_words(text)


def _is_known_figure(figure: str, known: KnownTexts, public: _PublicTexts) -> bool:
    """Return whether a number is too short to say much, a year, or named by the person or the receiver."""
    keys = figure_keys(figure)
    if not keys or _YEAR.fullmatch(figure) or re.fullmatch(r"(?:19|20)\d\d[01]\d[0-3]\d", figure):
        return True
    if keys & known.person.figures:
        return True
    return any(keys & prepare_text(text).figures for text in public.texts)


def _public_texts(call: Call, state: SessionState) -> Iterator[str]:
    """Yield lists of search results and pages of the call's own hosts that were read before it."""
    targets = _targets(call)
    for other in state.calls.by_id.values():
        if other.id == call.id:
            return
        observation = other.observation
        if observation is None or observation.status != "ok" or not _targets(other):
            continue
        if not observation.sources or targets & _targets(other):
            yield observation.text


def _targets(call: Call) -> set[str]:
    return {effect.target.lower() for effect in call.effects if effect.kind in OUTGOING_EFFECTS}


def _strings(call: Call) -> list[str]:
    """Return the texts among the arguments, numbers and switches left out."""
    return [text for text in call.arguments.values() if not isinstance(text, bool | int | float | None)]


def _is_written(text: str, known: KnownTexts) -> bool:
    """Return whether the person wrote an address or a number; words alone say too little of their sender."""
    if "://" not in text and not text.isdigit():
        return False
    return any(
        re.search(rf"(?<!\S)[<(\"'\u201c]?{re.escape(text)}[>).,;:!?\"'\u201d]*(?!\S)", written)
        for written in known.written
    )


def _without_host(text: str) -> str:
    """Return an address without scheme and host, any other text unchanged."""
    scheme, sign, rest = text.partition("://")
    return rest.partition("/")[2] if sign and len(scheme) < 8 else text
