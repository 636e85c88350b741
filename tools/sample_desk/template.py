"""The templates of the filings: plain text with a little markup, figures as format fields, and variants of wording.

A line is a heading (`# `, `## `), a bullet (`- `), a table (`@table name period ...`), an included template
(`@include name`), a new page (`@page`), a footnote (`^ `), a cover line (`! `) or a paragraph. `[[one|two]]` is a
choice, made by the filing's own seed, so that two filings do not share every sentence.
"""

import random
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

PROSE = Path(__file__).with_name("prose")
"""Where the templates are."""

_CHOICE = re.compile(r"\[\[(.*?)\]\]")
_MARKS: dict[str, "BlockKind"] = {
    "# ": "chapter",
    "## ": "section",
    "- ": "bullet",
    "^ ": "footnote",
    "! ": "cover",
    "@table ": "table",
    "@page": "page",
}

BlockKind = Literal["chapter", "section", "bullet", "footnote", "cover", "table", "page", "paragraph"]
"""What a line of a template becomes."""


@dataclass(frozen=True)
class TemplateBlock:
    """One piece of a filing, its fields already filled in."""

    kind: BlockKind
    """How it is printed."""
    text: str
    """Its words; for a table its name and periods."""


def blocks(name: str, fields: dict[str, Any], seed: random.Random) -> Iterator[TemplateBlock]:
    """The blocks of a template and of everything it includes, in order."""
    for line in (PROSE / f"{name}.txt").read_text("utf-8").splitlines():
        if line.startswith("@include "):
            yield from blocks(line.removeprefix("@include ").strip(), fields, seed)
        elif line.strip():
            yield _block(_CHOICE.sub(lambda choice: seed.choice(choice[1].split("|")), line).format(**fields))


def _block(line: str) -> TemplateBlock:
    """One line as a block."""
    for mark, kind in _MARKS.items():
        if line.startswith(mark):
            return TemplateBlock(kind, line.removeprefix(mark).strip())
    return TemplateBlock("paragraph", line.strip())
