"""The judge at the end of a turn, with a scripted model in all its answers, lies included."""

import asyncio
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from kimi_tui.commands import Interrupt, Pause, Resume, Steer, Stop
from kimi_tui.embedded.reply_chunks import Fault
from kimi_tui.embedded.script import RepeatedText, ScriptStep
from kimi_tui.engine.judge.prompt import JUDGE_INSTRUCTIONS
from kimi_tui.events import StatementJudged, TurnFinished
from kimi_tui.export.verify import verify_session
from kimi_tui.journal.reader import JournalReader
from tests.engine.kit import ANSWER, LOOK, Scene, call, is_for_judge, memo, scene

PROSE = "Alpha is the greatest of all figures [S1 p.1]."
WORDS = "alpha figure is 25"


def answer(verdict: str, words: str = WORDS) -> ScriptStep:
    return ScriptStep(text=json.dumps({"verdict": verdict, "words": words}))


def writes(*sentences: str) -> ScriptStep:
    return ScriptStep(calls=(memo(" ".join(sentences)),))


async def judged(folder: Path, *answers: ScriptStep, text: str = PROSE, **settings: Any) -> tuple[TurnFinished, Scene]:
    """One turn whose memo is judged with these answers."""
    async with scene(folder, (LOOK, writes(text), *answers), judge="auto", **settings) as stage:
        return await stage.finished(), stage


def statement(end: TurnFinished, number: int = 0) -> dict[str, Any]:
    assert end.memo is not None
    found: dict[str, Any] = end.memo["statements"][number]
    return found


async def test_judge_two_answers_that_agree_decide_the_statement(tmp_path):
    end, stage = await judged(tmp_path, answer("supported"), answer("supported", "the alpha figure is"))

    assert (statement(end)["finding"], statement(end)["by"]) == ("supported", "judge")
    assert WORDS in statement(end)["reason"]
    assert (end.memo or {})["citations"][0]["by"] == "judge"
    [event] = stage.events(StatementJudged)
    assert event.words == (WORDS, "the alpha figure is")
    assert event.model == "scripted"
    assert len(event.replies) == 2


async def test_judge_two_answers_that_contradict_are_recorded_as_judged(tmp_path):
    end, _ = await judged(tmp_path, answer("contradicted"), answer("contradicted"))

    assert (statement(end)["finding"], statement(end)["by"]) == ("contradicted", "judge")


@pytest.mark.parametrize(
    ("answers", "reason"),
    [
        ((answer("supported", "alpha is the greatest"),), "not in the cited passages"),
        ((answer("supported"), answer("supported", "alpha is the greatest")), "not in the cited passages"),
        ((answer("supported", ""),), "not in the cited passages"),
        ((answer("supported", "the"),), "not in the cited passages"),
        ((answer("supported", "the ... 25"),), "not in the cited passages"),
        ((answer("supported"), answer("contradicted")), "differ"),
        ((answer("contradicted"), answer("supported")), "differ"),
        ((answer("not found", ""),), "neither support nor contradiction"),
        ((ScriptStep(text="It is supported, because the alpha figure is 25."),), "no JSON object"),
        ((ScriptStep(text="I cannot help with that."),), "no JSON object"),
        ((ScriptStep(text='{"verdict": "certainly", "words": "alpha figure is 25"}'),), "not of the agreed form"),
        ((ScriptStep(text='{"verdict": "supported", "words": ["alpha figure is 25"]}'),), "not of the agreed form"),
        ((ScriptStep(text="{" * 5000 + "}"),), "not of the agreed form"),
        ((ScriptStep(calls=(call("lookup"),)),), "it calls a tool"),
        ((ScriptStep(reasoning="I think and say nothing."),), "no answer"),
        ((ScriptStep(fault=Fault("reset", at="start")),), "no answer"),
        ((answer("supported"), ScriptStep(fault=Fault("reset", at="start"))), "no answer"),
    ],
)
async def test_judge_any_other_answer_leaves_the_statement_unchecked(
    tmp_path, answers: Sequence[ScriptStep], reason: str
):
    end, stage = await judged(tmp_path, *answers)

    assert (end.reason, statement(end)["finding"]) == ("answered", "unchecked")
    assert statement(end)["by"] != "judge"
    assert reason in statement(end)["reason"]
    [event] = stage.events(StatementJudged)
    assert (event.finding, event.words) == ("unchecked", ())


async def test_judge_silent_server_ends_with_the_seconds_of_the_setting(tmp_path):
    slow = ScriptStep(text=RepeatedText("word ", 2_000), pace=20)

    end, stage = await judged(tmp_path, slow, judge_seconds=0.5)

    assert "no whole answer within 0.5 seconds" in statement(end)["reason"]
    assert stage.events(StatementJudged)[0].usage.prompt_tokens > 0


