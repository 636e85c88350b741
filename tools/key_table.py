"""Write the README's table of keys from the list of actions.

`python -m tools.key_table` puts it between its marks; a test compares.
"""

from pathlib import Path

from kimi_tui.tui.actions import ACTIONS, PLACE_TITLES, display_key

README = Path(__file__).resolve().parent.parent / "README.md"
BEGIN, END = "<!-- keys -->\n", "<!-- /keys -->"


def key_table() -> str:
    """One row for each place, with its keys and what they are called."""
    lines = ["| where | keys |", "|---|---|"]
    for place, heading in PLACE_TITLES.items():
        keys = " · ".join(f"`{display_key(a.key)}` {a.label.lower()}" for a in ACTIONS if a.place == place)
        lines.append(f"| {heading} | {keys} |")
    return "\n".join(lines) + "\n"


def replace_table(text: str) -> str:
    """The README's text with the table of today."""
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}{key_table()}{END}{after}"


if __name__ == "__main__":
    README.write_text(replace_table(README.read_text("utf-8")), "utf-8")
