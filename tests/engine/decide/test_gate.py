"""The gate: each call is decided alone, and a person's first answer wins."""

from pathlib import Path

import pytest

from kimi_tui.commands import AnyCommand, Approve, ApproveAlways, RevokeRule, Stop, Veto, Withdraw
from kimi_tui.config import PolicySettings
from kimi_tui.embedded.script import ScriptStep
from kimi_tui.events import ApprovalRequested, ApprovalResolved, PolicyDecided, ToolCallStarted
from tests.engine.kit import ANSWER, LOOK, Change, Query, Scene, Visit, call, scene

VISIT = ScriptStep(calls=(call("visit", "www.example.org"),))


def results(stage: Scene, request: int) -> list[str]:
    """Return the model's texts for the last step's calls in one request."""
    messages = stage.sent[request]
    last = max(n for n, message in enumerate(messages) if message["role"] == "assistant")
    return [message["content"] for message in messages[last:] if message["role"] == "tool"]


async def test_each_call_of_a_step_is_decided_alone(tmp_path: Path) -> None:
    step = ScriptStep(calls=tuple(call("visit", f"{name}.example.org") for name in ("one", "two", "three")))
    async with scene(tmp_path, (step, ANSWER), tools=(Visit(),)) as stage:
        await stage.waiting(3)
        await stage.send(Approve("c2", {"word": "other.example.org"}))
        await stage.send(Veto("c3", "not that one"))
        await stage.send(Approve("c1"))
        await stage.finished()
        first, second, third = results(stage, 1)
        assert "the one.example.org figure" in first
        assert second.startswith('[The person changed the arguments; what ran: {"word": "other.example.org"}]')
        assert "the other.example.org figure" in second
        assert "vetoed" in third
        assert "not that one" in third
        assert {event.call_id for event in stage.events(ToolCallStarted)} == {"c1", "c2", "c4"}


async def test_the_call_itself_goes_back_as_it_was_proposed_although_it_was_edited(tmp_path: Path) -> None:
    async with scene(tmp_path, (VISIT, ANSWER), tools=(Visit(),)) as stage:
        await stage.waiting()
        await stage.send(Approve("c1", {"word": "other.example.org"}))
        await stage.finished()
        sent = next(message for message in stage.sent[1] if message["role"] == "assistant")
        assert sent["tool_calls"][0]["function"]["arguments"] == '{"word": "www.example.org"}'


async def test_a_call_that_named_no_tool_is_asked_about_although_it_only_reads(tmp_path: Path) -> None:
    written = '<|tool_call_begin|>3<|tool_call_argument_begin|>{"word": "alpha"}<|tool_call_end|>'
    async with scene(tmp_path, (ScriptStep(reasoning=f"I look it up. {written}"), ANSWER)) as stage:
        await stage.waiting()
        (waiting,) = stage.state.calls.waiting
        assert (waiting.tool, waiting.inferred, waiting.recovered, waiting.rule) == (
            "lookup",
            True,
            True,
            "inferred-tool",
        )
        assert waiting.pattern == ""
        await stage.send(Approve("c1"))
        await stage.finished()
        assert "the alpha figure" in results(stage, 1)[0]


async def test_a_bad_edit_is_refused_and_nothing_is_lost(tmp_path: Path) -> None:
    async with scene(tmp_path, (VISIT, ANSWER), tools=(Visit(),)) as stage:
        await stage.waiting()
        for arguments in ({"word": ""}, {"wrod": "x"}, {"word": ["a", "b"]}, {"word": "x", "more": 1}):
            receipt = await stage.session.send(Approve("c1", arguments))
            assert not receipt.accepted
            assert receipt.reason
        assert [one.id for one in stage.state.calls.waiting] == ["c1"]
        assert stage.events(ApprovalResolved) == []
        await stage.send(Approve("c1"))
        assert (await stage.finished()).reason == "answered"


async def test_an_edit_cannot_get_around_a_rule_that_denies(tmp_path: Path) -> None:
    policy = PolicySettings(deny_hosts=("*.forbidden.example",))
    async with scene(tmp_path, (VISIT, ANSWER), tools=(Visit(),), policy=policy) as stage:
        await stage.waiting()
        receipt = await stage.session.send(Approve("c1", {"word": "www.forbidden.example"}))
        assert not receipt.accepted
        assert "forbid" in receipt.reason
        assert stage.state.calls.waiting
        await stage.send(Approve("c1"))
        await stage.finished()


@pytest.mark.parametrize("answer", [Approve("c1"), ApproveAlways("c1", "visit network www.example.org")])
async def test_no_approval_waives_a_denial_that_came_after_the_question(tmp_path: Path, answer: AnyCommand) -> None:
    async with scene(tmp_path, (VISIT, ANSWER), tools=(Visit(),)) as stage:
        await stage.waiting()
        stage.settings = type(stage.settings)(
            base_url=stage.server.base_url, policy=PolicySettings(deny_hosts=("www.example.org",))
        )
        await stage.reopen()
        receipt = await stage.session.send(answer)
        assert not receipt.accepted
        await stage.send(Veto("c1"))
        await stage.finished()


