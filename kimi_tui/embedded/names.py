"""Names of documents in a memo: by the title, else by the file."""

import re

from kimi_tui.embedded.observation_parser import ObservedPassage
from kimi_tui.embedded.sentences import is_instruction
from kimi_tui.evidence.claims import Claim

_OTHER_FIGURES = re.compile(r"\S*\d\S*")
_NUMBERED = re.compile(r"(?:[-_.\s]*(?<![^\W_])\d+(?=[-_.\s]|$))(?!-[kqKQ]\b)")
"""The numbers of a file's name, without that of a form: `10-k`."""
_PERIOD = re.compile(r"\W*(?:(?:FY)?(?:19|20)\d\d(?:-?[QH][1-4])?|[QH][1-4])\W*")


def plain_words(text: str, limit: int = 80, figures: bool = False) -> str:
    """Return the words of a title or note without Markdown; figures other than periods only if wanted."""
    if is_instruction(text):
        return ""
    kept = re.sub(r"[^\w\s.,&'’()/%–-]|_", " ", re.sub(r"\s*[:|]\s+", " – ", text)).split()
    wanted = [word for word in kept if figures or not _OTHER_FIGURES.fullmatch(word) or _PERIOD.fullmatch(word)]
    return " ".join(wanted)[:limit].strip(" .,-–/")


def document_name(passage: ObservedPassage) -> str:
    """Return what the memo calls a document.

    Years are left out of a file's name, because a figure there would be checked as one of the sentence, and so would a
    title that says that something rose or fell.
    """
    title = plain_words(passage.title.partition("›")[0])
    if len(re.findall(r"[^\W\d_]{3,}", title)) > 1 and not Claim(title).direction:
        return title
    file = _NUMBERED.sub("", passage.path.rpartition("/")[2])
    return plain_words(file.replace("_", "-"), figures=True) or title or f"Source {passage.source}"
