"""Model calls that do not end well: tried again with a wait, fixed, or paused with a reason; never lost."""

import email.utils
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest

from kimi_tui.commands import Pause, Resume, Stop
from kimi_tui.embedded.reply_chunks import Fault, FaultKind
from kimi_tui.embedded.script import RepeatedText, Script, ScriptStep
from kimi_tui.embedded.server import EmbeddedServer
from kimi_tui.engine.loop import ASK_FOR_MEMO_PROMPT
from kimi_tui.engine.retry import CONTINUE_PROMPT, FROM_REASONING_RECOVERY, REASONING_LABEL
from kimi_tui.events import (
    ContextCompacted,
    MessageRecorded,
    RunPaused,
    SteerReceived,
    StepFailed,
    StepFinished,
    StepStarted,
)
from kimi_tui.providers.base import SilenceLimits
from tests.engine.kit import ANSWER, LOOK, call, scene

AT_ONCE = {"retry-after": "0"}


def looking(fault: Fault) -> ScriptStep:
    """A step with a fault."""
    return ScriptStep(reasoning="I look it up, slowly.", calls=(call("lookup"),), fault=fault)


TRANSIENT = [
    ("overloaded", Fault("status", times=1, status=500, headers=AT_ONCE)),
    ("overloaded", Fault("status", times=1, status=503, headers=AT_ONCE)),
    ("rate-limited", Fault("status", times=1, status=429, headers=AT_ONCE)),
    ("malformed", Fault("html", times=1)),
    ("malformed", Fault("invalid-frame", times=1)),
    ("overloaded", Fault("error-frame", times=1)),
    ("truncated", Fault("reset", times=1)),
    ("truncated", Fault("cut", times=1)),
    ("truncated", Fault("close", times=1)),
    ("stalled", Fault("stall", times=1)),
]


@pytest.mark.parametrize(("kind", "fault"), TRANSIENT, ids=[f"{fault.kind}-{fault.status}" for _, fault in TRANSIENT])
async def test_a_passing_fault_is_tried_again_after_a_wait(tmp_path: Path, kind: str, fault: Fault) -> None:
    async with scene(tmp_path, (looking(fault), ANSWER), question="") as stage:
        await stage.close()
        stage.patience = SilenceLimits(first_seconds=5.0, between_seconds=0.3)
        await stage.open()
        stage.start()
        await stage.ask()
        assert (await stage.finished()).reason == "answered"
        failure = stage.events(StepFailed)[0]
        assert (failure.kind, failure.attempt) == (kind, 1)
        assert failure.wait > 0
        assert failure.error
        assert [event.n for event in stage.events(StepStarted)] == [1, 1, 2]


@pytest.mark.parametrize("kind", ["reset", "cut", "close"])
async def test_what_had_streamed_before_a_fault_is_kept_and_never_sent(tmp_path: Path, kind: FaultKind) -> None:
    async with scene(tmp_path, (looking(Fault(kind, times=1, at="arguments")), ANSWER)) as stage:
        await stage.finished()
        assert stage.events(StepFailed)[0].partial_reasoning.startswith("I look it up")
        assert stage.sent[1] == stage.sent[0]


async def test_lasting_fault_pauses_the_run_and_resuming_continues_it(tmp_path: Path) -> None:
    fault = Fault("status", times=2, status=503, headers=AT_ONCE, body={"error": {"message": "Loading the model"}})
    async with scene(tmp_path, (looking(fault), ANSWER)) as stage:
        await stage.until(lambda: stage.state.run.paused)
        assert [event.attempt for event in stage.events(StepFailed)] == [1, 2]
        pause = stage.events(RunPaused)[0]
        assert pause.by == "engine"
        assert "Loading the model" in pause.why
        await stage.send(Resume())
        assert (await stage.finished()).reason == "answered"


LASTING = [
    ("unauthorized", Fault("status", status=401, times=1)),
    ("unknown-model", Fault("status", status=404, times=1, body={"error": {"message": "The model x does not exist."}})),
    ("bad-request", Fault("status", status=400, times=1, body={"error": {"message": "Unknown field."}})),
    ("quota", Fault("status", status=429, times=1, body={"error": {"message": "insufficient balance"}})),
]


