"""A checkpoint: what is never cut, what goes on from one to the next, and what there is no room for."""

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest

from kimi_tui.commands import Steer
from kimi_tui.embedded.script import ScriptStep
from kimi_tui.engine.context.checkpoint import (
    Checkpoint,
    CheckpointFinding,
    UnusableCheckpoint,
    checkpoint_prompt,
    merge_findings,
    parse_checkpoint,
    render_checkpoint,
)
from kimi_tui.events import (
    AnyEvent,
    ApprovalResolved,
    Entry,
    ObservationRecorded,
    ObservationWithdrawn,
    QuestionAsked,
    ReasoningRecorded,
    SteerReceived,
    ToolCallProposed,
)
from kimi_tui.projections.state import SessionState
from kimi_tui.projections.trajectory import TrajectoryState
from kimi_tui.sources import SourceRef
from tests.engine.context.long_sessions import WINDOW, Writer, folds, found, looking
from tests.engine.kit import ANSWER, call, scene


def worked(steps: int, *, question: str = "Why?") -> TrajectoryState:
    """A session with one call and one source in each step, and an order in the first."""
    folded = SessionState()
    state = folded.main
    seq = 0
    for n in range(1, steps + 1):
        ref = SourceRef(f"S{n}", "d" * 64, f"Title {n}", "a", "text/html", "page", "2026-11-03T10:00:00Z")
        events: list[AnyEvent] = [QuestionAsked(question), SteerReceived("Be brief.")] if n == 1 else []
        events += [ReasoningRecorded(f"reasoning {n}"), ToolCallProposed(f"c{n}", "read", {}, "", f"Read S{n}")]
        events += [ObservationRecorded(f"c{n}", "ok", "text", (ref,))]
        for event in events:
            seq += 1
            folded.apply(Entry("s", seq, "2026-11-03T10:00:00.000Z", "main", 1, n, event, ""))
    return state


def test_what_a_person_said_is_never_cut() -> None:
    state = worked(400)
    text = render_checkpoint(state, Checkpoint(()), 399, 10, whole=False)
    assert "- Why?" in text
    assert "- Be brief." in text
    assert "earlier ones left out" in text
    assert len(text) < 3_000


def test_the_latest_is_kept_when_there_is_no_room_for_all() -> None:
    findings = tuple(CheckpointFinding(f"Finding {n}.", (f"S{n} p.1",)) for n in range(200))
    text = render_checkpoint(worked(5), Checkpoint(findings), 4, 4_000, whole=True)
    assert "Finding 199. [S199 p.1]" in text
    assert "Finding 0." not in text
    assert "earlier ones left out" in text


def test_a_long_question_is_not_said_twice() -> None:
    question = "word " * 1_000
    assert question not in render_checkpoint(worked(2, question=question), Checkpoint(()), 1, 8_000, whole=False)


def test_vetoes_and_withdrawals_are_carried_on() -> None:
    state = worked(3)
    reported: tuple[AnyEvent, ...] = (
        ApprovalResolved("c1", "veto", note="not that host"),
        ObservationWithdrawn("c2", note="wrong year"),
    )
    for event in reported:
        state.apply(Entry("s", 99, "2026-11-03T10:00:00.000Z", "main", 1, 3, event, ""))
    text = render_checkpoint(state, Checkpoint(()), 3, 8_000, whole=True)
    assert "vetoed c1 read Read S1: not that host" in text
    assert "withdrew c2 read Read S2: wrong year" in text


def test_a_checkpoint_from_the_journal_tells_the_calls_and_the_last_words() -> None:
    text = render_checkpoint(worked(5), Checkpoint(()), 3, 8_000, whole=False)
    assert "c3 read Read S3: ok, S3" in text
    assert "step 3: reasoning 3" in text
    assert "c4" not in text
    assert "S5 Title 5" in text


def test_findings_stay_until_their_evidence_is_named_again() -> None:
    old = Checkpoint(
        (CheckpointFinding("Old.", ("S1 p.1",)), CheckpointFinding("Told anew.", ("S2 p.1",))), next_step="x"
    )
    new = Checkpoint((CheckpointFinding("New.", ("S2 p.1", "S3 p.1")),))
    merged = merge_findings(msgspec.to_builtins(old), new)
    assert [finding.text for finding in merged.findings] == ["Old.", "New."]
    assert merged.next_step == ""
    assert merge_findings(None, new) == new


@pytest.mark.parametrize("text", ["{}", "[]", "no", '{"findings": [{"text": "x", "evidence": []}]}', "{" * 5_000])
def test_what_is_no_checkpoint_is_refused(text: str) -> None:
    with pytest.raises(UnusableCheckpoint):
        parse_checkpoint(text, {"S1"})


def test_words_around_the_object_do_no_harm() -> None:
    text = 'Here it is:\n```json\n{"findings": [{"text": "x", "evidence": ["[S1 p.4]"]}]}\n```'
    assert parse_checkpoint(text, {"S1"}).findings[0].text == "x"


def test_the_order_is_the_same_words_each_time() -> None:
    assert checkpoint_prompt(8_192) == checkpoint_prompt(8_192)
    assert checkpoint_prompt(8_192, "it was empty").startswith("Your last reply could not be used: it was empty.")


async def test_a_checkpoint_says_the_question_the_orders_and_the_plan_word_for_word(tmp_path: Path) -> None:
    plan = ScriptStep(calls=(planned("Find alpha", "Compare"), call("lookup")))
    writer = Writer((plan, *looking(40), ANSWER), lambda n: found(("Alpha is 25.", "S1 p.1"), gaps=["beta"]))
    question = "What is alpha,\nand  why?"
    async with scene(tmp_path, others=(writer,), context_window=WINDOW, question=question) as stage:
        await stage.until(lambda: stage.state.run.step >= 2)
        await stage.send(Steer("Mind the *units*; and\nbe brief."))
        assert (await stage.finished()).reason == "answered"
        last = folds(stage)[-1]
        for words in (
            question,
            "Mind the *units*; and\nbe brief.",
            "open: Find alpha",
            "Alpha is 25. [S1 p.1]",
            "beta",
        ):
            assert words in last.summary
        sent = stage.sent[-1]
        assert [message["role"] for message in sent[:4]] == ["system", "user", "user", "assistant"]
        assert (sent[1]["content"], sent[2]["content"]) == (question, last.summary)
        for prompt in stage.sent[4:]:
            assert "Mind the *units*; and\\nbe brief." in json.dumps(prompt)
            assert "Find alpha" in json.dumps(prompt)


def planned(*texts: str) -> Any:
    from kimi_tui.embedded.script import ScriptedCall

    return ScriptedCall("update_plan", {"steps": [{"text": text, "state": "open"} for text in texts]})


async def test_findings_go_on_from_checkpoint_to_checkpoint(tmp_path: Path) -> None:
    writer = Writer((*looking(60), ANSWER), lambda n: found((f"Finding {n}.", f"S{n} p.1")))
    async with scene(tmp_path, others=(writer,), context_window=WINDOW) as stage:
        await stage.finished()
        assert len(folds(stage)) >= 3
        for number, event in enumerate(folds(stage), 1):
            assert all(f"Finding {n}. [S{n} p.1]" in event.summary for n in range(1, number + 1))
