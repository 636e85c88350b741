"""Read what a page's style sheet says of its elements: which it hides, which it lays out as tables.

Only plain selectors are understood: names of elements, classes and ids, one inside another. A rule for a printer or a
screen of some size counts for nothing, and neither does one with anything else in its selector.
"""

import re
from collections.abc import Iterator
from typing import Any, NamedTuple

MAX_STYLE_CHARS = 200_000
"""How much of a page's style sheets is looked at."""
_COMMENT = re.compile(r"/\*.*?(?:\*/|\Z)", re.DOTALL)
_MEDIA_RULE = re.compile(r"@[^{};@]*\{(?:[^{}]*\{[^{}]*\})*[^{}]*\}")
_RULE = re.compile(r"(?<![^{}])([^{}]+)\{([^{}]*)\}")
_COMPOUND = re.compile(r"([a-z][\w-]*|\*)?((?:[.#][\w-]+)*)", re.IGNORECASE)
_HIDES = re.compile(r"(?i)(?:display\s*:\s*none|visibility\s*:\s*hidden)")
_SHOWS = re.compile(r"(?i)(?:display\s*:\s*(?!none)[a-z]|visibility\s*:\s*visible)")
RAISES = re.compile(
    r"(?i)vertical-align\s*:\s*(?:super|top|text-top|\d)|position\s*:\s*relative[^\"]*(?<![-\w])top\s*:\s*-\s*[\d.]"
    r"|(?<![-\w])top\s*:\s*-\s*[\d.][^\"]*position\s*:\s*relative"
)
"""Declarations that move text inside a line up."""
_DISPLAY = re.compile(r"(?i)display\s*:\s*([a-z-]+)")
_BACKGROUND = re.compile(
    r"(?i)background(?:-color|-image)?\s*:(?!\s*(?:#fff(?:fff)?|white|transparent|none|inherit|initial)\s*(?:;|!|$))"
)


class _Compound(NamedTuple):
    """Tag, classes and ids that one element must have."""

    tag: str
    classes: frozenset[str]
    ids: frozenset[str]
    is_child: bool
    """True when it must be the direct parent of what follows it."""

    def matches(self, element: Any) -> bool:
        """Return whether an element has all of it."""
        if self.tag and element.tag != self.tag:
            return False
        if self.ids and element.get("id") not in self.ids:
            return False
        return not self.classes or self.classes <= set(element.get("class", "").split())


class StyleSheet:
    """The rules of a page's own style sheets."""

    def __init__(self, tree: Any) -> None:
        """Read the `style` elements of a parsed page, which must still be in it."""
        text = " ".join(element.text or "" for element in tree.iter("style"))[:MAX_STYLE_CHARS]
        self._hidden: dict[str, bool] = {}
        self._displays: dict[str, str] = {}
        self._raised: set[str] = set()
        self.has_backgrounds = any(True for _ in tree.iter("link"))
        """True when some class may give its elements a background."""
        for match in _RULE.finditer(_MEDIA_RULE.sub("", _COMMENT.sub("", text))):
            self._add(match[1].split(","), match[2])
        self._by_name: dict[str, list[tuple[str, tuple[_Compound, ...]]]] = {}
        for selector in {*(one for one, hides in self._hidden.items() if hides), *self._displays, *self._raised}:
            if compounds := _parse_selector(selector):
                last = compounds[-1]
                name = next(iter((*last.ids, *last.classes)), last.tag)
                self._by_name.setdefault(name, []).append((selector, compounds))

    def _add(self, selectors: list[str], declarations: str) -> None:
        """Note one rule; a later one for the same selector counts more."""
        self.has_backgrounds = self.has_backgrounds or _BACKGROUND.search(declarations) is not None
        hides, shows = _HIDES.search(declarations), _SHOWS.search(declarations)
        display = _DISPLAY.search(declarations)
        for selector in (" ".join(one.split()) for one in selectors):
            if hides or shows:
                self._hidden[selector] = hides is not None
            if RAISES.search(declarations):
                self._raised.add(selector)
            if display and display[1].lower().startswith("table"):
                self._displays[selector] = display[1].lower()

    def hides(self, element: Any) -> bool:
        """Return whether a rule hides an element."""
        return any(self._hidden.get(selector) for selector in self._selectors(element))

    def raises(self, element: Any) -> bool:
        """Return whether an element's own style, or a rule, moves it up inside its line."""
        if RAISES.search(element.get("style", "")):
            return True
        return bool(self._raised) and any(one in self._raised for one in self._selectors(element))

    def display(self, element: Any) -> str:
        """Return how an element takes part in a table, as `table-row`; empty when it does not."""
        own = _DISPLAY.search(element.get("style", ""))
        if own:
            return own[1].lower() if own[1].lower().startswith("table") else ""
        return next((self._displays[one] for one in self._selectors(element) if one in self._displays), "")

    def _selectors(self, element: Any) -> Iterator[str]:
        """The selectors that an element matches."""
        if not self._by_name:
            return
        for name in (element.get("id", ""), *element.get("class", "").split(), element.tag):
            for selector, compounds in self._by_name.get(name, ()) if isinstance(name, str) else ():
                if _matches(compounds, element):
                    yield selector


def has_own_background(element: Any) -> bool:
    """Return whether an element itself says that it has a background that is not white."""
    if element.get("bgcolor", "#fff").strip().lower() not in ("#fff", "#ffffff", "white") or element.get("background"):
        return True
    return _BACKGROUND.search(element.get("style", "")) is not None


def _parse_selector(selector: str) -> tuple[_Compound, ...]:
    """Return the compounds of a selector, the outermost first; none for one with anything else in it."""
    found: list[_Compound] = []
    for word in selector.replace(">", " > ").split():
        if word == ">":
            if not found:
                return ()
            found[-1] = found[-1]._replace(is_child=True)
            continue
        match = _COMPOUND.fullmatch(word)
        if match is None:
            return ()
        marks = re.findall(r"([.#])([\w-]+)", match[2])
        names = [frozenset(name for mark, name in marks if mark == kind) for kind in ".#"]
        found.append(_Compound((match[1] or "").lower().strip("*"), names[0], names[1], is_child=False))
    is_of_all = not found or not (found[-1].tag or found[-1].classes or found[-1].ids)
    return () if is_of_all else tuple(found)


def _matches(compounds: tuple[_Compound, ...], element: Any) -> bool:
    """Return whether an element, and what it is inside, match the compounds of a selector."""
    if not compounds[-1].matches(element):
        return False
    for compound in reversed(compounds[:-1]):
        element = element.getparent()
        while element is not None and not compound.matches(element):
            if compound.is_child:
                return False
            element = element.getparent()
        if element is None:
            return False
    return True
