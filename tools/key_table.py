"""The README's table of keys, written from the one list of actions.

`python -m tools.key_table` puts it between its marks; a test compares.
"""

from pathlib import Path

from kimi_tui.tui.actions import key_table

README = Path(__file__).resolve().parent.parent / "README.md"
BEGIN, END = "<!-- keys -->\n", "<!-- /keys -->"


def with_table(text: str) -> str:
    """The README's text with the table of today."""
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}{key_table()}\n{END}{after}"


if __name__ == "__main__":
    README.write_text(with_table(README.read_text("utf-8")), "utf-8")
