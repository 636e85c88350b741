"""Whether a sentence names the one whose document it cites."""

import re

from kimi_tui.cells import Cell
from kimi_tui.evidence.labels import words_of
from kimi_tui.evidence.vocabulary import ORDINARY_NAMES
from kimi_tui.sources import Source

_NAME = r"[A-Z\u00c0-\u024f][\w\u00c0-\u024f&.'\u2019-]*"
_SUBJECT = re.compile(
    rf"(?:^|(?<=[.:;|]\s)|(?<=,\s))(?:(?:At|In|For|The)\s+)?"
    rf"(?P<name>{_NAME}(?:\s+(?:{_NAME}|&|of|and(?=\s+{_NAME})))*?)"
    r"(?:(?P<owner>['\u2019]s?\b)|\s+(?:reported|posted|recorded|had|held|earned|generated|created|spent|paid|wrote|writes|"
    r"says|said|states|stated|discloses?d?|employed|employs|owned|owns|sold|saw|booked|raised)\b)"
)


def subject_of(text: str) -> str:
    """Who a sentence speaks of, as it names them; empty when it names nobody so."""
    match = _SUBJECT.search(text)
    return re.sub(r"['\u2019]s?$", "", match["name"]).strip(" .,") if match else ""


def entity_of(cells: tuple[Cell, ...]) -> str:
    """Whose document a source is, as its cells say; empty if they do not."""
    return next((cell.entity for cell in cells if cell.entity), "")


def check_entity(text: str, documents: list[tuple[Source, str]]) -> str:
    """Why a sentence cannot be about any of these sources, given with whose they are; empty if it may be."""
    name = subject_of(text)
    words = [word for word in words_of(name) if word not in ORDINARY_NAMES and not word.isdigit()]
    if not words or not documents:
        return ""
    if any(not entity or _may_be(name, words, source, entity) for source, entity in documents):
        return ""  # a source that does not say whose it is cannot be of somebody else
    source, entity = documents[0]
    return f"{source.ref.id} is a document of {entity}; \u201c{name}\u201d does not stand in it"


def _may_be(name: str, words: list[str], source: Source, entity: str) -> bool:
    """Whether a source is of somebody with this name, or names them at all."""
    about = f"{entity} {source.ref.title} {source.ref.address}"
    known = set(words_of(re.sub(r"[_/.\\-]", " ", about)))
    squeezed = re.sub(r"[\W_]", "", about).casefold()
    if set(words) & known or re.sub(r"[\W_]", "", name).casefold() in squeezed or _initials(name, entity):
        return True
    wanted = re.compile(r"(?<!\w)" + r"\W+".join(map(re.escape, name.split())) + r"(?!\w)", re.IGNORECASE)
    return any(wanted.search(part.text) or wanted.search(part.title) for part in source.parts)


def _initials(name: str, entity: str) -> bool:
    """Whether a name is made of the first letters of an entity: `J&J`, `AMD`."""
    letters = re.sub(r"[^A-Za-z]", "", name).casefold()
    first = "".join(word[0] for word in words_of(entity) if word not in ORDINARY_NAMES)
    return 1 < len(letters) <= 5 and letters == first[: len(letters)]
