"""Check whether a sentence names the entity whose document it cites."""

import re

from kimi_tui.cells import Cell
from kimi_tui.evidence.findings import Verdict
from kimi_tui.evidence.labels import content_stems
from kimi_tui.evidence.measures import measures_in, words_spoken_of
from kimi_tui.evidence.vocabulary import ORDINARY_NAMES
from kimi_tui.sources import Source

_FRONT_PARTS = 3
_MANY_MENTIONS = 12
"""Mentions of a name without which a long document is of somebody else."""
_SHORT_CHARS = 20_000
"""A shorter document may leave out whose it is."""
_ROWS_ALONE = frozenset(("text/csv", "text/tab-separated-values"))
"""Kinds of files that rarely say whose they are."""
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


def speaks_of(name: str, source: Source) -> bool | None:
    """Return whether a document is about somebody by its address, title, front or many mentions; None for a few."""
    about = re.sub(r"[\W_]", "", f"{source.ref.title}{source.ref.address}").casefold()
    words = [word for word in content_stems(name) if word not in ORDINARY_NAMES]
    if re.sub(r"[\W_]", "", name).casefold() in about or any(len(word) > 3 and word in about for word in words):
        return True
    written = {name, name.upper(), *(word.title() for word in words)}
    counts = [sum(part.text.count(one) + part.title.count(one) for one in written) for part in source.parts]
    if any(counts[:_FRONT_PARTS]) or sum(counts) >= _MANY_MENTIONS:
        return True
    return None if any(counts) else False


def find_entity(cells: tuple[Cell, ...]) -> str:
    """Return the entity that a source is about, by its cells; empty if they do not say."""
    return next((re.sub(r"\s*\[[^\[\]]*\]$", "", cell.entity) for cell in cells if cell.entity), "")


def _check_unknown_owner(name: str, source: Source) -> Verdict | None:
    """Return the verdict where a document does not say in its tags whose it is; None when it may be of this name."""
    if source.ref.media_type in _ROWS_ALONE or (named := speaks_of(name, source)):
        return None
    if named is None:
        reason = f"{source.ref.id} only mentions \u201c{name}\u201d; whose its figures are is not known"
        return Verdict("unchecked", "", reason)
    if sum(len(part.text) for part in source.parts) < _SHORT_CHARS:
        return Verdict("unchecked", "", f"{source.ref.id} does not say whose figures it has")
    return Verdict("not found", "words", f"\u201c{name}\u201d is nowhere in {source.ref.id}")


def check_entity(text: str, cited: list[tuple[Source, str, str]]) -> Verdict | None:
    """Return why a sentence cannot be about any of these sources; empty if it may be.

    `cited` are the sources with whose they are and the text of the cited place. A name that stands elsewhere in a
    source leaves open whose the figure is; one that stands nowhere in it contradicts the sentence.
    """
    name = find_subject(text)
    words = [word for word in content_stems(name) if word not in ORDINARY_NAMES and not word.isdigit()]
    if not words or not cited or measures_in(name) or words_spoken_of(name):
        return None
    if all(not entity for _, entity, _ in cited):
        found = [_check_unknown_owner(name, source) for source, _, _ in cited]
        return None if None in found else found[0]
    wanted = re.compile(r"(?<!\w)" + r"\W+".join(map(re.escape, name.split())) + r"(?!\w)", re.IGNORECASE)
    for source, entity, passage in cited:
        # Of several sources one that does not say whose it is may be of anybody.
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