async def test_judge_rambling_model_is_ended_at_its_cap_of_thinking(tmp_path):
    end, _ = await judged(tmp_path, ScriptStep(reasoning=RepeatedText("word ", 20_000), text="{}"))

    assert "its reasoning was longer than the cap" in statement(end)["reason"]


async def test_judge_reads_sentence_and_passages_alone_in_both_orders(tmp_path):
    _, stage = await judged(tmp_path, answer("supported"), answer("supported"))

    first, second = (sent for sent in stage.sent if is_for_judge(sent))
    assert [message["role"] for message in first] == ["system", "user"]
    for sent in (first, second):
        assert "Alpha is the greatest of all figures" in sent[1]["content"]
        assert "the alpha figure is 25" in sent[1]["content"]
        assert "I know enough" not in json.dumps(sent)
        assert "What is alpha?" not in json.dumps(sent)
    assert first[1]["content"].index('"supported"') < first[1]["content"].index('"not found"')
    assert second[1]["content"].index('"not found"') < second[1]["content"].index('"supported"')
    assert first[1]["content"].index("<sentence") < first[1]["content"].index("<passage")
    assert second[1]["content"].index("<passage") < second[1]["content"].index("<sentence")
    judging = [body for body in stage.server.requests if is_for_judge(body["messages"])]
    assert all("tools" not in body for body in judging)


async def test_judge_leaves_mechanical_findings_alone(tmp_path):
    text = "The alpha figure is 25 [S1 p.1]. The alpha figure is 26 [S1 p.1]."
    final = ScriptStep(calls=(memo(text, final=True),))
    async with scene(tmp_path, (LOOK, final, answer("contradicted")), judge="auto") as stage:
        end = await stage.finished()

    assert [one["by"] for one in (end.memo or {})["statements"]] == ["words", ""]
    assert stage.events(StatementJudged) == []
    assert not any(sent[0]["content"] == JUDGE_INSTRUCTIONS for sent in stage.sent)


async def test_judge_off_asks_nothing(tmp_path):
    async with scene(tmp_path, (LOOK, writes(PROSE)), judge="off") as stage:
        end = await stage.finished()

    assert statement(end)["finding"] == "unchecked"
    assert not any(map(is_for_judge, stage.sent))


async def test_judge_cap_of_statements_leaves_the_rest_with_the_reason(tmp_path):
    text = f"{PROSE} Nothing is like alpha [S1 p.1]."

    end, stage = await judged(tmp_path, answer("supported"), answer("supported"), text=text, judge_statements=1)

    assert statement(end, 0)["by"] == "judge"
    assert "the cap of 1 judged statements is reached" in statement(end, 1)["reason"]
    assert len(stage.events(StatementJudged)) == 1


async def test_judge_cap_of_tokens_leaves_the_rest_with_the_reason(tmp_path):
    end, stage = await judged(tmp_path, judge_tokens=100)

    assert "the cap of 100 tokens for judging is reached" in statement(end)["reason"]
    assert not any(map(is_for_judge, stage.sent))


async def test_judge_budget_of_the_turn_holds_for_the_judge_as_well(tmp_path):
    spent = {"prompt_tokens": 9_000, "completion_tokens": 10}
    steps = (ScriptStep(calls=LOOK.calls, usage=spent), ScriptStep(calls=(memo(PROSE, final=True),), usage=spent))
    async with scene(tmp_path, steps, judge="auto", max_tokens=19_000) as stage:
        end = await stage.finished()

    assert "not judged: the turn's budget" in statement(end)["reason"]
    assert not any(map(is_for_judge, stage.sent))


async def test_judge_tokens_count_as_spent_by_the_turn(tmp_path):
    usage = {"prompt_tokens": 700, "completion_tokens": 7}
    first, second = (ScriptStep(text=answer("supported").text, usage=usage) for _ in range(2))

    _, stage = await judged(tmp_path, first, second)

    assert stage.events(StatementJudged)[0].usage.prompt_tokens == 1_400
    assert stage.state.judgements.tokens == 1_414
    assert stage.state.budget.tokens > 1_414


async def test_judge_server_that_fails_twice_is_asked_no_more(tmp_path):
    text = " ".join(f"Nothing {word} is like alpha [S1 p.1]." for word in ("red", "green", "blue", "black"))
    gone = ScriptStep(fault=Fault("reset", at="start"), repeat=9)

    end, stage = await judged(tmp_path, gone, text=text)

    assert len(stage.events(StatementJudged)) == 2
    assert "no answer about 2 statements in a row" in statement(end, 3)["reason"]


