"""The context: what the model reads, in which order and in which words."""

import json

import pytest

from kimi_tui.events import (
    AnyEvent,
    ApprovalResolved,
    ContextCompacted,
    Entry,
    MessageRecorded,
    ObservationRecorded,
    ObservationRestored,
    ObservationWithdrawn,
    QuestionAsked,
    ReasoningRecorded,
    SessionOpened,
    SteerReceived,
    StepFailed,
    StepFinished,
    StepStarted,
    ToolCallProposed,
    Usage,
)
from kimi_tui.messages import Message, SentCall
from kimi_tui.projections.context import Context
from kimi_tui.sources import SourceRef

REF = SourceRef("S1", "d" * 64, "T", "a", "text/html", "page", "2026-11-03T10:00:00Z")
OPENED = SessionOpened("1", "m", "e", {}, "Research.", tools_digest="d")
ASKED = (OPENED, QuestionAsked("Why?"))


def context_of(*events: AnyEvent) -> Context:
    """The context after some events."""
    context = Context()
    for seq, event in enumerate(events, 1):
        context.apply(Entry("s", seq, "2026-11-03T10:00:00.000Z", "main", 1, 1, event, ""))
    return context


def step(*calls: ToolCallProposed, text: str = "", prompt: int = 0) -> tuple[AnyEvent, ...]:
    """A step that proposed some calls."""
    said = (MessageRecorded(text),) if text else ()
    return (StepStarted(1, "", 0), *said, *calls, StepFinished(Usage(prompt), 1.0, "stop"))


def call(call_id: str, tool: str = "read") -> ToolCallProposed:
    return ToolCallProposed(call_id, tool, {"b": 1, "a": "ü"}, "")


def roles(context: Context) -> list[tuple[str, str]]:
    return [(message.role, message.content) for message in context.messages[2:]]


@pytest.mark.parametrize("order", [("c1", "c2", "c3"), ("c3", "c1", "c2"), ("c2", "c3", "c1")])
def test_observations_are_in_the_order_of_the_calls(order: tuple[str, ...]) -> None:
    events = [ObservationRecorded(call_id, "ok", f"result {call_id}") for call_id in order]
    context = context_of(*ASKED, *step(call("c1"), call("c2"), call("c3")), *events)
    assert roles(context)[1:] == [("tool", f"result c{n}") for n in (1, 2, 3)]


def test_ids_are_counted_over_what_is_sent_and_arguments_are_json() -> None:
    observed = [ObservationRecorded(f"c{n}", "ok", "") for n in (7, 8, 9)]
    first = step(call("c7"), call("c8", "find_in"))
    context = context_of(*ASKED, *first, *observed[:2], *step(call("c9")), observed[2])
    sent = [one for message in context.messages for one in message.calls]
    assert [one.id for one in sent] == ["functions.read:0", "functions.find_in:1", "functions.read:2"]
    assert [message.call_id for message in context.messages if message.role == "tool"] == [one.id for one in sent]
    assert sent[0].arguments == '{"a": "ü", "b": 1}'
    assert json.loads(sent[0].arguments) == {"a": "ü", "b": 1}


@pytest.mark.parametrize(
    ("tool", "name"),
    [
        ("read", "read"),
        ("a.b-c:d e", "a_b_c_d_e"),
        ("", "unnamed"),
        ("<|im_end|>", "_im_end_"),
        ("ü", "_"),
        ("x" * 99, "x" * 64),
    ],
)
def test_a_tools_name_is_sent_in_harmless_letters(tool: str, name: str) -> None:
    context = context_of(*ASKED, *step(call("c1", tool)))
    assert context.messages[2].calls == (SentCall(f"functions.{name}:0", name, '{"a": "ü", "b": 1}'),)
    assert context.messages[3].name == name


