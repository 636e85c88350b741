"""The difference between two memos, statement by statement: what was added, removed, reworded or cited anew."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Literal

import msgspec

from kimi_tui.evidence.findings import Checker, Finding
from kimi_tui.evidence.memo import CheckedMemo, Statement, shorten_line
from kimi_tui.evidence.sentences import split_memo_sentences

ChangeKind = Literal["same", "cited anew", "reworded", "added", "removed"]
CHANGE_KINDS: tuple[ChangeKind, ...] = ("added", "removed", "reworded", "cited anew", "same")
"""In the order in which they are counted."""
MIN_SHARED_WORDS = 0.5
"""The share of words, among those of both, from which two statements are one that was reworded."""
MAX_SHOWN_CHARS = 2_000
"""Characters of a statement that are kept."""
_WORD = re.compile(r"[^\W_]+(?:[.,][^\W_]+)*")


class MemoSentence(msgspec.Struct, frozen=True):
    """One sentence, heading, list item or row of a memo."""

    text: str
    """On one line, its citations included."""
    line: int
    """Where it begins in the memo, from 1; 0 for the title."""
    finding: Finding | Literal[""] = ""
    """Empty where nothing was to be checked."""
    by: Checker = ""
    places: tuple[str, ...] = ()
    """The citations as written, in order."""


class StatementChange(msgspec.Struct, frozen=True):
    """One statement in both memos, or in one of them."""

    kind: ChangeKind
    before: MemoSentence | None = None
    """None for what was added."""
    after: MemoSentence | None = None
    """None for what was removed."""

    @property
    def is_change(self) -> bool:
        """Return whether words, citations or the finding differ."""
        found = {one.finding for one in (self.before, self.after) if one is not None}
        return self.kind != "same" or len(found) > 1


class _Sentence(msgspec.Struct):
    """A sentence with the words that it is compared by."""

    shown: MemoSentence
    key: tuple[str, ...]
    """Its words without citations, in lower case."""


def compare_memos(before: CheckedMemo, after: CheckedMemo) -> tuple[StatementChange, ...]:
    """Return every statement of both memos in the order of the later one, with those removed where they were."""
    old, new = list(_sentences(before)), list(_sentences(after))
    pairs = _pair_same(old, new)
    _pair_reworded(old, new, pairs)
    partner = {mine: theirs for theirs, mine in pairs.items()}
    changes: list[StatementChange] = []
    shown: set[int] = set()
    for number, sentence in enumerate(new):
        earlier = partner.get(number)
        if earlier is not None:
            changes += _removed(old, range(earlier), pairs, shown)
            changes.append(_change(old[earlier], sentence))
        else:
            changes.append(StatementChange("added", None, sentence.shown))
    return (*changes, *_removed(old, range(len(old)), pairs, shown))


def count_changes(changes: Iterable[StatementChange]) -> dict[str, int]:
    """Return how many changes there are of each kind, and how many statements have another finding."""
    found = list(changes)
    kinds = Counter(one.kind for one in found)
    both = [(one.before, one.after) for one in found if one.before and one.after]
    refound = sum(before.finding != after.finding for before, after in both)
    return {kind: kinds[kind] for kind in CHANGE_KINDS} | {"other finding": refound}


def changes_in_words(counts: dict[str, int]) -> str:
    """`2 added, 1 reworded; 12 the same`; `nothing changed` without a difference."""
    named = [f"{counts[kind]} {kind}" for kind in CHANGE_KINDS if kind != "same" and counts.get(kind)]
    named += [f"{counts['other finding']} with another finding"] if counts.get("other finding") else []
    return f"{', '.join(named) or 'nothing changed'}; {counts.get('same', 0)} the same"


def _sentences(memo: CheckedMemo) -> Iterator[_Sentence]:
    found = {(one.start, one.end): one for one in memo.statements}
    if memo.title.strip():
        title = next((one for one in memo.statements if one.end <= one.start), None)
        yield _Sentence(_shown(memo.title, 0, title), ("# title", *_words(memo.title)))
    for span in split_memo_sentences(memo.text):
        text = memo.text[span.start : span.end]
        cites = [one for one in memo.citations if span.start <= one.start < span.end]
        bare, at = "", span.start
        for cite in cites:
            bare, at = f"{bare} {memo.text[at : cite.start]}", cite.end
        statement = found.get((span.start, span.end))
        line = memo.text.count("\n", 0, span.start + len(text) - len(text.lstrip())) + 1
        shown = _shown(text, line, statement, tuple(one.marker for one in cites))
        yield _Sentence(shown, _words(f"{bare} {memo.text[at : span.end]}"))


def _shown(text: str, line: int, statement: Statement | None, places: tuple[str, ...] = ()) -> MemoSentence:
    words = shorten_line(text, MAX_SHOWN_CHARS)
    if statement is None:
        return MemoSentence(words, line, places=places)
    return MemoSentence(words, line, statement.finding, statement.by, places)


def _words(text: str) -> tuple[str, ...]:
    return tuple(word.casefold() for word in _WORD.findall(text))


def _pair_same(old: list[_Sentence], new: list[_Sentence]) -> dict[int, int]:
    """Pair sentences of the same words, in order, wherever they were moved; returns old numbers to new ones."""
    waiting: dict[tuple[str, ...], list[int]] = {}
    for number, sentence in enumerate(new):
        waiting.setdefault(sentence.key, []).append(number)
    pairs: dict[int, int] = {}
    for number, sentence in enumerate(old):
        if same := waiting.get(sentence.key):
            pairs[number] = same.pop(0)
    return pairs


def _pair_reworded(old: list[_Sentence], new: list[_Sentence], pairs: dict[int, int]) -> None:
    """Pair what is left with the sentence that shares the most words, the best pairs first."""
    left = [number for number in range(len(old)) if number not in pairs]
    taken = set(pairs.values())
    right = [number for number in range(len(new)) if number not in taken]
    bags = {number: Counter(new[number].key) for number in right}
    scored: list[tuple[float, int, int, int]] = []
    for mine in left:
        bag = Counter(old[mine].key)
        for theirs in right:
            shared = sum((bag & bags[theirs]).values())
            total = len(old[mine].key) + len(new[theirs].key) - shared
            if total and shared / total >= MIN_SHARED_WORDS:
                scored.append((-shared / total, abs(mine - theirs), mine, theirs))
    for _, _, mine, theirs in sorted(scored):
        if mine not in pairs and theirs not in taken:
            pairs[mine] = theirs
            taken.add(theirs)


def _change(before: _Sentence, after: _Sentence) -> StatementChange:
    kind: ChangeKind = "same"
    if before.key != after.key:
        kind = "reworded"
    elif before.shown.places != after.shown.places:
        kind = "cited anew"
    return StatementChange(kind, before.shown, after.shown)


def _removed(old: list[_Sentence], numbers: range, pairs: dict[int, int], shown: set[int]) -> Iterator[StatementChange]:
    """Yield those of the old sentences that have no partner and were not yielded before."""
    for number in numbers:
        if number not in pairs and number not in shown:
            shown.add(number)
            yield StatementChange("removed", old[number].shown)