def held() -> ScriptStep:
    return ScriptStep(text=RepeatedText("word ", 4_000), pace=20)


async def until_judging(stage: Scene, requests: int = 1) -> None:
    await stage.until(lambda: sum(map(is_for_judge, stage.sent)) >= requests)


def two_statements(*answers: ScriptStep) -> tuple[ScriptStep, ...]:
    return (LOOK, writes(PROSE, "Nothing is like alpha [S1 p.1]."), *answers)


async def test_judge_stop_ends_the_turn_with_its_memo(tmp_path):
    async with scene(tmp_path, two_statements(answer("supported"), answer("supported"), held()), judge="auto") as stage:
        await until_judging(stage, 3)
        await stage.send(Stop())
        end = await stage.finished()

    assert end.reason == "answered"
    assert statement(end, 0)["by"] == "judge"
    assert "interrupted by the person" in statement(end, 1)["reason"]
    assert stage.session.engine.stopping is False


async def test_judge_interrupt_pauses_and_resume_continues_with_the_next(tmp_path):
    steps = two_statements(held(), answer("supported"), answer("supported"))
    async with scene(tmp_path, steps, judge="auto") as stage:
        await until_judging(stage)
        await stage.send(Interrupt())
        await stage.until(lambda: stage.state.judgements.asked == 1 and stage.state.run.paused)
        await asyncio.sleep(0.05)
        assert stage.state.run.turn_open
        assert sum(map(is_for_judge, stage.sent)) == 1
        await stage.send(Resume())
        end = await stage.finished()

    assert "interrupted by the person" in statement(end, 0)["reason"]
    assert statement(end, 1)["by"] == "judge"


async def test_judge_pause_holds_before_the_next_statement(tmp_path):
    slow = ScriptStep(text=answer("supported").text, pace=50)
    async with scene(tmp_path, two_statements(slow, *[answer("supported")] * 3), judge="auto") as stage:
        await until_judging(stage)
        await stage.send(Pause())
        await stage.until(lambda: stage.state.judgements.asked == 1)
        await asyncio.sleep(0.05)
        assert sum(map(is_for_judge, stage.sent)) == 2
        await stage.send(Stop())
        end = await stage.finished()

    assert [statement(end, number)["by"] for number in (0, 1)] == ["judge", ""]
    assert "the person ended it" in statement(end, 1)["reason"]


async def test_judge_steer_goes_to_the_writer_before_the_turn_ends(tmp_path):
    slow = ScriptStep(text=answer("supported").text, pace=50)
    again = (writes(PROSE),)
    async with scene(tmp_path, two_statements(slow, answer("supported"), *again), judge="auto") as stage:
        await until_judging(stage)
        await stage.send(Steer("Say more."))
        end = await stage.finished()

    assert (end.memo or {})["text"] == PROSE
    assert statement(end)["by"] == "judge", "the first judgement holds for the same sentence and passage"
    assert len(stage.events(StatementJudged)) == 1


async def test_judge_killed_between_statements_continues_where_it_was(tmp_path):
    async with scene(tmp_path, two_statements(answer("supported"), answer("supported"), held()), judge="auto") as stage:
        await until_judging(stage, 3)
        before = sum(map(is_for_judge, stage.sent))
        await stage.reopen()
        await until_judging(stage, before + 1)
        [again] = [sent for sent in stage.sent if is_for_judge(sent)][before:]
        await stage.finished()

        assert "Nothing is like alpha" in again[1]["content"]
        assert len(stage.events(StatementJudged)) == 2


async def test_judge_recorded_judgement_verifies_without_asking_again(tmp_path):
    _, stage = await judged(tmp_path, answer("supported"), answer("supported"))

    reader = JournalReader(stage.folder / "journal.sqlite")
    try:
        checks = {check.name: check for check in verify_session(reader)}
    finally:
        reader.close()
    assert all(check.passed for check in checks.values()), checks
    assert "1 judged" in checks["citations"].detail
    assert "1 statement judged by scripted: 1 decided" in checks["judge"].detail


async def test_judge_plain_answer_is_judged_like_a_memo(tmp_path):
    steps = (LOOK, ScriptStep(text=PROSE), answer("supported"), answer("supported"))
    async with scene(tmp_path, steps, judge="auto") as stage:
        end = await stage.finished()

    assert statement(end)["by"] == "judge"


async def test_judge_memo_without_doubts_ends_at_once(tmp_path):
    async with scene(tmp_path, (LOOK, ANSWER), judge="auto") as stage:
        end = await stage.finished()

    assert statement(end)["by"] == "words"
    assert stage.events(StatementJudged) == []
