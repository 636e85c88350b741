"""A person's decision on a statement: recorded with the login name, refused with a reason, and kept by a fold."""

import os
import pwd
from pathlib import Path

import pytest

from kimi_tui.commands import DecideStatement
from kimi_tui.embedded.script import ScriptStep
from kimi_tui.events import StatementDecided, StatementVerdict, TurnFinished
from kimi_tui.evidence.memo import decode_memo
from tests.engine.kit import Held, Scene, call, scene


def memo_entry(stage: Scene) -> int:
    return [entry.seq for entry in stage.entries() if isinstance(entry.event, TurnFinished)][-1]


async def test_decide_statement_records_the_login_name_whatever_the_environment_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("USER", "mallory")
    monkeypatch.setenv("LOGNAME", "mallory")
    async with scene(tmp_path) as stage:
        await stage.finished()
        await stage.send(DecideStatement(memo_entry(stage), 0, "reject", "The page is of 2019."))
        [event] = stage.events(StatementDecided)
        assert event.person == pwd.getpwuid(os.geteuid()).pw_name
        assert (event.verdict, event.reason, event.by) == ("reject", "The page is of 2019.", "person")
        assert stage.state.memo.memo is not None
        assert decode_memo(stage.state.memo.memo).counts.rejections == 1
        [block] = [block for block in stage.state.timeline.blocks if block.kind == "memo"]
        assert block.memo == stage.state.memo.memo
        await stage.send(DecideStatement(memo_entry(stage), 0, "clear"))
        assert decode_memo(stage.state.memo.memo).counts.rejections == 0


@pytest.mark.parametrize(
    ("shift", "statement", "verdict", "reason", "why"),
    [
        (0, 7, "accept", "yes", "no statement 7"),
        (0, -1, "accept", "yes", "no statement -1"),
        (-1, 0, "accept", "yes", "another memo"),
        (0, 0, "accept", "  ", "needs a reason"),
        (0, 0, "note", "x" * 2_001, "2,001 characters"),
        (0, 0, "clear", "", "no decision"),
    ],
)
async def test_decide_statement_refuses_what_cannot_be_meant(
    tmp_path: Path, shift: int, statement: int, verdict: StatementVerdict, reason: str, why: str
) -> None:
    async with scene(tmp_path) as stage:
        await stage.finished()
        command = DecideStatement(memo_entry(stage) + shift, statement, verdict, reason)
        receipt = await stage.session.send(command)
        assert not receipt.accepted
        assert why in receipt.reason
        assert stage.events(StatementDecided) == []


async def test_decide_statement_before_there_is_a_memo_is_refused(tmp_path: Path) -> None:
    held = Held()
    async with scene(tmp_path, (ScriptStep(reasoning="I wait.", calls=(call("held"),)),), tools=(held,)) as stage:
        await stage.until(lambda: held.begun)
        receipt = await stage.session.send(DecideStatement(1, 0, "accept", "yes"))
        assert receipt.reason == "there is no memo yet"
