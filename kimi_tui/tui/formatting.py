"""Format states, figures, times and effects for the screen.

One place, so that a token count looks the same in the library, the header and a panel. Nothing here knows a
widget; whatever comes from outside is made printable on the way.
"""

from datetime import UTC, datetime
from math import ceil

from kimi_tui.events import Effect
from kimi_tui.projections.calls import Call
from kimi_tui.projections.time_left import TimeLeft
from kimi_tui.session import State, StorageTrouble, TroubleKind
from kimi_tui.text import count_noun, one_line

Tone = str
"""A role in the theme: `muted`, `accent`, `good`, `warning`, `error`, `strong`, or empty for plain text."""

STATE_MARKS: dict[State, tuple[str, str, Tone]] = {
    "running": ("●", "*", "accent"),
    "waiting": ("◆", "?", "warning"),
    "paused": ("‖", "=", "warning"),
    "finished": ("✓", "v", "good"),
    "stopped": ("■", "#", "muted"),
    "budget": ("◔", "$", "warning"),
    "failed": ("✗", "x", "error"),
    "empty": ("○", "o", "muted"),
    "damaged": ("!", "!", "error"),
}
"""For each state its mark, its mark in ASCII, and its tone."""

STATE_WORDS: dict[State, str] = {"budget": "budget spent", "waiting": "waits for you", "empty": "not asked"}
"""States whose word on the screen is not their name."""

TROUBLE_WORDS: dict[TroubleKind, str] = {
    "full": "no room",
    "busy": "file in use",
    "quota": "quota reached",
    "read-only": "read-only",
    "failing": "storage fails",
}
"""Why nothing can be recorded, as the name of a state."""

EFFECT_WORDS = {
    "read": "reads",
    "network": "connects to",
    "query": "queries",
    "write": "writes",
    "spend": "spends",
}
"""What an effect does to its target, for people."""


def state_mark(state: State, ascii: bool = False) -> str:
    """Return the one-character mark of a state."""
    return STATE_MARKS[state][1 if ascii else 0]


def state_tone(state: State) -> Tone:
    """Return the role in the theme that a state is drawn in."""
    return STATE_MARKS[state][2]


def state_word(state: State) -> str:
    """Return the state in words."""
    return STATE_WORDS.get(state, state)


def trouble_lines(trouble: StorageTrouble) -> tuple[str, ...]:
    """Return what is wrong with the storage, the longest line first; the last one is empty."""
    at = f"at {one_line(trouble.path, 300)}"
    on = "resumes automatically"
    needs = ""
    if trouble.kind == "full":
        needs = f"needs {trouble.needed_bytes >> 20} MB"
        needs += f", {trouble.free_bytes / (1 << 20):.1f} MB free" if trouble.free_bytes >= 0 else ""
    lines = (f"{needs} {at}; {on}", f"{needs}; {on}" if needs else on, needs, "")
    return tuple(line.strip() for line in lines)


def format_clock_time(seconds: float) -> str:
    """`0:42`, `12:05` or `1:02:05`; seconds that went through minutes may lack the last bit of a whole one."""
    whole = max(int(round(seconds, 3)), 0)
    minutes, rest = divmod(whole, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def format_time_left(left: TimeLeft) -> str:
    """Return a range of minutes, such as `4-11 min`; `no estimate yet` when there is none."""
    if left.why_none:
        return "no estimate yet"
    low, high = int(left.low_minutes), max(ceil(left.high_minutes), 1)
    if high < 1 or (low == 0 and high == 1):
        return "<1 min"
    if high >= 120:
        return f"{left.low_minutes / 60:.1f}-{left.high_minutes / 60:.1f} h"
    return f"{low}-{high} min" if low != high else f"{high} min"


def format_count(number: float) -> str:
    """`940`, `12.4k` or `1.2M`."""
    if number < 1_000:
        return f"{number:.0f}"
    for limit, divisor, unit in ((99_950, 1_000, "k"), (999_500, 1_000, "k"), (float("inf"), 1_000_000, "M")):
        if number < limit:
            places = 0 if unit == "k" and number >= 99_950 else 1
            return f"{number / divisor:.{places}f}{unit}"
    return ""


def format_cost(dollars: float) -> str:
    """`$0.42`; below a cent `<$0.01`, nothing for nothing."""
    if dollars <= 0:
        return ""
    return "<$0.01" if dollars < 0.01 else f"${dollars:,.2f}"


def format_age(moment: str, now: datetime) -> str:
    """Return the age of an entry: `now`, `5 min`, `3 h`, `2 d`, then the date."""
    try:
        then = datetime.fromisoformat(moment)
    except ValueError:
        return ""
    if then.tzinfo is None:
        then = then.replace(tzinfo=UTC)
    seconds = (now - then).total_seconds()
    for limit, divisor, unit in ((3_600, 60, "min"), (86_400, 3_600, "h"), (7 * 86_400, 86_400, "d")):
        if seconds < 60:
            return "now"
        if seconds < limit:
            return f"{int(seconds // divisor)} {unit}"
    return then.astimezone().strftime("%Y-%m-%d")


def meter_bar(share: float, width: int, ascii: bool = False) -> tuple[str, str]:
    """Return a meter of `width` cells as its filled and its empty part; a share above 0 fills at least one cell."""
    filled = min(max(round(share * width), 1 if share > 0 else 0), width)
    full, empty = ("#", "-") if ascii else ("━", "─")
    return full * filled, empty * (width - filled)


def meter_tone(share: float) -> Tone:
    """Calm below 80 %, a warning from there, an error from 95 %."""
    if share >= 0.95:
        return "error"
    return "warning" if share >= 0.8 else "accent"


def describe_effects(touched: tuple[Effect, ...]) -> str:
    """Return what a call touches, in words: `connects to example.org; reads report.pdf`."""
    return "; ".join(f"{EFFECT_WORDS[effect.kind]} {one_line(effect.target, 120)}".strip() for effect in touched)


def call_label(call: Call) -> str:
    """Return a call in one line: its label, or the tool's name when it has none."""
    return one_line(call.label or call.tool, 400)


def call_seconds(call: Call) -> float:
    """Return how long the tool ran; 0 when it did not."""
    return call.observation.duration if call.observation else 0.0


CALL_TONES: dict[str, Tone] = {
    "ok": "good",
    "error": "error",
    "vetoed": "warning",
    "denied": "warning",
    "interrupted": "warning",
    "not-found": "muted",
    "lookup-failed": "error",
    "waiting": "warning",
    "running": "accent",
}
"""The tone of a call's state or of its observation's status."""


def call_state(call: Call) -> str:
    """Return the state of a call: the status of its observation once it has one."""
    return call.observation.status if call.observation else call.state


ASCII_SIGNS = str.maketrans({"·": "-", "…": "~", "→": ">"})
"""Signs between words and their stand-ins in ASCII."""


def replace_non_ascii_signs(text: str, ascii: bool) -> str:
    """Return a line with the signs replaced that an ASCII terminal cannot draw."""
    return text.translate(ASCII_SIGNS) if ascii else text


def format_characters(number: int) -> str:
    """Return a length of text for people: `98 KB` of characters from a thousand on."""
    return count_noun(number, "character") if number < 1_000 else f"{number / 1_000:,.0f} KB"
