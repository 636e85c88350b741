"""Say what a call would send out that neither the person nor the receiver's own pages explain.

A host that may be opened without asking may still be sent the desk, word by word, by a model that obeys a hostile page.
So an address or a query passes unasked only when it came word for word from the person, from a list of search results
or from a page of that very host, or when it is short and holds nothing of the desk, no figure that nobody named and
nothing that looks encoded. What went to the same host in earlier calls counts with it.
"""

import re
from collections.abc import Iterator

import msgspec

from kimi_tui.egress.asked_acts import is_asked_for
from kimi_tui.egress.common_words import are_telling
from kimi_tui.egress.earlier_calls import find_problems_with_earlier, without_host
from kimi_tui.egress.loose_matches import WORDS_APART
from kimi_tui.egress.number_words import find_numbers
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
from kimi_tui.egress.person_values import strip_scheme
from kimi_tui.egress.searched_text import figure_keys, normalize_words, prepare_text
from kimi_tui.projections.calls import Call
from kimi_tui.projections.trajectory import TrajectoryState
from kimi_tui.text import one_line

MAX_COMPOSED_CHARS = 160
"""Characters that a model may put together for one call before a person looks at them."""

_IP_HOST = re.compile(r"^(https?://)(?:\d{1,3}(?:\.\d{1,3}){3}|\[[0-9a-f:.]+\])(?=[:/?#]|$)", re.IGNORECASE)
_PORT = re.compile(r"^(https?://(?:[^/?#@:\[\]]+|\[[^\]/?#@]*\])?):\d{1,5}(?=[/?#]|$)", re.IGNORECASE)


class CallProvenance(msgspec.Struct, frozen=True):
    """Where the texts come from that a call sends out."""

    unexplained: str = ""
    """In words, what nobody explains; empty if all is explained or nothing leaves."""
    from_person: bool = False
    """True when it sends an address that the person wrote, and nothing else."""
    is_asked_for: bool = False
    """True when the person asked for this act, its receiver and every value that decides what happens."""


class _PublicTexts(msgspec.Struct, frozen=True):
    """Texts that the receiver knows already: search results, and its own pages."""

    addresses: tuple[str, ...]
    """The same texts whole, in which addresses are looked for."""
    texts: tuple[str, ...]
    """Without what the model itself had sent for them: another receiver does not know that."""

    def explains(self, text: str) -> bool:
        """Return whether one of them holds a text word for word."""
        return any(text in public for public in (self.addresses if "://" in text else self.texts))

    def knows_words(self, words: str) -> bool:
        """Return whether one of them has these words one after the other."""
        run = normalize_words(words).split()
        return any(prepare_text(public).contains(run) for public in self.texts)


def trace_call(call: Call, state: TrajectoryState) -> CallProvenance:
    """Return where the texts of a call come from that it would send out."""
    if not sends_data(call):
        return CallProvenance()
    if is_asked_for(call, state):
        return CallProvenance(is_asked_for=True)
    known = collect_known_texts(call, state)
    texts = [text for _, text in argument_texts(call.arguments) if text]
    addresses = [text for text in texts if "://" in text]
    if addresses and all(_is_written(text, known) for text in addresses) and len(addresses) == len(_strings(call)):
        return CallProvenance(from_person=True)
    public = _PublicTexts(*_public_texts(call, state))
    composed = [text for text in texts if not _is_written(text, known) and not public.explains(text)]
    problems = [problem for text in composed for problem in _find_problems(mark_text("", text, known), known, public)]
    if not problems:

        def is_explained(text: str) -> bool:
            return _is_written(text, known) or public.explains(text)

        problems = list(find_problems_with_earlier(call, texts, state, known, is_explained))
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
    numbers = [*find_numbers(_without_port(item.text)), *_desk_figure_in_port(item.text, known)]
    figures = [figure for figure in numbers if not _is_known_figure(figure, known, public)]
    if figures:
        yield f"a figure that nobody named: {one_line(figures[0], 30)}"
    length = len(without_host(item.text))
    if length > MAX_COMPOSED_CHARS:
        yield f"{length} characters that the model put together"


def _desk_figure_in_port(text: str, known: KnownTexts) -> list[str]:
    """Return the port of an address when the desk has the same figure."""
    match = _PORT.match(text)
    port = match.group().rpartition(":")[2] if match else ""
    return [port] if figure_keys(port) & known.desk.figures else []


def _without_port(text: str) -> str:
    """Return an address without the number of its port and without an IP address as its host; other texts unchanged.

    The approval names the receiver; both say where a call goes and not what it carries.
    """
    return _PORT.sub(r"\1", _IP_HOST.sub(r"\1host", text))


def _is_telling(text: str, mark: OriginMark, public: _PublicTexts) -> bool:
    """Return whether a mark says something of the desk: more than common words, and unknown to the receiver.

    Figures are looked at on their own.
    """
    if mark.how == (WORDS_APART,):
        return not all(public.knows_words(word) for word in mark.decoded.split())
    if mark.how:
        return True
    return are_telling(normalize_words(text).split()) and not public.knows_words(text)


def _is_known_figure(figure: str, known: KnownTexts, public: _PublicTexts) -> bool:
    """Return whether the person or the receiver named a number."""
    keys = figure_keys(figure)
    if keys & known.person.figures or any(figure in text for text in known.written):
        return True
    return any(figure in text or keys & prepare_text(text).figures for text in public.texts)


def _public_texts(call: Call, state: TrajectoryState) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return lists of search results and pages of the call's own hosts that were read before it; see `_PublicTexts`."""
    targets = _targets(call)
    whole: list[str] = []
    known: list[str] = []
    for other in state.calls.by_id.values():
        if other.id == call.id:
            break
        observation = other.observation
        if observation is None or observation.status != "ok" or not _targets(other):
            continue
        same = bool(targets & _targets(other))
        if same or not observation.sources:
            whole.append(observation.text)
            known.append(observation.text if same else _without_words_sent(observation.text, other))
    return tuple(whole), tuple(known)


def _without_words_sent(text: str, call: Call) -> str:
    """Return a result without the words that its call sent."""
    sent = {word for _, argument in argument_texts(call.arguments) for word in re.findall(r"[^\W_]{3,}", argument)}
    return (
        re.sub("|".join(map(re.escape, sorted(sent, key=len, reverse=True))), " ", text, flags=re.I) if sent else text
    )


def _targets(call: Call) -> set[str]:
    return {effect.target.lower() for effect in call.effects if effect.kind in OUTGOING_EFFECTS}


def _strings(call: Call) -> list[str]:
    """Return the texts among the arguments, numbers and switches left out."""
    return [text for text in call.arguments.values() if not isinstance(text, bool | int | float | None)]


def _is_written(text: str, known: KnownTexts) -> bool:
    """Return whether the person wrote an address, with its scheme or without, or a number.

    Words alone say too little of their sender.
    """
    if "://" not in text and not text.isdigit():
        return False
    forms = {text, strip_scheme(text)} if "://" in text else {text}
    return any(
        re.search(rf"(?<!\S)[<(\"'\u201c]?(?:www\.)?{re.escape(form)}/?[>).,;:!?\"'\u201d]*(?!\S)", written)
        for written in known.written
        for form in forms
    )
