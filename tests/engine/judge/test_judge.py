"""The judge about one statement: two answers that agree decide, and anything else leaves it unchecked."""

import json
from collections.abc import Sequence

import pytest

from kimi_tui.embedded.reply_chunks import Fault
from kimi_tui.embedded.script import RepeatedText, ScriptStep
from kimi_tui.events import StatementJudged
from tests.engine.judge.answers import WORDS, answer, judged, statement
from tests.engine.kit import call, is_for_judge


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
