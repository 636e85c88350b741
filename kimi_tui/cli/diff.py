"""`diff`: the difference between two memos of one session or of two, statement by statement."""

import argparse
import json
from typing import Any

import msgspec

from kimi_tui.config import LoadedSettings
from kimi_tui.evidence.memo import CheckedMemo, decode_memo
from kimi_tui.evidence.memo_diff import StatementChange, changes_in_words, compare_memos, count_changes
from kimi_tui.export.recording import read_recording
from kimi_tui.headless import DONE
from kimi_tui.journal.session_store import SessionStore
from kimi_tui.session import SessionError
from kimi_tui.text import one_line

SIGNS = {"added": "+", "removed": "-", "reworded": "~", "cited anew": "@", "same": "="}
"""The sign printed before a statement, by the kind of its change."""


class _NamedMemo(msgspec.Struct, frozen=True):
    """A memo and where it is recorded."""

    session: str
    number: int
    """Among the memos of its session, from 1."""
    entry: int
    memo: CheckedMemo


def compare_sessions(loaded: LoadedSettings, options: argparse.Namespace) -> int:
    """Print the difference; raises `SessionError` where a memo is missing."""
    before, after = _find_both(SessionStore(loaded.settings.home_path), options.before, options.after)
    changes = compare_memos(before.memo, after.memo)
    if options.json:
        print(json.dumps(_as_json(before, after, changes), ensure_ascii=False, indent=2))
        return DONE
    for change in changes:
        if change.is_change or options.all:
            print("\n".join(_lines(change)))
    print(changes_in_words(count_changes(changes)))
    return DONE


def _find_both(store: SessionStore, first: str, second: str) -> tuple[_NamedMemo, _NamedMemo]:
    """Return the memos to compare: those named, or the one named first and the one before it in its session."""
    if second:
        return _find_memo(store, first), _find_memo(store, second)
    after = _find_memo(store, first)
    if after.number < 2:
        raise SessionError(
            f"session {after.session} has no memo before that one; name a second session or memo to compare with"
        )
    return _find_memo(store, f"{after.session}:{after.number - 1}"), after


def _find_memo(store: SessionStore, wanted: str) -> _NamedMemo:
    """Return the memo that `ID` or `ID:NUMBER` names: the last of a session, or that of this number."""
    name, colon, typed = wanted.partition(":")
    if colon and not (typed.isascii() and typed.isdecimal() and len(typed) < 9):
        raise SessionError(f"{wanted!r} names no memo; write a session's id, or ID:2 for its second memo")
    reader = store.open_reader(store.resolve_id(name))
    try:
        blocks = [block for block in read_recording(reader).state.timeline.blocks if block.kind == "memo"]
    finally:
        reader.close()
    number = int(typed) if colon else len(blocks)
    if not 0 < number <= len(blocks):
        has = f"{len(blocks)} memo{'s' * (len(blocks) != 1)}" if blocks else "no memo"
        raise SessionError(f"session {reader.session} has {has}{f', and no number {typed}' if colon else ' yet'}")
    block = blocks[number - 1]
    try:
        return _NamedMemo(reader.session, number, block.seq, decode_memo(block.memo or {}))
    except msgspec.ValidationError as error:
        raise SessionError(f"memo {number} of session {reader.session} is damaged ({error}); verify it") from None


def _as_json(before: _NamedMemo, after: _NamedMemo, changes: tuple[StatementChange, ...]) -> dict[str, Any]:
    memos = {
        name: {"session": one.session, "memo": one.number, "entry": one.entry, "title": one.memo.title}
        for name, one in (("before", before), ("after", after))
    }
    return {**memos, "changes": msgspec.to_builtins(changes), "counts": count_changes(changes)}


def _lines(change: StatementChange) -> list[str]:
    """Return a change for people: the words before and after, and a finding that is another one now."""
    found = [one.finding for one in (change.before, change.after) if one is not None and one.finding]
    about = f"  [{' -> '.join(dict.fromkeys(found))}]" if found else ""
    sign = SIGNS[change.kind]
    if change.before is None or change.after is None or change.kind == "same":
        shown = change.after or change.before
        return [f"{sign} {one_line(shown.text)}{about}"] if shown else []
    return [f"{sign} {one_line(change.before.text)}", f"  -> {one_line(change.after.text)}{about}"]
