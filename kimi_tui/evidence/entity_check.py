"""Check whether a sentence names the entity whose document it cites."""

import re

from kimi_tui.cells import Cell
from kimi_tui.evidence.findings import Verdict
from kimi_tui.evidence.labels import content_stems
from kimi_tui.evidence.vocabulary import ORDINARY_NAMES
from kimi_tui.sources import Source

_NAME = r"[A-Z\u00c0-\u024f][\w\u00c0-\u024f&.'\u2019-]*"
_SUBJECT = re.compile(
    rf"(?:^|(?<=[.:;|]\s)|(?<=,\s))(?:(?:At|In|For|The)\s+)?"
    rf"(?P<name>{_NAME}(?:\s+(?:{_NAME}|&|of|and(?=\s+{_NAME})))*?)"
    r"(?:(?P<owner>['\u2019]s?\b)|\s+(?:reported|posted|recorded|had|held|earned|generated|created|spent|paid|wrote|writes|"
    r"says|said|states|stated|discloses?d?|employed|employs|owned|owns|sold|saw|booked|raised)\b)"
)


def find_subject(text: str) -> str:
    """Return the subject that a sentence names; empty when it names none."""
    match = _SUBJECT.search(text)
    return re.sub(r"['\u2019]s?$", "", match["name"]).strip(" .,") if match else ""


def find_entity(cells: tuple[Cell, ...]) -> str:
    """Return the entity that a source is about, by its cells; empty if they do not say."""
    return next((re.sub(r"\s*\[[^\[\]]*\]$", "", cell.entity) for cell in cells if cell.entity), "")


def check_entity(text: str, cited: list[tuple[Source, str, str]]) -> Verdict | None:
    """Return why a sentence cannot be about any of these sources; empty if it may be.

    `cited` are the sources with whose they are and the text of the cited place. A name that stands elsewhere in a
    source leaves open whose the figure is; one that stands nowhere in it contradicts the sentence.
    """
    name = find_subject(text)
    words = [word for word in content_stems(name) if word not in ORDINARY_NAMES and not word.isdigit()]
    if not words or not cited:
        return None
    wanted = re.compile(r"(?<!\w)" + r"\W+".join(map(re.escape, name.split())) + r"(?!\w)", re.IGNORECASE)
    for source, entity, passage in cited:
        # A source that does not say whose it is cannot be of somebody else.
        if not entity or _is_of(name, words, source, entity) or wanted.search(passage):
            return None
    source, entity, _ = cited[0]
    about = f"{source.ref.id} is a document of {entity}"
    if any(wanted.search(part.text) or wanted.search(part.title) for one, _, _ in cited for part in one.parts):
        return Verdict("unchecked", "", f"{about}, and the cited place does not name \u201c{name}\u201d")
    return Verdict("contradicted", "words", f"{about}; \u201c{name}\u201d is not in it")


def _is_of(name: str, words: list[str], source: Source, entity: str) -> bool:
    """Return whether a source is of somebody with this name."""
    about = f"{entity} {source.ref.title} {source.ref.address}"
    known = set(content_stems(re.sub(r"[_/.\\-]", " ", about)))
    squeezed = re.sub(r"[\W_]", "", about).casefold()
    return bool(set(words) & known) or re.sub(r"[\W_]", "", name).casefold() in squeezed or _initials(name, entity)


def _initials(name: str, entity: str) -> bool:
    """Return whether a name is made of the first letters of an entity: `J&J`, `AMD`."""
    letters = re.sub(r"[^A-Za-z]", "", name).casefold()
    first = "".join(word[0] for word in content_stems(entity) if word not in ORDINARY_NAMES)
    return 1 < len(letters) <= 5 and letters == first[: len(letters)]
