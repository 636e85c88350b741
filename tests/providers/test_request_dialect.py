"""Requests to servers, quirk by quirk.

| quirk | what is done |
|---|---|
| 2 reasoning of the history read under one name alone | sent under both, or under those a probe found |
| 3 a turn that called without its reasoning is refused | an empty one is sent to models that need it, never null |
| 4 an answer in between drops all earlier reasoning | a steer is a user's message; an answer goes without reasoning |
| 5 ids of another shape are copied by the model and lost | written anew, counted over what is sent |
| 10 malformed arguments in the history break the next request | what goes back is always a JSON object |
| 19 old observations are hidden | messages and ids stay, the words alone are replaced |
| 24 an empty content is refused, or read as text | left out beside calls |
| 26 another order of tools costs the whole cache | sorted to the last key, the same bytes for ever |
| 27 parameters that a model refuses | left out by a table, or after the server named them |

A round of equal calls (20) is the engine's to end: `tests/engine/decide/test_loop_guard.py`.
"""

import itertools
import json
from typing import Any

import pytest

from kimi_tui.events import ContextCompacted, ObservationRecorded, ReasoningRecorded, SteerReceived, ToolCallProposed
from kimi_tui.messages import Message, SentCall
from kimi_tui.providers import PROVIDERS, connect
from kimi_tui.providers.base import Endpoint, ModelRequest, ProviderError, ToolSchema
from kimi_tui.providers.capabilities import CAPABILITIES, UNKNOWN, find_capability, is_vendor
from kimi_tui.providers.request_dialect import MANAGED, SELF_HOSTED, wire_body
from tests.projections.test_context import ASKED, REF, call, context_of, step
from tests.providers.replay import Recorded, Replay
from tests.providers.test_contract import QUESTION, ignore, said

CALLED = Message("assistant", reasoning="Hm.", calls=(SentCall("functions.read:0", "read", "{}"),))
UNRECORDED = Message("assistant", calls=CALLED.calls)
WHOLE = Recorded.events(said(content="So."), said("stop"), "[DONE]")


def sent(request: ModelRequest, *, managed: bool = False) -> dict[str, Any]:
    """A request's body."""
    body: dict[str, Any] = json.loads(wire_body(request, MANAGED if managed else SELF_HOSTED))
    return body


def asking(model: str = "kimi-k2-thinking", *messages: Message, **more: Any) -> ModelRequest:
    """A request."""
    return ModelRequest(model, messages or (Message("user", "Hi"),), (), **more)


@pytest.mark.parametrize(
    ("managed", "found", "keys"),
    [
        (False, (), {"reasoning", "reasoning_content"}),
        (True, (), {"reasoning_content"}),
        (False, ("reasoning",), {"reasoning"}),
        (True, ("reasoning", "reasoning_content"), {"reasoning", "reasoning_content"}),
    ],
)
def test_reasoning_goes_back_under_the_names_that_the_server_reads(
    managed: bool, found: tuple[str, ...], keys: set[str]
) -> None:
    """Quirk 2: both to one's own server, one to Moonshot, and what a probe found before either."""
    request = asking("kimi-k2-thinking", CALLED, endpoint=Endpoint(reasoning_keys=found))
    (message,) = sent(request, managed=managed)["messages"]
    assert {key: message[key] for key in keys} == dict.fromkeys(keys, "Hm.")
    assert not ({"reasoning", "reasoning_content"} - keys) & message.keys()


@pytest.mark.parametrize("model", ["moonshotai/Kimi-K2-Thinking", "kimi-k2.6", "moonshot/kimi-k3"])
def test_a_turn_without_recorded_reasoning_goes_back_with_an_empty_one(model: str) -> None:
    """Quirk 3."""
    (message,) = sent(asking(model, UNRECORDED), managed=True)["messages"]
    assert message["reasoning_content"] == ""


def test_a_model_that_does_not_need_reasoning_is_sent_none_that_was_not_recorded() -> None:
    """Quirk 3, its limit."""
    (message,) = sent(asking("another-model", UNRECORDED))["messages"]
    assert not {"reasoning", "reasoning_content"} & message.keys()