def test_a_steer_waits_until_every_call_is_answered() -> None:
    steer = SteerReceived("hurry")
    running = (*ASKED, StepStarted(1, "", 0), steer, *step(call("c1"), call("c2"))[1:])
    assert ("user", "hurry") not in roles(context_of(*running))
    one = (*running, SteerReceived("more"), ObservationRecorded("c2", "ok", "2"))
    assert ("user", "hurry") not in roles(context_of(*one))
    both = context_of(*one, ObservationRecorded("c1", "ok", "1"))
    assert roles(both)[1:] == [("tool", "1"), ("tool", "2"), ("user", "hurry"), ("user", "more")]


def test_a_steer_between_steps_is_read_at_once() -> None:
    assert roles(context_of(*ASKED, SteerReceived("hurry"))) == [("user", "hurry")]
    failed = context_of(*ASKED, StepStarted(1, "", 0), SteerReceived("hurry"), StepFailed("reset", "network", 1))
    assert roles(failed) == [("user", "hurry")]


def test_nothing_of_a_failed_step_is_read() -> None:
    failed = (StepStarted(1, "", 0), ReasoningRecorded("half"), MessageRecorded("a"), StepFailed("reset", "network", 1))
    again = (StepStarted(1, "", 0), ReasoningRecorded("whole"), StepFinished(Usage(), 1.0, "stop"))
    assert context_of(*ASKED, *failed).messages == context_of(*ASKED).messages
    assert context_of(*ASKED, *failed, *again).messages[2:] == (Message("assistant", "", reasoning="whole"),)


def test_events_of_no_step_change_nothing() -> None:
    stray = (ReasoningRecorded("x"), MessageRecorded("x"), StepFinished(Usage(9), 1.0, "stop"), call("c1"))
    assert context_of(*ASKED, *stray).messages == context_of(*ASKED).messages


def test_what_belongs_to_no_call_of_the_context_changes_nothing() -> None:
    stray = (ObservationRecorded("c9", "ok", "x"), ObservationWithdrawn("c9"), ContextCompacted("hide", ("c9",)))
    assert context_of(*ASKED, *stray).messages == context_of(*ASKED).messages


def test_the_first_opening_gives_the_instructions_for_good() -> None:
    other = SessionOpened("2", "m", "e", {}, "Other.", tools_digest="other")
    before, after = context_of(*ASKED), context_of(*ASKED, other)
    assert after.messages == before.messages
    assert after.digest != before.digest, "the tools are another"


def test_edited_arguments_are_shown_with_the_observation() -> None:
    decided = ApprovalResolved("c1", "edit", edited={"b": 2})
    context = context_of(*ASKED, *step(call("c1")), decided, ObservationRecorded("c1", "ok", "done"))
    assert roles(context)[-1] == ("tool", '[The person changed the arguments; what ran: {"b": 2}]\ndone')


@pytest.mark.parametrize(("note", "reported"), [("wrong year", ": wrong year"), ("", "")])
def test_a_withdrawn_observation_leaves_the_persons_note(note: str, reported: str) -> None:
    events = (*ASKED, *step(call("c1")), ObservationRecorded("c1", "ok", "secret " * 99))
    before, after = context_of(*events), context_of(*events, ObservationWithdrawn("c1", note=note))
    assert roles(after)[-1] == ("tool", f"[The person withdrew this result{reported}. Do not use it.]")
    assert before.visible_results() == [("c1", 693)]
    assert after.visible_results() == []
    assert after.tokens < before.tokens


def test_a_hidden_observation_leaves_a_stub_that_says_how_to_read_it_again() -> None:
    events = (*ASKED, *step(call("c1"), call("c2")), ObservationRecorded("c1", "ok", "x" * 999, (REF,)))
    events = (*events, ObservationRecorded("c2", "ok", "y"))
    context = context_of(*events, ContextCompacted("hide", ("c1", "c2")))
    assert roles(context)[1:] == [
        ("tool", "[Result c1 of read, 999 characters, hidden to save room. Its sources are still there: S1; "
                 "read them again with read.]"),
        ("tool", "[Result c2 of read, 1 characters, hidden to save room.]"),
    ]  # fmt: skip
    assert context.visible_results() == []
    withdrawn = context_of(*events, ContextCompacted("hide", ("c1",)), ObservationWithdrawn("c1"))
    assert "withdrew" in roles(withdrawn)[1][1]


