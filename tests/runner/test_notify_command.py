"""A command of the person's own is run when a session waits, pauses or ends."""

import asyncio
import sys
from pathlib import Path

from kimi_tui.engine.interruptible import cancel_and_wait
from kimi_tui.engine.ledger import Ledger
from kimi_tui.events import QuestionAsked, RunPaused, TurnFinished
from kimi_tui.journal.writer import JournalWriter
from kimi_tui.projections.state import SessionState
from kimi_tui.runner.notify_command import notify_on_changes


async def test_the_command_is_given_state_session_and_question_and_no_shell(tmp_path: Path) -> None:
    journal = JournalWriter(tmp_path / "s1", "s1")
    ledger = Ledger(journal, SessionState())
    ledger.record(QuestionAsked("what; $(touch evil)\n\x1b[2J?"), turn=1)
    notified = tmp_path / "notified"
    script = f"import sys; open({str(notified)!r}, 'a').write('|'.join(sys.argv[1:]) + '\\n')"
    telling = asyncio.create_task(notify_on_changes(ledger, (sys.executable, "-c", script)))
    await asyncio.sleep(0)
    for event in (RunPaused("person"), TurnFinished("stopped")):
        before = notified.read_text() if notified.exists() else ""
        ledger.record(event)
        for _ in range(3_000):
            if notified.exists() and notified.read_text() != before:
                break
            await asyncio.sleep(0.02)
    await cancel_and_wait(telling)
    journal.close()
    asked = "what; $(touch evil) ␛[2J?"
    assert notified.read_text().splitlines() == [f"paused|s1|{asked}", f"stopped|s1|{asked}"]


async def test_a_command_that_cannot_be_run_is_no_fault_of_the_session(tmp_path: Path) -> None:
    journal = JournalWriter(tmp_path / "s1", "s1")
    ledger = Ledger(journal, SessionState())
    ledger.record(QuestionAsked("what?"), turn=1)
    telling = asyncio.create_task(notify_on_changes(ledger, (str(tmp_path / "missing"),)))
    await asyncio.sleep(0)
    ledger.record(RunPaused("person"))
    await asyncio.sleep(0.1)
    assert not telling.done()
    await cancel_and_wait(telling)
    journal.close()
