"""Split passages into sentences that may be quoted: exact, complete, and harmless in a memo.

A quote is always a run of the passage's own characters, white space aside. What reads like instructions to a
model is never a sentence: it is set aside together with its neighbours, and only its place is kept.
"""

import re

import msgspec

from kimi_tui.embedded.observation_parser import ObservedPassage

MAX_QUOTE_CHARS = 320
"""Characters; a longer sentence is quoted from its beginning."""
MIN_WORDS = 4
"""A shorter run is not quoted; a quote that is checked has at least three."""

_SUSPICIOUS = re.compile(
    r"""(?ix)
    \b(?:ignore|disregard|forget|override)\b.{0,60}\b(?:instruction|prompt|rule|guideline|previous|prior|above|other)
    | \b(?:you\ are|act\ as|behave\ as)\ (?:now\ )?(?:an?\ )?(?:helpful|ai|assistant|language|agent|model|unrestricted)
    | \b(?:as\ an|dear|hello|attention|note\ to|instructions?\ (?:to|for)|message\ (?:to|for))\b.{0,30}
      \b(?:ai|a\.i\.|llm|llms|assistants?|agents?|language\ models?|research\ models?|models?\ reading|crawlers?)\b
    | \b(?:ai|llm)\ (?:assistants?|agents?|models?|systems?)\b.{0,60}\b(?:must|should|shall|are\ to|please|will)\b
    | \b(?:system|developer)\ (?:prompt|message|override|notice)\b
    | \bdo\ not\ (?:tell|mention|reveal|inform|cite|disclose|show)\b
    | \b(?:submit_memo|open_page|web_search|query_database|search_documents|tool\ call|function\ call)\b
    | <\|?[a-z_]+\|?> | \bjailbreak\b
    """
)
_BREAKERS = re.compile(
    r"[\"“”„‟«»\[\]<>*`|\\{}_]|\S*(?:://|www\.)\S*|…|\.\.\.|(?<=[.!?])\s+(?=[^\Wa-z_])|[\x00-\x08\x0e-\x1f]"
)
_SENTENCE_END = re.compile(r"(?<=[.!?。！？])[\"”’)]*\s+(?=[\"“‘(]*[^\Wa-z_])|(?<=[。！？])")
_LINE_END_HYPHEN = re.compile(r"(?<=\w)-\s*\n\s*(?=[a-z])")
_NUMBER = re.compile(r"\d")
_CUT = re.compile(r"…|\.\.\.")
_BULLET = re.compile(r"^\s*(?:[-•*▪–]|\d{1,2}[.)])\s+")
_LEADERS = re.compile(r"\.{4,}|(?:\. ){4,}")


class PassageSentence(msgspec.Struct, frozen=True):
    """One sentence of a passage, or one line of a table in it."""

    text: str
    """White space folded."""
    passage: ObservedPassage
    tabular: bool = False
    """True when it is a line of figures."""
    before: str = ""
    """The sentence before it in its paragraph."""

    @property
    def is_closed(self) -> bool:
        """Return whether the text ends as a sentence does, not as a heading."""
        return self.text.rstrip('"”’)').endswith((".", "!", "?", ";", "。", "！", "？"))

    @property
    def quote(self) -> str:
        """Return the text that may be put in quotation marks; empty when too little is left."""
        return longest_quotable_run(self.text)


def is_instruction(text: str) -> bool:
    """Return whether a text reads like instructions to a model."""
    return bool(_SUSPICIOUS.search(text))


def fold_blanks(text: str) -> str:
    """Fold white space to single spaces."""
    return " ".join(text.split())


def longest_quotable_run(text: str) -> str:
    """Return the longest run of `text` without a mark that could end a quote, a cell or a citation."""
    runs = [run.strip(" .,;:!?-–—。！？；：").lstrip(")%’' ") for run in _BREAKERS.split(fold_blanks(text))]
    best = max(runs, key=len, default="")
    if len(best) > MAX_QUOTE_CHARS:
        best = best[:MAX_QUOTE_CHARS].rsplit(" ", 1)[0].rstrip(" .,;:-–—(")
    return best if len(best.split()) >= MIN_WORDS or (not best.isascii() and len(best) >= 12) else ""


def split_blocks(text: str) -> list[str]:
    """Return paragraphs: wrapped lines are joined, lines of figures remain separate."""
    found: list[str] = []
    joined: list[str] = []
    for line in [*_LINE_END_HYPHEN.sub("", text).splitlines(), ""]:
        alone = _is_tabular(line)
        if joined and (not line.strip() or alone or _BULLET.match(line) or _ends_block(joined[-1], line)):
            found.append(fold_blanks(" ".join(joined)))
            joined = []
        if alone:
            found.append(fold_blanks(line))
        elif line.strip():
            joined.append(line)
    return found


def _ends_block(line: str, following: str) -> bool:
    """Return whether `line` is a heading or the end of a paragraph rather than wrapped."""
    stripped = line.strip()
    starts_anew = following.strip()[:1].isupper()
    return starts_anew and (len(stripped) < 50 or (len(stripped) < 65 and stripped.endswith((".", "!", "?"))))


def _whole_sentences(excerpt: str) -> str:
    """Return an excerpt without the pieces of sentences at its cut edges."""
    kept = []
    for piece in _CUT.split(excerpt.strip()):
        ends = [match.end() for match in _SENTENCE_END.finditer(piece)]
        begin = 0 if piece[:1].isupper() else next(iter(ends), len(piece))
        end = len(piece) if piece.rstrip().endswith((".", "!", "?", "。")) else max(ends, default=begin)
        kept.append(piece[begin:end])
    return "\n\n".join(kept)


def _is_tabular(line: str) -> bool:
    """Return whether a line is mostly figures, as in a table."""
    tokens = line.replace("|", " ").split()
    numeric = sum(bool(_NUMBER.search(token)) for token in tokens)
    return numeric >= 2 and numeric * 2 >= len(tokens) and not line.rstrip().endswith(".")


def split_sentences(passage: ObservedPassage) -> tuple[list[PassageSentence], bool]:
    """Return the sentences of a passage, and whether something in it reads like instructions to a model."""
    parts = split_blocks(passage.text if passage.weight == 1.0 else _whole_sentences(passage.text))
    marked = {n for n, part in enumerate(parts) if is_instruction(part)}
    found: list[PassageSentence] = []
    for number, part in enumerate(parts):
        if marked & {number - 1, number, number + 1} or _LEADERS.search(part):
            continue
        tabular = _is_tabular(part)
        before = ""
        for text in [part] if tabular else _SENTENCE_END.split(part):
            folded = fold_blanks(_BULLET.sub("", text))
            if folded:
                found.append(PassageSentence(folded, passage, tabular, before))
                before = folded
    return found, bool(marked) or is_instruction(fold_blanks(passage.text))
