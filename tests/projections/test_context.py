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
from kimi_tui.projections.context import Context, Message, SentCall
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
def test_observations_stand_in_the_order_of_the_calls(order: tuple[str, ...]) -> None:
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


def test_edited_arguments_are_told_with_the_observation() -> None:
    decided = ApprovalResolved("c1", "edit", edited={"b": 2})
    context = context_of(*ASKED, *step(call("c1")), decided, ObservationRecorded("c1", "ok", "done"))
    assert roles(context)[-1] == ("tool", '[The person changed the arguments; what ran: {"b": 2}]\ndone')


@pytest.mark.parametrize(("note", "told"), [("wrong year", ": wrong year"), ("", "")])
def test_a_withdrawn_observation_leaves_the_persons_note(note: str, told: str) -> None:
    events = (*ASKED, *step(call("c1")), ObservationRecorded("c1", "ok", "secret " * 99))
    before, after = context_of(*events), context_of(*events, ObservationWithdrawn("c1", note=note))
    assert roles(after)[-1] == ("tool", f"[The person withdrew this result{told}. Do not use it.]")
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