@pytest.mark.parametrize(("kind", "fault"), LASTING, ids=[kind for kind, _ in LASTING])
async def test_what_trying_again_cannot_fix_pauses_at_once_with_advice(tmp_path: Path, kind: str, fault: Fault) -> None:
    async with scene(tmp_path, (looking(fault), ANSWER), retries=4) as stage:
        await stage.until(lambda: stage.state.run.paused)
        failure = stage.events(StepFailed)[0]
        assert (failure.kind, failure.wait) == (kind, 0.0)
        assert failure.advice
        assert failure.advice in stage.events(RunPaused)[0].why
        await stage.send(Resume())
        assert (await stage.finished()).reason == "answered"


def port_of(server: EmbeddedServer) -> int:
    """The port a server listens on."""
    return int(server.base_url.rpartition(":")[2].partition("/")[0])


async def test_a_server_that_went_away_is_found_again_after_a_pause(tmp_path: Path) -> None:
    async with scene(tmp_path, question="", retries=0) as stage:
        port = port_of(stage.server)
        await stage.server.close()
        await stage.ask()
        await stage.until(lambda: stage.state.run.paused)
        assert stage.events(StepFailed)[0].kind == "unreachable"
        await stage.server.start(port)
        await stage.send(Resume())
        assert (await stage.finished()).reason == "answered"


async def test_a_server_that_restarts_in_mid_reply_gets_the_same_step_again(tmp_path: Path) -> None:
    slow = ScriptStep(reasoning=RepeatedText("thinking ", 5_000), pace=200, calls=(call("lookup"),))
    script = Script(steps=(LOOK, slow, LOOK, ANSWER))
    async with scene(tmp_path, script=script, retries=4) as stage:
        await stage.until(lambda: stage.state.run.step == 2 and stage.server.generating)
        port = port_of(stage.server)
        await stage.server.close()
        await stage.until(lambda: stage.events(StepFailed)[-1:] and stage.events(StepFailed)[-1].kind == "unreachable")
        assert stage.state.run.waits_to_retry is not None
        assert stage.state.run.waits_to_retry.awaited
        await stage.server.start(port)
        assert (await stage.finished()).reason == "answered"
        assert [event.kind for event in stage.events(StepFailed)] == ["truncated", "unreachable"]
        assert [event.n for event in stage.events(StepStarted)] == [1, 2, 2, 2, 3]
        assert stage.events(RunPaused) == []


async def test_a_server_that_does_not_come_back_in_time_pauses_the_run(tmp_path: Path) -> None:
    async with scene(tmp_path, question="", retries=4, return_seconds=0.2) as stage:
        port = port_of(stage.server)
        await stage.server.close()
        await stage.ask()
        await stage.until(lambda: stage.state.run.paused)
        assert [event.awaited for event in stage.events(StepFailed)] == [True]
        pause = stage.events(RunPaused)[0].why
        assert pause.startswith("The server did not come back within 0.2 seconds. ")
        assert "Start the server" in pause
        await stage.server.start(port)
        await stage.send(Resume())
        assert (await stage.finished()).reason == "answered"


TOO_LONG = Fault("status", times=1, status=400, body={"error": {"message": "maximum context length is 9 tokens"}})
DIALECTS = {
    "vllm": "This model's maximum context length is 9 tokens. However, your prompt contains at least 10 input tokens.",
    "sglang": "The input (10 tokens) is longer than the model's context length (9 tokens).",
    "llama.cpp": "the request exceeds the available context size, try increasing it",
    "moonshot": "Invalid request: Your request exceeded model token limit: 9 (requested: 10)",
}


@pytest.mark.parametrize("dialect", DIALECTS)
async def test_prompt_that_is_too_long_hides_results_and_continues(tmp_path: Path, dialect: str) -> None:
    many = tuple(ScriptStep(calls=(call("lookup", f"word{n}"),)) for n in range(4))
    too_long = msgspec.structs.replace(TOO_LONG, body={"error": {"message": DIALECTS[dialect]}})
    async with scene(tmp_path, (*many, looking(too_long), ANSWER)) as stage:
        assert (await stage.finished()).reason == "answered"
        assert stage.events(ContextCompacted)[0].hidden == ("c1", "c2", "c3")
        shown = [message["content"] for message in stage.sent[5] if message["role"] == "tool"]
        assert all("hidden to save room" in text for text in shown[:3])
        assert "the word3 figure" in shown[3]


