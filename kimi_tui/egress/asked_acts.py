"""Tell whether the person asked for an act: for its kind, its receiver and every value that decides what happens.

A call that only carries out what the person wrote needs no second yes. What a page, a document or the model brings in
is not the person's: a receiver, an amount, a date, an address or an identifier of theirs makes the call ask.
"""

import re
from typing import Any

from kimi_tui.egress.person_values import PersonValues, collect_person_values, strip_scheme
from kimi_tui.projections.calls import Call
from kimi_tui.projections.trajectory import TrajectoryState

MIN_FREE_WORDS = 3
"""Words from which a text may be the model's own; a shorter one is a name or a choice."""
MAX_TITLE_WORDS = 12
"""Words up to which a text is a title, which has to be mostly of the person's words."""
MIN_TITLE_SHARE = 0.6
"""Share of the longer words of a title that are the person's."""

_WORD = re.compile(r"[^\W_]+")
_ISO = re.compile(r"\d{4}-\d\d-\d\d(?:[ T]\d\d[:-]\d\d(?:[:-]\d\d)?Z?)?")
_ADDRESS = re.compile(
    r"https?://\S+|www\.\S+|[\w.+-]+@[\w-]+\.\w\S*|\b[a-z0-9-]+\.(?:com|org|net|io|de|example|app|dev|co|info)\b\S*"
    r"|\b[A-Z]{2}\d{10,}\b",
    re.IGNORECASE,
)
_IDENTIFIER = re.compile(r"\b(?=\w*\d)(?=\w*[a-z])[\w-]{7,}\b|\b(?:\d[ -]?){8,}\b", re.IGNORECASE)
_EDGE_SIGNS = ".,;:!?'\"()[]<>"
_WORDS_OF_ACTS = {
    "send": "send sends sending pay transfer refund email mail message post tell write forward reply share say give "
    "return move money transaction notify inform let",
    "create": "create make schedule set add put book write save remind reminder event new note generate",
    "add": "add include put insert invite append",
    "append": "add include put insert append write",
    "schedule": "schedule set plan create recurring standing",
    "update": "update change adjust set modify correct edit increase raise lower",
    "reschedule": "reschedule move postpone change shift",
    "delete": "delete remove erase",
    "cancel": "cancel delete remove",
    "remove": "remove kick delete exclude",
    "reserve": "reserve book reservation booking",
    "invite": "invite add",
    "share": "share send give",
    "post": "post publish write put",
}
"""Words by which a person asks for an act, by the first word of the tool that does it; any other tool asks."""
_FINAL_ACTS = frozenset({"delete", "cancel", "remove", "update", "reserve", "invite", "share"})
"""Acts all of whose values have to be the person's: they cannot be taken back, or let somebody in."""
_KEYED_ACTS = frozenset({"append", "add", "reschedule", "share"})
"""Acts whose target may be the key of the only record that the person's words led to."""


def is_asked_for(call: Call, state: TrajectoryState) -> bool:
    """Return whether the person asked for an act that writes or spends, with all that decides what happens."""
    acts = [effect for effect in call.effects if effect.kind in ("write", "spend")]
    if not acts or any(effect.kind not in ("read", "write", "spend") for effect in call.effects) or call.inferred:
        return False
    verb = call.tool.partition("_")[0].lower()
    values = collect_person_values(call, state)
    if not values.words & {*_WORDS_OF_ACTS.get(verb, "").split()}:
        return False
    knows = values.has_key if verb in _KEYED_ACTS else values.has
    targets = [effect.target for effect in acts]
    if not all(map(knows, targets)):
        return False
    if any(effect.kind == "spend" for effect in acts):
        return values.has(targets) and all(_is_spelled_out(value, values) for value in _others(call, targets))
    has_receiver = any(targets)
    rest = _others(call, targets)
    if verb in _FINAL_ACTS:
        return values.has(rest)
    return all(_is_harmless(value, values, has_receiver=has_receiver) for value in rest)


def _others(call: Call, targets: list[str]) -> list[Any]:
    """Return the values of the arguments that are no targets."""
    return [value for value in call.arguments.values() if str(value) not in targets and value != targets]


def _is_spelled_out(value: Any, values: PersonValues) -> bool:
    """Return whether a value is the person's, or a text all of whose words are."""
    if values.has(value):
        return True
    words = _WORD.findall(value.lower()) if isinstance(value, str) and not _ISO.fullmatch(value.strip()) else []
    return bool(words) and all(word in values.words for word in words if len(word) > 2)


def _is_harmless(value: Any, values: PersonValues, *, has_receiver: bool) -> bool:
    """Return whether a value is the person's, or a text of the model that names nothing of others.

    What goes to a receiver whom the person named may be short; in the person's own store a title says what is done.
    """
    if values.has(value):
        return True
    if not isinstance(value, str) or _ISO.fullmatch(value.strip()):
        return False
    words = _WORD.findall(value.lower())
    if len(words) < MIN_FREE_WORDS or not _names_nothing(value, values):
        return False
    long = [word for word in words if len(word) > 3]
    known = sum(word in values.words for word in long)
    return has_receiver or len(words) > MAX_TITLE_WORDS or known >= len(long) * MIN_TITLE_SHARE


def _names_nothing(text: str, values: PersonValues) -> bool:
    """Return whether a text has no address, account or identifier that the person did not name."""
    for match in (*_ADDRESS.finditer(text), *_IDENTIFIER.finditer(text)):
        found = match.group().strip(_EDGE_SIGNS)
        if not (_ISO.fullmatch(found) or values.has(found) or values.has(strip_scheme(found))):
            return False
    return True
