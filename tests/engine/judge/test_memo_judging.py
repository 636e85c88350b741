"""The judge at the end of a turn, with a scripted model in all its answers, lies included."""

import asyncio

from kimi_tui.commands import Interrupt, Pause, Resume, Steer, Stop
from kimi_tui.embedded.reply_chunks import Fault
from kimi_tui.embedded.script import RepeatedText, ScriptStep
from kimi_tui.engine.judge.prompt import JUDGE_INSTRUCTIONS
from kimi_tui.events import StatementJudged
from kimi_tui.export.verify import verify_session
from kimi_tui.journal.reader import JournalReader
from tests.engine.judge.answers import PROSE, answer, judged, statement, writes
from tests.engine.kit import ANSWER, LOOK, Scene, is_for_judge, memo, scene


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
