"""The signs that the timeline is drawn with, in Unicode and in ASCII; each is one cell wide."""

from typing import NamedTuple


class Glyphs(NamedTuple):
    """One set of signs; every field is a single character of one cell."""

    collapsed: str = "\u25b8"
    """Before a block that can be opened."""
    expanded: str = "\u25be"
    """Before a block that is open."""
    bar: str = "\u258c"
    """The thick bar beside a question."""
    rail: str = "\u2502"
    """The thin line beside quotes and details, and between columns."""
    first: str = "\u256d"
    """The upper corner of a bracket around parallel calls."""
    middle: str = "\u2502"
    """The side of that bracket."""
    last: str = "\u2570"
    """Its lower corner."""
    rule: str = "\u2500"
    """A horizontal line."""
    cross: str = "\u253c"
    """Where the line under a table's header meets one between columns."""
    bullets: str = "\u2022\u25e6\u2023"
    """List bullets by depth; one character each."""
    proposed: str = "\u25cc"
    """A call nobody has decided on yet."""
    waiting: str = "\u25cb"
    """A call that waits for a person."""
    running: str = "\u25d0"
    """Whatever goes on right now."""
    ok: str = "\u25cf"
    """A call that went well."""
    error: str = "\u2717"
    """A call that failed, and other errors."""
    vetoed: str = "\u2298"
    """A call that was not let run."""
    info: str = "\u00b7"
    """A notice of little weight."""
    warning: str = "\u25b2"
    """A notice that matters."""
    steer: str = "\u21b3"
    """An order in mid-turn."""
    separator: str = "\u00b7"
    """Between the figures on a line."""
    ellipsis: str = "\u2026"
    """Where something is left out."""
    memo: str = "\u25c6"
    """Before the memo."""
    check: str = "\u2713"
    """A step of the plan that is done."""
    marker: str = "\u258e"
    """The mark in the margin of the selected block."""


UNICODE = Glyphs()
"""For terminals and fonts that have them."""

ASCII = Glyphs(
    collapsed="+",
    expanded="-",
    bar="|",
    rail="|",
    first="/",
    middle="|",
    last="\\",
    rule="-",
    cross="+",
    bullets="*-+",
    proposed=".",
    waiting="?",
    running="~",
    ok="*",
    error="x",
    vetoed="/",
    info="-",
    warning="!",
    steer=">",
    separator="-",
    ellipsis="~",
    memo="#",
    check="v",
    marker=">",
)
"""For everything else."""