async def test_a_denied_call_is_an_observation_that_names_the_rule(tmp_path: Path) -> None:
    policy = PolicySettings(deny_hosts=("www.example.org",))
    async with scene(tmp_path, (VISIT, LOOK, ANSWER), tools=(Visit(),), policy=policy) as stage:
        await stage.finished()
        assert results(stage, 1) == ["Denied (denied-host): the settings forbid www.example.org."]
        assert stage.events(PolicyDecided)[0].verdict == "deny"


async def test_always_is_a_rule_until_it_is_revoked(tmp_path: Path) -> None:
    other = ScriptStep(calls=(call("visit", "other.example.org"),))
    async with scene(tmp_path, (VISIT, VISIT, other, VISIT, ANSWER), tools=(Visit(),), fresh_minutes=0) as stage:
        await stage.waiting()
        asked = stage.events(ApprovalRequested)[0]
        assert asked.pattern == "visit network www.example.org"
        await stage.send(ApproveAlways("c1", asked.pattern))
        # The second visit is not asked about; another host is.
        assert [one.id for one in await stage.waiting()] == ["c3"]
        assert stage.calls()[1].rule == "standing-rule"
        assert stage.state.approvals.rules == ["visit network www.example.org"]
        await stage.send(RevokeRule(asked.pattern))
        await stage.send(Approve("c3"))
        await stage.until(lambda: "c4" in stage.state.calls.open and stage.state.calls.waiting)
        assert stage.state.approvals.rules == []
        await stage.send(Approve("c4"))
        await stage.finished()


async def test_a_standing_rule_survives_the_end_of_the_program(tmp_path: Path) -> None:
    async with scene(tmp_path, (VISIT, ANSWER, VISIT, ANSWER), tools=(Visit(),)) as stage:
        await stage.waiting()
        await stage.send(ApproveAlways("c1", "visit network *.example.org"))
        await stage.finished()
        await stage.reopen()
        await stage.ask("Again?")
        await stage.until(lambda: stage.state.run.turn == 2 and not stage.state.run.turn_open)
        assert len(stage.events(ApprovalRequested)) == 1


@pytest.mark.parametrize(
    "pattern",
    ["visit network *", "visit network *.*", "lookup network www.example.org", "visit query www.example.org",
     "visit network other.example.org", "visit", "", "visit network", "* network www.example.org"],
)  # fmt: skip
async def test_a_standing_rule_that_does_not_fit_is_refused(tmp_path: Path, pattern: str) -> None:
    async with scene(tmp_path, (VISIT, ANSWER), tools=(Visit(),)) as stage:
        await stage.waiting()
        receipt = await stage.session.send(ApproveAlways("c1", pattern))
        assert not receipt.accepted
        assert stage.state.approvals.rules == []
        await stage.send(Veto("c1"))
        await stage.finished()


async def test_the_first_answer_wins(tmp_path: Path) -> None:
    async with scene(tmp_path, (VISIT, LOOK, ANSWER), tools=(Visit(),)) as stage:
        await stage.waiting()
        await stage.send(Veto("c1", "no"))
        for late in (Approve("c1"), Veto("c1"), ApproveAlways("c1", "visit network www.example.org")):
            receipt = await stage.session.send(late)
            assert not receipt.accepted
            assert "does not wait any more" in receipt.reason
        await stage.finished()
        assert len(stage.events(ApprovalResolved)) == 1


async def test_what_is_not_there_cannot_be_answered(tmp_path: Path) -> None:
    async with scene(tmp_path) as stage:
        await stage.finished()
        for command in (Approve("c99"), Veto("c99"), Withdraw("c99"), RevokeRule("x network y"), Approve("c1")):
            assert not (await stage.session.send(command)).accepted


async def test_a_pending_approval_survives_the_end_of_the_program(tmp_path: Path) -> None:
    async with scene(tmp_path, (VISIT, ANSWER), tools=(Visit(),)) as stage:
        await stage.waiting()
        await stage.reopen()
        assert [one.id for one in stage.state.calls.waiting] == ["c1"]
        await stage.send(Approve("c1"))
        assert (await stage.finished()).reason == "answered"
        assert len(stage.events(ApprovalRequested)) == 1


async def test_a_withdrawn_result_is_a_tombstone_in_the_next_prompt(tmp_path: Path) -> None:
    step = ScriptStep(calls=(call("lookup"), call("visit", "www.example.org")))
    async with scene(tmp_path, (step, LOOK, ANSWER), tools=(Visit(),)) as stage:
        await stage.until(lambda: stage.state.calls.by_id.get("c1") and stage.state.calls.by_id["c1"].observation)
        await stage.send(Withdraw("c1", "wrong company"))
        receipt = await stage.session.send(Withdraw("c1"))
        assert not receipt.accepted
        await stage.waiting()
        await stage.send(Approve("c2"))
        await stage.finished()
        tombstone = "[The person withdrew this result: wrong company. Do not use it.]"
        assert results(stage, 1)[0] == tombstone


