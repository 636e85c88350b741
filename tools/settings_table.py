"""Write the README's table of settings from their declarations.

`python -m tools.settings_table` puts it between its marks; a test compares.
"""

from typing import Any

from kimi_tui.config.descriptions import describe_settings
from tools.key_table import README

BEGIN, END = "<!-- settings -->\n", "<!-- /settings -->"


def settings_table() -> str:
    """Return one row for each setting that is asked for most."""
    rows = (
        f"| `{setting.name}` | {_default(setting.default)} | {setting.meaning.removesuffix('.')} |\n"
        for setting in describe_settings()
        if setting.in_readme
    )
    return "".join(("| setting | default | meaning |\n", "|---|---|---|\n", *rows))


def _default(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int | float):
        return f"{value:,g}"
    return f"`{value}`" if value else "none"


def replace_settings(text: str) -> str:
    """Return the README's text with the table of today."""
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}{settings_table()}{END}{after}"


if __name__ == "__main__":
    README.write_text(replace_settings(README.read_text("utf-8")), "utf-8")
