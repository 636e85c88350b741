"""The answer of a model that hands no memo in: the plain text of its last step, checked like a memo."""

from typing import Any

import msgspec

from kimi_tui.evidence.memo_check import check_memo
from kimi_tui.journal.sources import SourceStore


class PlainMemo:
    """The checked form of one text; checking takes longer than anything else may wait for, so a thread does it."""

    def __init__(self) -> None:
        self._checked: tuple[int, str] | None = None
        self._memo: dict[str, Any] = {}

    def is_checked(self, step: int, text: str) -> bool:
        """Return whether this text of this step is the one that was checked last."""
        return self._checked == (step, text)

    async def check(self, step: int, text: str, sources: SourceStore) -> None:
        """Check a step's text against the sources stored by now; raises `SessionError`."""
        memo = await sources.read_in_thread(lambda stored: check_memo("", text, stored))
        plain: dict[str, Any] = msgspec.to_builtins(memo)
        self._checked, self._memo = (step, text), {"kind": "memo"} | plain

    @property
    def memo(self) -> dict[str, Any]:
        """The checked text as a memo in plain form, the same object until another text is checked."""
        return self._memo

    @property
    def has_citations(self) -> bool:
        """Return whether it cites anything."""
        return bool(self._memo.get("citations"))
