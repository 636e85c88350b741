"""Pictures of the screen as text: what is drawn, then how, so that a difference can be read in a diff.

`PICTURES=write` in the environment writes them anew; without it, a picture that is missing or differs fails.
"""

import os
from pathlib import Path
from string import ascii_letters, digits
from typing import Any

from textual.app import App
from textual.strip import Strip

from tests.tui.stage import Stage

FOLDER = Path(__file__).parent / "pictures"
"""Where the committed pictures are."""
LOOKS = 200
"""How often a screen that differs is looked at again: what was pressed may still be on its way to it."""
LETTERS = ascii_letters + digits + "!#$%&()*+-/:;<=>?@[]^_{|}~"
"""One for each style of a picture."""


def picture(app: App[Any]) -> str:
    """The screen: its lines, then for each line a letter for the style of every character, then the styles."""
    strips: list[Strip] = app.screen._compositor.render_strips()
    styles: dict[str, str] = {}
    lines, looks = [], []
    for strip in strips:
        line, look = "", ""
        for segment in strip:
            name = _named(segment.style)
            letter = styles.setdefault(name, LETTERS[len(styles)])
            line += segment.text
            look += letter * len(segment.text)
        lines.append(line.rstrip())
        looks.append(look)
    legend = [f"{letter} {name}" for name, letter in styles.items()]
    return "\n".join([*lines, "", *looks, "", *legend]) + "\n"


def _named(style: object) -> str:
    text = str(style or "plain")
    return " ".join(word for word in text.split() if not word.startswith(("link", "meta")))


async def assert_picture(stage: Stage, name: str) -> None:
    """Compare the screen with a committed picture, or write it when asked to."""
    path = FOLDER / f"{name}.txt"
    if os.environ.get("PICTURES") == "write":
        FOLDER.mkdir(exist_ok=True)
        path.write_text(picture(stage.app), encoding="utf-8")
    assert path.exists(), f"there is no picture {path.name}; look at the screen, then run with PICTURES=write"
    kept = path.read_text(encoding="utf-8")
    for _ in range(LOOKS):
        if picture(stage.app) == kept:
            return
        await stage.pilot.pause(0.05)
    drawn = picture(stage.app)
    assert drawn.split("\n") == kept.split("\n"), f"{path.name} differs; if it should, run with PICTURES=write"
