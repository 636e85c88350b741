"""Read inline XBRL: the tagged facts, at their places in the page.

Contexts and units stand in a hidden header; a fact in the page names one of each, with its concept, scale and sign.
"""

import re
from datetime import date, timedelta
from typing import Any

import msgspec

from kimi_tui.quantities.numbers import NUMBER_WORDS, parse_number_words
from kimi_tui.tools.text.figures import parse_figure
from kimi_tui.tools.text.position_marks import END, MAX_MARKS, start_of

_NONE = ("no", "none", "nil", "zero", "-", "–", "—", "")
_ENTITY = ("dei:entityregistrantname",)


class FactContext(msgspec.Struct, frozen=True):
    """The period and the entity of a fact."""

    start: str
    """First day, ISO 8601; empty for a point in time."""
    end: str
    """Last day, or the point in time."""
    entity: str
    """The identifier of the one who reports."""
    members: tuple[str, ...] = ()
    """The parts of it that the fact is about."""


class Fact(msgspec.Struct, frozen=True):
    """One tagged number."""

    concept: str
    """`us-gaap:Revenues`."""
    shown: str
    """Its text, without brackets or signs that stand outside of the tag."""
    value: str
    """Decimal, before scaling, without the sign of the tag; empty if it cannot be read."""
    scale: int
    negative: bool
    """True when the tag says that it is negative."""
    context: FactContext | None
    unit: str
    """`USD`, `shares`, `USD/share`, `pure`, ...; empty if it is not known."""


class TaggedFacts(msgspec.Struct):
    """The tagged facts of a page."""

    facts: list[Fact] = []
    """Those that the page shows, by their numbers."""
    entity: str = ""
    """The registrant's name."""


def _elements_by_name(tree: Any) -> dict[str, list[Any]]:
    """Return the elements of inline XBRL in a page by their names without prefix."""
    named: dict[str, list[Any]] = {}
    for element in tree.iter():
        tag = element.tag
        if (isinstance(tag, str) and ":" in tag) or tag in ("context", "unit"):
            named.setdefault(tag.rpartition(":")[2], []).append(element)
    return named


def extract_facts(tree: Any) -> TaggedFacts:
    """Read the facts of a page and put their marks around them; the hidden header is read and left."""
    named = _elements_by_name(tree)
    if "nonfraction" not in named:
        return TaggedFacts()
    contexts = {element.get("id", ""): _context(element) for element in named.get("context", ())}
    units = {element.get("id", ""): _unit(element) for element in named.get("unit", ())}
    tagged = TaggedFacts(entity=_entity(named.get("nonnumeric", ())))
    hidden = {id(inner) for header in named.get("hidden", ()) for inner in header.iter()}
    for element in named["nonfraction"]:
        if id(element) in hidden or len(tagged.facts) >= MAX_MARKS // 4:
            continue
        fact = _fact(element, contexts, units)
        if fact is not None:
            _mark(element, len(tagged.facts))
            tagged.facts.append(fact)
    return tagged


def _mark(element: Any, number: int) -> None:
    """Put marks around what an element shows."""
    element.text = start_of(number) + (element.text or "")
    last = element[-1] if len(element) else None
    if last is None:
        element.text += END
    else:
        last.tail = (last.tail or "") + END


def _fact(element: Any, contexts: dict[str, FactContext], units: dict[str, str]) -> Fact | None:
    """Return the fact of a tag; None for one that says that there is none."""
    attributes = {name.rpartition(":")[2]: value for name, value in element.attrib.items()}
    if attributes.get("nil") == "true":
        return None
    shown = " ".join("".join(element.itertext()).split())
    scale = attributes.get("scale", "0")
    return Fact(
        attributes.get("name", ""),
        shown,
        _value(shown, attributes.get("format", "").rpartition(":")[2].replace("-", "").lower()),
        int(scale) if re.fullmatch(r"-?\d{1,2}", scale) else 0,
        attributes.get("sign") == "-",
        contexts.get(attributes.get("contextref", "")),
        units.get(attributes.get("unitref", ""), ""),
    )


def _value(shown: str, form: str) -> str:
    """Return the number that a text shows in a form of the transformation registry."""
    plain = re.sub("[\U000f0000-\U000ffffd]", "", shown)
    if form in ("fixedzero", "zerodash", "numdash") or form.startswith("fixed"):
        return "0"
    if form.startswith("numwords"):
        return _number_of_words(plain.lower())
    figure = parse_figure(plain, comma_is_decimal="commadecimal" in form or "dotcomma" in form)
    return figure.value.lstrip("-") if figure else ""


def _number_of_words(text: str) -> str:
    """Return the number that words name; empty for other words."""
    if text.strip() in _NONE:
        return "0"
    number = parse_number_words(text) if re.fullmatch(NUMBER_WORDS, text.strip(), re.IGNORECASE) else None
    return "" if number is None else str(number)


def _context(element: Any) -> FactContext:
    """Return a context's period and entity."""
    texts: dict[str, str] = {}
    members: list[str] = []
    for inner in element.iter():
        name = inner.tag.rpartition(":")[2] if isinstance(inner.tag, str) else ""
        text = (inner.text or "").strip()
        if name in ("startdate", "enddate", "instant", "identifier"):
            texts[name] = text
        elif name in ("explicitmember", "typedmember") and len(members) < 20:
            members.append(text or " ".join("".join(inner.itertext()).split()))
    end = texts.get("instant", texts.get("enddate", ""))
    return FactContext(_day(texts.get("startdate", "")), _day(end), texts.get("identifier", ""), tuple(members))


def _day(text: str) -> str:
    """Return a day; midnight at its end is written as the next one."""
    day, _, clock = text.partition("T")
    if re.fullmatch(r"\d{4}-\d\d-\d\d", day) is None:
        return ""
    try:
        found = date.fromisoformat(day)
    except ValueError:
        return ""
    return str(found - timedelta(days=1) if clock.startswith("00:00") else found)


def _unit(element: Any) -> str:
    """Return a unit in short: `USD`, `shares`, `USD/share`."""
    above: list[str] = []
    below: list[str] = []
    for inner in element.iter():
        name = inner.tag.rpartition(":")[2] if isinstance(inner.tag, str) else ""
        if name == "measure":
            parent = inner.getparent()
            kind = parent.tag.rpartition(":")[2] if parent is not None else ""
            measure = (inner.text or "").strip().rpartition(":")[2]
            (below if kind == "unitdenominator" else above).append(measure)
    joined = "*".join(above)
    return f"{joined}/{'*'.join(below).removesuffix('s')}" if below else joined


def _entity(texts: Any) -> str:
    """Return the registrant's name."""
    for element in texts:
        if element.get("name", "").lower() in _ENTITY:
            return " ".join("".join(element.itertext()).split())
    return ""
