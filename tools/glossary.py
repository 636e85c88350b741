"""Check that names and texts use the glossary's words and none of their synonyms.

A name is looked at where it is given (a function, class, argument, field or variable), never where it is used, so the
words of libraries are free. A text is any string of the product and the project's README; the words of the wire are
free there too.
"""

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

PRODUCT = "kimi_tui"

NAMES = {
    "abort": "stop",
    "chat": "session",
    "chats": "session",
    "conversation": "session",
    "conversations": "session",
    "ensemble": "panel",
    "nudge": "steer",
    "permission": "approval",
    "permissions": "approval",
    "quota": "cap",
    "reject": "veto",
    "rejected": "vetoed",
    "rejection": "veto",
    "swarm": "panel",
    "thought": "reasoning",
    "thoughts": "reasoning",
    "tool_result": "observation",
    "tool_results": "observation",
    "tool_output": "observation",
    "transcript": "timeline",
    "workspace": "desk",
}
"""Words of a name in lower case, joined by underscores, to the glossary's word."""

TEXTS = {
    r"abort(?:s|ed|ing)? the (?:run|turn|session)": "stop",
    r"budget limits?": "cap",
    r"chain[ -]of[ -]thought": "reasoning",
    r"chat(?:s|ted|ting)?(?![/_-]|\.\w|\s+(?:completion|request|template))": "session",
    r"conversations?": "session",
    r"message histor(?:y|ies)": "context",
    r"permission (?:prompt|request)s?": "approval",
    r"reject(?:s|ed|ing)? the call": "veto",
    r"thinking blocks?": "reasoning",
    r"thoughts?": "reasoning",
    r"tool (?:results?|outputs?)": "observation",
    r"transcripts?": "timeline",
    r"workspaces?": "desk",
}
"""Patterns of whole words in a text to the glossary's word."""

ALLOWED = {
    ("kimi_tui/embedded/chat_requests.py", "chat"): "what it reads is the wire's: chat completions",
    ("kimi_tui/embedded/chat_requests.py", "conversation"): "it answers in the words of the servers it stands for",
}
"""`(path, word)` to the reason why the word is not ours to choose there."""

FORBIDDEN_TEXT = re.compile(rf"(?<![\w/_.-])(?:{'|'.join(TEXTS)})(?!\w)", re.IGNORECASE)
HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


class GlossaryFinding(NamedTuple):
    """One word that the glossary does not have."""

    path: Path
    line: int
    """Counted from 1."""
    word: str
    """As it stands there."""
    instead: str
    """The glossary's word."""


def given_names(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Every name that the source gives to something, with its line."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield node.lineno, node.name
        elif isinstance(node, ast.arg):
            yield node.lineno, node.arg
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.lineno, node.id
        elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
            yield node.lineno, node.attr


def check_names(path: Path, tree: ast.Module) -> Iterator[GlossaryFinding]:
    """Names that hold a synonym as one or more of their words."""
    for line, name in given_names(tree):
        words = f"_{HUMP.sub('_', name).lower()}_".replace("_chat_completion", "")
        for synonym, word in NAMES.items():
            if f"_{synonym}_" in words:
                yield GlossaryFinding(path, line, synonym, word)


def check_text(path: Path, line: int, text: str) -> Iterator[GlossaryFinding]:
    """Synonyms in a text that begins on `line`."""
    for found in FORBIDDEN_TEXT.finditer(text):
        instead = next(word for pattern, word in TEXTS.items() if re.fullmatch(pattern, found[0], re.IGNORECASE))
        yield GlossaryFinding(path, line + text.count("\n", 0, found.start()), found[0], instead)


def check(root: Path, allowed: dict[tuple[str, str], str] = ALLOWED) -> list[GlossaryFinding]:
    """Every synonym in the product and in the README of the project in `root`."""
    found: list[GlossaryFinding] = []
    for file in sorted((root / PRODUCT).rglob("*.py")):
        path = file.relative_to(root)
        tree = ast.parse(file.read_text(encoding="utf-8"), str(path))
        found += check_names(path, tree)
        for node in ast.walk(tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                found += check_text(path, node.lineno, node.value)
    readme = root / "README.md"
    if readme.exists():
        found += check_text(Path(readme.name), 1, readme.read_text(encoding="utf-8"))
    return [finding for finding in found if (finding.path.as_posix(), finding.word.lower()) not in allowed]


def main(root: Path) -> int:
    """Print the synonyms; 1 if there are any."""
    found = check(root)
    for finding in found:
        print(f"{finding.path}:{finding.line}: `{finding.word}`: the glossary's word is `{finding.instead}`")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(Path(__file__).resolve().parent.parent))