def test_wire_body_has_no_null() -> None:
    """Quirk 3: null is rendered as a word."""
    request = asking("kimi-k2-thinking", Message("system"), UNRECORDED, Message("tool", "", call_id="a", name="read"))
    assert b"null" not in wire_body(request, SELF_HOSTED)


def test_a_steer_is_a_users_message_and_an_answer_goes_without_reasoning() -> None:
    """Quirk 4: no assistant's message without calls is inside a turn."""
    events = (*ASKED, ReasoningRecorded("Hm.", 1.0, 1), *step(call("c1"), text="I look."), SteerReceived("Be brief."))
    messages = sent(asking("m", *context_of(*events).messages))["messages"]
    assert all(message.get("tool_calls") for message in messages if message["role"] == "assistant")
    (answer,) = sent(asking("m", Message("assistant", "46 %.", reasoning="Hm.")))["messages"]
    assert answer == {"role": "assistant", "content": "46 %."}


def test_wire_messages_call_ids_pair_with_observations() -> None:
    """Quirk 5: `functions.NAME:N`, counted over all that is sent."""
    events = (*ASKED, *step(call("c1"), call("c2")), *step(call("c3", "find.in-all")))
    wire = sent(asking("m", *context_of(*events).messages))["messages"]
    ids = [one["id"] for message in wire for one in message.get("tool_calls", ())]
    assert ids == ["functions.read:0", "functions.read:1", "functions.find_in_all:2"]
    assert [message["tool_call_id"] for message in wire if message["role"] == "tool"] == ids
    assert [message["name"] for message in wire if message["role"] == "tool"] == ["read", "read", "find_in_all"]


@pytest.mark.parametrize("raw", ['{"source": "S', "[1]", "{nope", ""])
def test_malformed_arguments_never_go_back(raw: str) -> None:
    """Quirk 10, and what was measured: they break the next request on two engines of three."""
    broken = ToolCallProposed("c1", "read", {}, raw, problem="broken")
    (message,) = [one for one in context_of(*ASKED, *step(broken)).messages if one.calls]
    assert json.loads(sent(asking("m", message))["messages"][0]["tool_calls"][0]["function"]["arguments"]) == {}


def test_a_hidden_observation_keeps_its_message_and_its_id() -> None:
    """Quirk 19."""
    before = (*ASKED, *step(call("c1")), ObservationRecorded("c1", "ok", "the whole page", (REF,)))
    plain = sent(asking("m", *context_of(*before).messages))["messages"]
    hidden = sent(asking("m", *context_of(*before, ContextCompacted("hide", ("c1",), "", 9, 1)).messages))["messages"]
    assert plain[-1]["content"] != hidden[-1]["content"]
    for message in (plain[-1], hidden[-1]):
        message["content"] = ""
    assert plain == hidden


def test_a_content_that_is_empty_is_left_out_beside_calls() -> None:
    """Quirk 24: and a content is a string, never a list."""
    called, text = sent(asking("m", CALLED, Message("user", "")))["messages"]
    assert "content" not in called
    assert text["content"] == ""


def test_tools_go_out_the_same_whatever_their_order() -> None:
    """Quirk 26: of the tools, and of the keys of their schemas."""
    one = {"type": "object", "properties": {"a": {"type": "string"}, "b": {"type": "string"}}, "required": ["a"]}
    two = json.loads(json.dumps(one, sort_keys=True))
    tools = [ToolSchema("read", "Read", one), ToolSchema("ask", "Ask", two), ToolSchema("zip", "Zip", one)]
    swapped = [ToolSchema("read", "Read", two), ToolSchema("ask", "Ask", one), ToolSchema("zip", "Zip", two)]
    bodies = {
        wire_body(ModelRequest("m", (), order), SELF_HOSTED)
        for tools_of in (tools, swapped)
        for order in itertools.permutations(tools_of)
    }
    assert len(bodies) == 1


