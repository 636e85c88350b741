"""Find words that the project does not use: synonyms of the glossary's words, and words that say too little.

A synonym is looked for in the names we give and in the texts we show. A retired word is looked for in names and in the
first sentences of docstrings, those of tests and tools too, and in messages for people: a reader must understand them
without opening the body. No retired word is allowed anywhere, so there is no list of exceptions for them.

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

RETIRED_NAMES = {
    "told": "message, warned or reported",
    "mend": "fix",
    "mended": "fixed",
    "mending": "fix",
    "mends": "fixes",
    "whoever": "the noun",
    "twin": "duplicate",
    "hears": "handles",
    "stands": "is or appears",
    "as_it_is": "unchanged",
    "by_itself": "alone",
    "goes_on": "continues",
}
"""Words of a name in lower case, joined by underscores, to the better ones."""

BOUNDS = {"most": "MAX_", "longest": "MAX_", "least": "MIN_", "fewest": "MIN_", "shortest": "MIN_"}
"""First words of a constant to the usual ones."""

RETIRED_SENTENCES = {
    r"^(?:What|Whether|Whoever|Nobody|Whose)\b": "a verb or the thing's own name",
    r"\btold\b": "reported, sent or shown",
    r"\bmend(?:s|ed|ing)?\b": "fix",
    r"\bwhoever\b": "the noun",
    r"\bthrown away\b": "discarded",
    r"\blets? (?:be|in)\b": "keep or accept",
    r"\bgo(?:es)? round\b": "repeat or loop",
    r"\bstands?\b": "is, holds or appears",
    r"\bby itself\b": "alone or without being asked",
    r"(?<!far )(?<!soon )\bas it is\b": "unchanged",
}
"""Patterns in the first sentence of a docstring to what to write there."""

READ_BY_PEOPLE = ("cli", "doctor.py", "export", "headless.py", "journal", "runner", "tui")
"""Where the product's messages are read by people, and not by the model."""

ALLOWED = {
    ("kimi_tui/embedded/chat_requests.py", "chat"): "what it reads is the wire's: chat completions",
    ("kimi_tui/embedded/chat_requests.py", "conversation"): "it answers in the words of the servers it stands for",
}
"""`(path, word)` to the reason why the word is not ours to choose there."""

FORBIDDEN_TEXT = re.compile(rf"(?<![\w/_.-])(?:{'|'.join(TEXTS)})(?!\w)", re.IGNORECASE)
HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


class GlossaryFinding(NamedTuple):
    """One word that the project does not use."""

    path: Path
    line: int
    """Counted from 1."""
    word: str
    """As it is written there."""
    instead: str
    """The word to write."""


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


def check_retired_names(path: Path, tree: ast.Module) -> Iterator[GlossaryFinding]:
    """Names that hold a retired word, and constants that begin with a superlative; the name of the module too."""
    for line, name in ((1, path.stem), *given_names(tree)):
        words = HUMP.sub("_", name).lower().strip("_")
        for word, instead in RETIRED_NAMES.items():
            if f"_{word}_" in f"_{words}_":
                yield GlossaryFinding(path, line, word, instead)
        first = words.partition("_")[0]
        if name.isupper() and first in BOUNDS:
            yield GlossaryFinding(path, line, name, BOUNDS[first])


def check_first_sentences(path: Path, tree: ast.Module) -> Iterator[GlossaryFinding]:
    """Retired words in the first sentences of the docstrings of the module, its classes and its functions."""
    for node in ast.walk(tree):
        if not isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        sentence = re.split(r"(?<=[.?!])\s", " ".join((ast.get_docstring(node) or "").split()), maxsplit=1)[0]
        line = 1 if isinstance(node, ast.Module) else node.lineno
        for pattern, instead in RETIRED_SENTENCES.items():
            if found := re.search(pattern, sentence, re.IGNORECASE if pattern[0] != "^" else 0):
                yield GlossaryFinding(path, line, found[0], instead)


def check_messages(path: Path, tree: ast.Module) -> Iterator[GlossaryFinding]:
    """Retired words in the messages of the modules that talk to people; one word alone is no message."""
    if path.relative_to(PRODUCT).parts[0] not in READ_BY_PEOPLE:
        return
    docstrings = {node.value for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and node not in docstrings:
            for pattern, instead in RETIRED_SENTENCES.items():
                found = re.search(pattern, node.value) if pattern[0] != "^" and " " in node.value else None
                if found:
                    yield GlossaryFinding(path, node.lineno, found[0], instead)


def check_text(path: Path, line: int, text: str) -> Iterator[GlossaryFinding]:
    """Synonyms in a text that begins on `line`."""
    for found in FORBIDDEN_TEXT.finditer(text):
        instead = next(word for pattern, word in TEXTS.items() if re.fullmatch(pattern, found[0], re.IGNORECASE))
        yield GlossaryFinding(path, line + text.count("\n", 0, found.start()), found[0], instead)


def check(root: Path, allowed: dict[tuple[str, str], str] = ALLOWED) -> list[GlossaryFinding]:
    """Return every synonym in the product and the README of the project in `root`, then every retired word."""
    found: list[GlossaryFinding] = []
    retired: list[GlossaryFinding] = []
    for file in sorted((root / PRODUCT).rglob("*.py")):
        path = file.relative_to(root)
        tree = ast.parse(file.read_text(encoding="utf-8"), str(path))
        found += check_names(path, tree)
        retired += [*check_retired_names(path, tree), *check_first_sentences(path, tree), *check_messages(path, tree)]
        for node in ast.walk(tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                found += check_text(path, node.lineno, node.value)
    for folder in ("tests", "tools"):
        for file in sorted((root / folder).rglob("*.py")):
            path = file.relative_to(root)
            tree = ast.parse(file.read_text(encoding="utf-8"), str(path))
            retired += [*check_retired_names(path, tree), *check_first_sentences(path, tree)]
    readme = root / "README.md"
    if readme.exists():
        found += check_text(Path(readme.name), 1, readme.read_text(encoding="utf-8"))
    found = [finding for finding in found if (finding.path.as_posix(), finding.word.lower()) not in allowed]
    return found + retired


def main(root: Path) -> int:
    """Print what was found; 1 if there is anything."""
    found = check(root)
    for finding in found:
        print(f"{finding.path}:{finding.line}: `{finding.word}`: write `{finding.instead}`")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(Path(__file__).resolve().parent.parent))