async def test_a_prompt_that_is_too_long_after_another_fault_hides_results_as_well(tmp_path: Path) -> None:
    many = tuple(ScriptStep(calls=(call("lookup", f"word{n}"),)) for n in range(3))
    busy = looking(Fault("status", status=503, headers=AT_ONCE))
    async with scene(tmp_path, (*many, busy, looking(TOO_LONG), ANSWER), retries=3) as stage:
        assert (await stage.finished()).reason == "answered"
        assert [event.kind for event in stage.events(StepFailed)] == ["overloaded", "overflow"]
        assert stage.events(ContextCompacted)


async def test_a_prompt_that_cannot_be_shortened_pauses(tmp_path: Path) -> None:
    fault = Fault("status", status=400, body=TOO_LONG.body)
    async with scene(tmp_path, (looking(fault),)) as stage:
        await stage.until(lambda: stage.state.run.paused)
        assert stage.events(StepFailed)[0].kind == "overflow"
        assert stage.events(ContextCompacted) == []
        await stage.send(Stop())
        await stage.finished()


async def test_a_prompt_that_stays_too_long_pauses_when_nothing_more_can_leave_it(tmp_path: Path) -> None:
    many = tuple(ScriptStep(calls=(call("lookup", f"word{n}"),)) for n in range(4))
    async with scene(tmp_path, (*many, looking(msgspec.structs.replace(TOO_LONG, times=3)))) as stage:
        await stage.until(lambda: stage.state.run.paused)
        assert [event.kind for event in stage.events(StepFailed)] == ["overflow"] * 3
        assert [event.kind for event in stage.events(ContextCompacted)] == ["hide", "fold"]
        await stage.send(Stop())
        await stage.finished()


SILENT = ScriptStep(reasoning="I am thinking about it. The figure is 25.")


async def test_model_that_stops_after_thinking_is_asked_once_more_at_once(tmp_path: Path) -> None:
    async with scene(tmp_path, (SILENT, LOOK, SILENT, ANSWER), retries=0) as stage:
        assert (await stage.finished()).reason == "answered"
        assert [(event.kind, event.wait) for event in stage.events(StepFailed)] == [("empty", 0.0)] * 2
        assert [event.text for event in stage.events(SteerReceived)] == [CONTINUE_PROMPT] * 2
        assert stage.sent[1] == [*stage.sent[0], {"role": "user", "content": CONTINUE_PROMPT}]


async def test_reasoning_of_a_model_that_stops_twice_is_offered_as_a_labelled_answer(tmp_path: Path) -> None:
    async with scene(tmp_path, (SILENT, SILENT), retries=4) as stage:
        finished = await stage.finished()
        assert finished.reason == "answered"
        assert len(stage.sent) == 2
        assert [event.text for event in stage.events(MessageRecorded)] == [f"{REASONING_LABEL}\n\n{SILENT.reasoning}"]
        assert stage.events(StepFinished)[0].recoveries == (FROM_REASONING_RECOVERY,)
        assert stage.events(StepFinished)[0].usage.completion_tokens > 0
        assert finished.memo is not None
        assert REASONING_LABEL in finished.memo["text"]


async def test_model_that_has_sources_is_asked_for_a_memo_before_its_reasoning_counts(tmp_path: Path) -> None:
    async with scene(tmp_path, (LOOK, SILENT, SILENT, ANSWER)) as stage:
        assert (await stage.finished()).reason == "answered"
        assert [event.text for event in stage.events(SteerReceived)] == [CONTINUE_PROMPT, ASK_FOR_MEMO_PROMPT]
        assert stage.events(MessageRecorded)[0].text.startswith(REASONING_LABEL)


FLOODS = ["!!!!" * 3_000, "word " * 1_000, "The same line comes again.\n" * 100, f"It is 25. {'!' * 9_000}"]