def test_the_digest_follows_every_change_of_what_was_hashed() -> None:
    events = (*ASKED, *step(call("c1")), ObservationRecorded("c1", "ok", "x" * 99))
    context = context_of(*events)
    digests = {context.digest}
    for event in (ContextCompacted("hide", ("c1",)), ObservationWithdrawn("c1"), SteerReceived("go")):
        events = (*events, event)
        context.apply(Entry("s", 99, "", "main", 1, 1, event, ""))
        assert context.digest == context_of(*events).digest
        digests.add(context.digest)
    assert len(digests) == 4


def test_tokens_are_the_servers_count_and_an_estimate_of_what_came_since() -> None:
    counted = context_of(*ASKED, *step(text="x" * 40, prompt=1000))
    assert counted.tokens == 1000 + 10
    assert context_of(*ASKED, *step(text="x" * 40), SteerReceived("y" * 40)).tokens == (13 + 40 + 40) // 4
    estimated = (StepStarted(1, "", 0), StepFinished(Usage(5000, estimated=True), 1.0, "stop"))
    assert context_of(*ASKED, *estimated).tokens == 13 // 4


def shape(context: Context) -> list[str]:
    return [message.role for message in context.messages]


def worked(steps: int, *, prompts: tuple[int, ...] = ()) -> tuple[AnyEvent, ...]:
    """So many steps, each with one observation of 400 characters."""
    events: list[AnyEvent] = []
    for n in range(1, steps + 1):
        prompt = prompts[n - 1] if n <= len(prompts) else 0
        finished = StepFinished(Usage(prompt, 10), 1.0, "stop")
        events += [StepStarted(n, "", 0), ReasoningRecorded(f"r{n}"), call(f"c{n}"), finished]
        events += [ObservationRecorded(f"c{n}", "ok", f"{n}" * 400)]
    return tuple(events)


def test_a_fold_leaves_the_question_the_checkpoint_and_the_last_steps() -> None:
    fold = ContextCompacted("fold", (), "checkpoint", through=3)
    context = context_of(*ASKED, SteerReceived("early"), *worked(4), SteerReceived("late"), fold)
    assert shape(context) == ["system", "user", "user", "assistant", "tool", "user"]
    assert [m.content for m in context.messages[1:3]] == ["Why?", "checkpoint"]
    assert context.messages[-1].content == "late"
    assert context.messages[3].calls[0].id == context.messages[4].call_id == "functions.read:0"
    assert context.visible_results() == [("c4", 400)]


def test_calls_after_a_fold_are_counted_on_from_what_is_sent() -> None:
    fold = ContextCompacted("fold", (), "checkpoint", through=2)
    context = context_of(*ASKED, *worked(3), fold, *step(call("c4")), ObservationRecorded("c4", "ok", ""))
    assert [one.id for message in context.messages for one in message.calls] == [
        "functions.read:0",
        "functions.read:1",
    ]


def test_a_later_fold_replaces_the_checkpoint_before() -> None:
    first = ContextCompacted("fold", (), "one", through=2)
    second = ContextCompacted("fold", (), "two", through=4)
    context = context_of(*ASKED, *worked(5)[:15], first, *worked(5)[15:], second)
    said = [message.content for message in context.messages if message.role == "user"]
    assert said == ["Why?", "two"]
    assert [share.step for share in context.step_shares()] == [5]


def test_a_question_of_a_later_turn_keeps_its_place_behind_the_checkpoint() -> None:
    context = context_of(*ASKED, *worked(2), QuestionAsked("And?"), ContextCompacted("fold", (), "so far", through=1))
    assert [message.content for message in context.messages if message.role == "user"] == ["Why?", "so far", "And?"]