async def test_without_a_person_a_question_is_a_refusal(tmp_path: Path) -> None:
    async with scene(tmp_path, (VISIT, LOOK, ANSWER), tools=(Visit(),), person=False) as stage:
        assert (await stage.finished()).reason == "answered"
        assert "nobody is there to ask" in results(stage, 1)[0]
        assert stage.events(ApprovalRequested) == []


@pytest.mark.parametrize(("mode", "status"), [("all", "ok"), ("none", "denied")])
async def test_approve_all_and_none_answer_in_advance(tmp_path: Path, mode: str, status: str) -> None:
    async with scene(tmp_path, (VISIT, LOOK, ANSWER), tools=(Visit(),), approve=mode) as stage:
        await stage.finished()
        observation = stage.calls()[0].observation
        assert observation is not None
        assert observation.status == status


async def test_approve_all_waives_no_denial(tmp_path: Path) -> None:
    policy = PolicySettings(deny_hosts=("*.org",))
    async with scene(tmp_path, (VISIT, LOOK, ANSWER), tools=(Visit(),), approve="all", policy=policy) as stage:
        await stage.finished()
        assert stage.calls()[0].rule == "denied-host"


async def test_a_turn_can_be_stopped_while_a_call_waits(tmp_path: Path) -> None:
    async with scene(tmp_path, (VISIT, ANSWER), tools=(Visit(),)) as stage:
        await stage.waiting()
        await stage.send(Stop())
        assert (await stage.finished()).reason == "stopped"
        assert not (await stage.session.send(Approve("c1"))).accepted


async def test_a_call_that_changes_something_waits_while_another_is_asked_about(tmp_path: Path) -> None:
    change = Change()
    step = ScriptStep(calls=(call("change", "one"), call("change", "two")))
    async with scene(tmp_path, (step, LOOK, ANSWER), tools=(change,)) as stage:
        await stage.waiting(2)
        await stage.send(Approve("c2"))
        await stage.until(lambda: change.done == ["two"])
        await stage.send(Veto("c1"))
        await stage.finished()
        assert change.done == ["two"]


QUERIES = tuple(ScriptStep(calls=(call("query", name),)) for name in ("a.csv", "b.sqlite", "c.csv"))


async def test_approving_one_query_of_the_desk_releases_those_that_wait_and_allows_later_ones(tmp_path: Path) -> None:
    both = ScriptStep(calls=(call("query", "a.csv"), call("query", "b.sqlite"), call("visit", "www.example.org")))
    async with scene(tmp_path, (both, *QUERIES, ANSWER), tools=(Query(), Visit()), fresh_minutes=0) as stage:
        await stage.waiting(3)
        await stage.send(Approve("c2"))
        assert [one.id for one in await stage.waiting()] == ["c3"]
        released = next(event for event in stage.events(ApprovalResolved) if event.call_id == "c1")
        assert (released.decision, released.by) == ("approve", "rules")
        await stage.send(Approve("c3"))
        await stage.finished()
        assert [event.call_id for event in stage.events(ApprovalRequested)] == ["c1", "c2", "c3"]
        assert "the b.sqlite figure" in results(stage, 3)[0]


async def test_a_query_of_the_desk_asks_again_after_a_veto_and_survives_the_end_of_the_program(tmp_path: Path) -> None:
    steps = (*QUERIES[:2], ANSWER, QUERIES[2], ANSWER)
    async with scene(tmp_path, steps, tools=(Query(),), fresh_minutes=0) as stage:
        await stage.waiting()
        await stage.send(Veto("c1"))
        assert [one.id for one in await stage.waiting()] == ["c2"]
        await stage.send(Approve("c2"))
        await stage.finished()
        await stage.reopen()
        await stage.ask("Again?")
        await stage.until(lambda: stage.state.run.turn == 2 and not stage.state.run.turn_open)
        assert [event.call_id for event in stage.events(ApprovalRequested)] == ["c1", "c2"]


async def test_each_file_of_the_desk_asks_where_the_settings_say_so(tmp_path: Path) -> None:
    policy = PolicySettings(desk_queries="each")
    async with scene(tmp_path, (*QUERIES, ANSWER), tools=(Query(),), policy=policy, fresh_minutes=0) as stage:
        for name in ("c1", "c2", "c3"):
            assert [one.id for one in await stage.waiting()] == [name]
            await stage.send(Approve(name))
        await stage.finished()
        assert {event.rule for event in stage.events(ApprovalRequested)} == {"new-database"}