@pytest.mark.parametrize("flood", FLOODS, ids=["token", "word", "line", "end"])
@pytest.mark.parametrize("field", ["text", "reasoning"])
async def test_one_thing_without_end_is_never_an_answer(tmp_path: Path, flood: str, field: str) -> None:
    step = ScriptStep(text=flood) if field == "text" else ScriptStep(reasoning=flood)
    async with scene(tmp_path, (step, step, step), retries=4) as stage:
        await stage.until(lambda: stage.state.run.paused)
        assert [event.kind for event in stage.events(StepFailed)] == ["empty"] * 2
        assert stage.events(MessageRecorded) == []
        await stage.send(Stop())
        await stage.finished()


BUSY = Fault("status", times=1, status=503, headers={"retry-after": "60"})


async def test_a_wait_before_the_next_try_can_be_ended(tmp_path: Path) -> None:
    async with scene(tmp_path, (looking(BUSY), ANSWER)) as stage:
        await stage.until(lambda: stage.state.run.waits_to_retry)
        assert stage.events(StepFailed)[0].wait == 60
        await stage.send(Stop())
        assert (await stage.finished()).reason == "stopped"


async def test_a_person_can_have_it_tried_again_without_waiting(tmp_path: Path) -> None:
    twice = looking(msgspec.structs.replace(BUSY, times=2))
    async with scene(tmp_path, (twice, ANSWER), retries=1) as stage:
        await stage.until(lambda: stage.session.engine.thinker.waiting)
        await stage.send(Resume())
        await stage.until(lambda: len(stage.events(StepFailed)) == 2 and stage.session.engine.thinker.waiting)
        await stage.send(Resume())
        assert (await stage.finished()).reason == "answered"
        assert [event.attempt for event in stage.events(StepFailed)] == [1, 1]


async def test_a_pause_ends_no_wait_and_going_on_does(tmp_path: Path) -> None:
    async with scene(tmp_path, (looking(BUSY), ANSWER)) as stage:
        await stage.until(lambda: stage.session.engine.thinker.waiting)
        await stage.send(Pause())
        assert stage.state.run.waits_to_retry is None
        await stage.send(Resume())
        assert (await stage.finished()).reason == "answered"


WISHES = [("7", 7.0, 7.0), ("1152", 1152.0, 1152.0), ("0", 0.1, 0.1), ("soon", 0.3, 0.7)]


@pytest.mark.parametrize(("wish", "least", "most"), WISHES, ids=[wish for wish, *_ in WISHES])
async def test_servers_wish_to_wait_is_kept_whole(tmp_path: Path, wish: str, least: float, most: float) -> None:
    fault = Fault("status", times=1, status=429, headers={"retry-after": wish})
    async with scene(tmp_path, (looking(fault), ANSWER)) as stage:
        await stage.until(lambda: stage.session.engine.thinker.waiting)
        assert least <= stage.events(StepFailed)[0].wait <= most
        await stage.send(Resume())
        await stage.finished()


async def test_wait_longer_than_the_settings_allow_pauses_at_once_and_is_named(tmp_path: Path) -> None:
    fault = Fault("status", times=1, status=429, headers={"retry-after": "100000"})
    async with scene(tmp_path, (looking(fault), ANSWER), retries=4) as stage:
        await stage.until(lambda: stage.state.run.paused)
        assert [failure.wait for failure in stage.events(StepFailed)] == [0.0]
        assert "The server asks to wait 100,000 seconds (27.8 hours)" in stage.events(RunPaused)[0].why
        await stage.send(Resume())
        assert (await stage.finished()).reason == "answered"


async def test_a_date_until_which_to_wait_is_kept(tmp_path: Path) -> None:
    until = email.utils.format_datetime(datetime.now(UTC) + timedelta(seconds=30), usegmt=True)
    fault = Fault("status", times=1, status=429, headers={"retry-after": until})
    async with scene(tmp_path, (looking(fault), ANSWER)) as stage:
        await stage.until(lambda: stage.session.engine.thinker.waiting)
        assert 5 < stage.events(StepFailed)[0].wait <= 30
        await stage.send(Resume())
        await stage.finished()


async def test_usage_that_the_server_does_not_tell_is_estimated(tmp_path: Path) -> None:
    async with scene(tmp_path, (looking(Fault("no-usage")), ANSWER)) as stage:
        await stage.finished()
        first, second = stage.events(StepFinished)
        assert first.usage.estimated
        assert first.usage.prompt_tokens > 0
        assert not second.usage.estimated
