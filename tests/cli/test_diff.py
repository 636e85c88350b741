"""`diff`: two memos of one session or of two, for people and for programs."""

import json
from contextlib import closing
from pathlib import Path
from typing import Any

import msgspec
import pytest

from kimi_tui.cli.parser import main
from kimi_tui.events import QuestionAsked, TurnFinished
from kimi_tui.evidence.memo_check import check_memo
from kimi_tui.evidence.source_lookup import InMemorySources
from kimi_tui.journal.session_store import SessionStore
from kimi_tui.journal.writer import JournalWriter
from tests.tui.cited_memo import filing
from tests.tui.sessions import opened

FIRST = "Revenues were $46,309 million in fiscal 2025 [S1 p.2].\n\nMargins will recover.\n"
SECOND = "Revenues were $46,310 million in fiscal 2025 [S1 p.2].\n\nIt is \x1b[31mred\u202e.\n"


def memo(text: str) -> dict[str, Any]:
    kept, cells = filing()
    checked = check_memo("Acme", text, InMemorySources({"S1": kept}, {"S1": cells}))
    return {"kind": "memo", **msgspec.to_builtins(checked)}


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A data folder with a session of two memos, one of one memo and one of none."""
    monkeypatch.setenv("KIMI_TUI_HOME", str(tmp_path))
    for session, texts in (("2026-a", (FIRST, SECOND)), ("2026-b", (SECOND,)), ("2026-c", ())):
        with closing(JournalWriter(SessionStore(tmp_path).path(session).parent, session)) as journal:
            journal.append([opened(), QuestionAsked("How?")], turn=1, step=0)
            for turn, text in enumerate(texts, 1):
                journal.append([TurnFinished("answered", memo(text))], turn=turn, step=1)
    return tmp_path


@pytest.mark.parametrize("named", [["2026-a"], ["2026-a:1", "2026-a:2"], ["2026-a:1", "2026-b"]])
def test_diff_prints_what_changed_and_how_much(
    home: Path, capsys: pytest.CaptureFixture[str], named: list[str]
) -> None:
    assert main(["diff", *named]) == 0
    out = capsys.readouterr().out
    lines = out.splitlines()
    assert lines[0] == "~ Revenues were $46,309 million in fiscal 2025 [S1 p.2]."
    assert lines[1].startswith("  -> Revenues were $46,310 million in fiscal 2025 [S1 p.2].  [supported -> ")
    assert "- Margins will recover.  [unchecked]" in lines
    assert lines[-1] == "1 added, 1 removed, 1 reworded, 1 with another finding; 1 the same"
    assert "\x1b" not in out
    assert "\u202e" not in out


def test_diff_json_has_both_memos_every_statement_and_counts(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["diff", "2026-a", "--json"]) == 0
    reported = json.loads(capsys.readouterr().out)
    assert (reported["before"]["memo"], reported["after"]["memo"], reported["after"]["session"]) == (1, 2, "2026-a")
    assert reported["counts"] == {
        "added": 1, "removed": 1, "reworded": 1, "cited anew": 0, "same": 1, "other finding": 1,
    }  # fmt: skip
    kinds = [change["kind"] for change in reported["changes"]]
    assert kinds == ["same", "reworded", "added", "removed"]
    assert reported["changes"][1]["before"]["places"] == ["[S1 p.2]"]
    assert reported["changes"][1]["after"]["line"] == 1


@pytest.mark.parametrize(
    ("named", "why"),
    [
        (["2026-b"], "has no memo before that one"),
        (["2026-c"], "has no memo yet"),
        (["2026-a:9", "2026-b"], "has 2 memos, and no number 9"),
        (["2026-a:0", "2026-b"], "no number 0"),
        (["2026-a:two", "2026-b"], "names no memo"),
        (["2026-zz"], "2026-zz"),
    ],
)
def test_diff_of_what_is_not_there_says_why(
    home: Path, capsys: pytest.CaptureFixture[str], named: list[str], why: str
) -> None:
    assert main(["diff", *named]) == 1
    assert why in capsys.readouterr().err