def test_a_fold_may_hide_what_stays() -> None:
    fold = ContextCompacted("fold", ("c3",), "checkpoint", stubs=("[stub]",), through=2)
    context = context_of(*ASKED, *worked(3), fold)
    assert context.messages[-1].content == "[stub]"
    assert context.hidden_calls() == ["c1", "c2", "c3"]


def test_a_stub_has_the_words_that_were_recorded() -> None:
    context = context_of(*ASKED, *worked(1), ContextCompacted("hide", ("c1",), stubs=("[these words]",)))
    assert context.messages[-1].content == "[these words]"


@pytest.mark.parametrize(
    "compacted",
    [ContextCompacted("hide", ("c1",)), ContextCompacted("fold", (), "checkpoint", through=1)],
)
def test_observation_that_a_person_brings_back_is_at_the_end_and_the_rest_stays(compacted: ContextCompacted) -> None:
    events = (*ASKED, *worked(2), compacted)
    before, after = context_of(*events), context_of(*events, ObservationRestored("c1"))
    assert after.messages[: len(before.messages)] == before.messages
    assert after.messages[-1].role == "user"
    assert after.messages[-1].content.endswith("1" * 400)
    assert "no order" in after.messages[-1].content
    assert dict(after.visible_results()) == {"c1": 400, "c2": 400}
    again = context_of(*events, ObservationRestored("c1"), ContextCompacted("hide", ("c1",), stubs=("[stub]",)))
    assert again.messages[-1].content == "[stub]"
    assert context_of(*events, ObservationRestored("c1"), ObservationRestored("c1")).messages == after.messages


def test_what_is_not_hidden_or_was_withdrawn_cannot_be_brought_back() -> None:
    events = (*ASKED, *worked(1))
    assert context_of(*events, ObservationRestored("c1")).messages == context_of(*events).messages
    gone = (*events, ContextCompacted("hide", ("c1",)), ObservationWithdrawn("c1"))
    assert context_of(*gone, ObservationRestored("c1")).messages == context_of(*gone).messages
    assert context_of(*gone).hidden_calls() == []


def test_a_withdrawal_reaches_a_model_whose_steps_were_folded() -> None:
    folded = (*ASKED, *worked(2), ContextCompacted("fold", (), "checkpoint", through=1))
    context = context_of(*folded, ObservationWithdrawn("c1", note="wrong year"))
    assert "wrong year" in context.messages[-1].content
    assert "c1" in context.messages[-1].content


def test_the_server_teaches_how_long_a_token_is() -> None:
    context = context_of(*ASKED, *worked(3, prompts=(1_000, 1_200, 1_400)))
    grown = sum(message.characters for message in context.messages[2:4])
    believed, taught = 500 * 0.9 * 0.9, 1.9
    assert context.count.ratio == pytest.approx((grown * taught + 4 * believed) / (200 * taught + believed))
    assert context.tokens == 1_400 + int(grown / context.count.ratio)


def test_what_left_in_between_teaches_nothing() -> None:
    hidden = ContextCompacted("hide", ("c1",))
    events = worked(3, prompts=(1_000, 1_100, 1_400))
    context = context_of(*ASKED, *events[:10], hidden, *events[10:])
    once = context_of(*ASKED, *worked(2, prompts=(1_000, 1_100)))
    assert context.count.ratio == once.count.ratio
    assert context.count.counted == 1_400


@pytest.mark.parametrize(("accepted", "limit"), [((20_000, 30_000), 30_010), ((), 8_192)])
def test_a_refusal_teaches_the_window(accepted: tuple[int, ...], limit: int) -> None:
    refused = (StepStarted(9, "", 0), StepFailed("too long", "overflow", 1))
    context = context_of(*ASKED, *worked(2, prompts=accepted), *refused)
    assert context.count.limit == limit