@pytest.mark.parametrize(
    ("model", "family"),
    [
        ("kimi-k2-thinking", "K2 Thinking"),
        ("moonshotai/Kimi-K2-Thinking", "K2 Thinking"),
        ("/models/Kimi-K2-Thinking-UD-TQ1_0-00001-of-00006.gguf", "K2 Thinking"),
        ("moonshotai/Kimi-K2.5", "K2.5"),
        ("accounts/fireworks/models/kimi-k2p5", "K2.5"),
        ("moonshot/kimi-k2.6", "K2.6"),
        ("Kimi-K2.7-Code", "K2.7"),
        ("KIMI_K2_THINKING_TURBO", "K2 Thinking"),
        ("moonshot.kimi-k2-thinking", "K2 Thinking"),
        ("kimi-k2-thinking:cloud", "K2 Thinking"),
        ("unsloth/Kimi-K2.5-GGUF:UD-Q2_K_XL", "K2.5"),
        ("kimi-k2-6", "K2.6"),
        ("Kimi_K2_6", "K2.6"),
        ("k2.6", "K2.6"),
        ("/srv/models/Kimi-K2.6-UD-Q4_K_XL-00001-of-00014.gguf", "K2.6"),
        ("kimi-k2-7-code-highspeed", "K2.7"),
        ("kimi-k3", "K3"),
        ("k3", "K3"),
        ("K3.1-Pro", "K3"),
        ("moonshot/kimi-k3.1-pro", "K3"),
        ("moonshotai/Kimi-K3", "K3"),
        ("accounts/fireworks/models/kimi-k3p1-pro", "K3"),
        ("Kimi-K3-Q2_K-00001-of-00030.gguf", "K3"),
        ("openrouter/moonshotai/kimi-k3:nitro", "K3"),
        ("kimi-for-coding", "Kimi for Coding"),
        ("kimi-code/kimi-for-coding", "Kimi for Coding"),
        ("kimi-k2:1t", "K2 Instruct"),
        ("kimi-k2-0711-preview", "K2 Instruct"),
        ("kimi-k2-6bit", UNKNOWN.family),
        ("LLM360/K2-Think", UNKNOWN.family),
        ("LLM360/K2-V2", UNKNOWN.family),
        ("kimi-k30", UNKNOWN.family),
        ("task3", UNKNOWN.family),
        ("Kimi-K2-Instruct-0905", "K2 Instruct"),
        ("extractive-researcher", UNKNOWN.family),
        ("gpt-5", UNKNOWN.family),
        ("", UNKNOWN.family),
    ],
)
def test_a_model_is_known_by_its_id(model: str, family: str) -> None:
    """Quirk 27."""
    assert find_capability(model).family == family


@pytest.mark.parametrize(
    "model", ["kimi-k2.5", "kimi-k2-6", "kimi-k2.7-code", "kimi-k3", "k3", "k3.1-pro", "kimi-for-coding"]
)
def test_the_sampling_of_current_models_is_left_to_their_service(model: str) -> None:
    """Quirk 27: another value is answered with 400, and so is a call that is required."""
    body = sent(asking(model, temperature=0.3, max_tokens=9), managed=True)
    assert not {"temperature", "top_p", "tool_choice", "reasoning_effort"} & body.keys()
    assert body["max_tokens"] == 9
    assert sent(asking(model, temperature=0.3))["temperature"] == 0.3


def test_wire_parameters_self_hosted_sends_sampling() -> None:
    """Quirk 27: most anomalies that vendors saw came of other values; what the settings say comes first."""
    assert sent(asking("Kimi-K2-Thinking"))["temperature"] == 1.0
    assert sent(asking("Kimi-K2.5"))["top_p"] == 0.95
    assert sent(asking("Kimi-K2-Thinking", temperature=0.5))["temperature"] == 0.5


def test_wire_parameters_unknown_model_sends_no_extras() -> None:
    """Quirk 27, its limit."""
    for managed in (False, True):
        assert sent(asking("another-model"), managed=managed).keys() == {
            "model",
            "messages",
            "stream",
            "stream_options",
        }


def test_earlier_reasoning_is_kept_by_the_service_that_would_drop_it() -> None:
    """Quirk 27: K2.6, and never together with an effort."""
    body = sent(asking("moonshot/kimi-k2.6"), managed=True)
    assert body["thinking"] == {"type": "enabled", "keep": "all"}
    assert "reasoning_effort" not in body
    assert "thinking" not in sent(asking("moonshotai/Kimi-K2.6"))


def test_thinking_is_never_switched_off_by_the_way() -> None:
    """Quirk 27: the switch that works around a parser is set for a template that ignores it, and for no other."""
    raw = Endpoint(splits_thinking=False)
    assert sent(asking("kimi-k2-thinking", endpoint=raw))["chat_template_kwargs"] == {"thinking": False}
    for model in ("kimi-k2.5", "kimi-k2.6", "kimi-k3", "another-model"):
        assert "chat_template_kwargs" not in sent(asking(model, endpoint=raw))


@pytest.mark.parametrize(
    ("host", "vendor"),
    [
        ("api.moonshot.ai", True),
        ("api.moonshot.cn", True),
        ("api.kimi.com", True),
        ("API.Kimi.com.", True),
        ("moonshot.ai", True),
        ("notmoonshot.ai", False),
        ("kimi.com.example", False),
        ("127.0.0.1", False),
        ("", False),
    ],
)
def test_vendor_is_known_by_host(host: str, vendor: bool) -> None:
    assert is_vendor(host) == vendor


def test_every_family_of_the_table_says_how_its_thinking_is_treated() -> None:
    """Quirk 27: the rows are apart, so that the order of the table decides nothing."""
    assert len({row.family for row in CAPABILITIES}) == len(CAPABILITIES)
    assert not any(row.managed and not row.refused for row in CAPABILITIES)
    assert {row.family: row.parser for row in CAPABILITIES if row.parser != "kimi_k2"} == {"K3": "kimi_k3"}


@pytest.mark.parametrize("kind", PROVIDERS)
async def test_a_parameter_that_the_server_names_is_left_out_from_then_on(kind: str) -> None:
    """Quirk 27: once more without it, and the reply says so."""
    refused = Recorded.json(
        {
            "error": {
                "message": "invalid temperature: only 1 is allowed for this model",
                "type": "invalid_request_error",
            }
        },
        "400 Bad Request",
    )
    async with Replay(WHOLE, before=(refused,)) as server:
        provider = connect(kind, server.address)
        replies = [await provider.generate(asking("m", temperature=0.5), ignore) for _ in range(2)]
        await provider.close()
    assert ["temperature" in body for _, _, body in server.asked] == [True, False, False]
    assert ["without-temperature" in reply.recoveries for reply in replies] == [True, False]


@pytest.mark.parametrize(
    ("message", "times"),
    [
        ("thinking is enabled but reasoning_content is missing in assistant tool call message at index 3", 1),
        ("something else is wrong", 1),
        ("Unrecognized request argument supplied: stream_options", 2),
        ("Extra inputs are not permitted: 'messages[0].reasoning'", 2),
    ],
)
async def test_only_what_a_request_can_do_without_is_left_out(message: str, times: int) -> None:
    """Quirk 27, its limit: a server that misses something is not asked with less."""
    refused = Recorded.json({"error": {"message": message}}, "400 Bad Request")
    async with Replay(refused) as server:
        provider = connect("openai", server.address)
        with pytest.raises(ProviderError) as caught:
            await provider.generate(ModelRequest("m", (CALLED,), QUESTION.tools), ignore)
        await provider.close()
    assert caught.value.kind == "bad-request"
    assert len(server.asked) == times


@pytest.mark.parametrize(
    ("model", "own", "managed"),
    [
        ("kimi-k2.6", {"chat_template_kwargs": {"thinking": False}}, {"thinking": {"type": "disabled"}}),
        ("kimi-k3", {"reasoning_effort": "low"}, {"reasoning_effort": "low"}),
        ("kimi-k2-thinking", {}, {}),
    ],
)
def test_thinking_is_switched_off_as_the_model_wants_it(
    model: str, own: dict[str, Any], managed: dict[str, Any]
) -> None:
    names = {"chat_template_kwargs", "thinking", "reasoning_effort"}
    for where, fields in ((False, own), (True, managed)):
        body = sent(asking(model, thinking=False), managed=where)
        assert {name: body[name] for name in names & body.keys()} == fields
