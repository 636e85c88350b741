"""The body that leaves."""

import json

from kimi_tui.messages import Message, SentCall
from kimi_tui.providers.base import ModelRequest, ToolSchema
from kimi_tui.providers.request_dialect import MANAGED, SELF_HOSTED, wire_body, wire_messages

CALL = SentCall("functions.read:0", "read", "{}")
READ = ToolSchema("read", "Read", {"type": "object", "properties": {"source": {"type": "string"}}})
ASK = ToolSchema("ask", "Ask", {"properties": {}, "type": "object"})


def test_the_same_request_gives_the_same_bytes_whatever_the_order_of_its_tools() -> None:
    messages = (Message("user", "Hi"),)
    again = ToolSchema("ask", "Ask", {"type": "object", "properties": {}})
    assert wire_body(ModelRequest("m", messages, (READ, ASK)), SELF_HOSTED) == wire_body(
        ModelRequest("m", messages, (again, READ)), SELF_HOSTED
    )


def test_a_managed_endpoint_gets_no_field_that_it_may_not_know() -> None:
    message = Message("assistant", reasoning="Hm.", calls=(CALL,))
    request = ModelRequest("m", (message,), ())
    body = json.loads(wire_body(request, MANAGED))
    assert "reasoning" not in body["messages"][0]
    assert body["messages"][0]["reasoning_content"] == "Hm."
    assert body["stream_options"] == {"include_usage": True}
    assert "tools" not in body
    assert "max_tokens" not in body


def test_empty_reasoning_goes_back_and_absent_reasoning_does_not() -> None:
    empty, absent = wire_messages(
        (Message("assistant", reasoning="", calls=(CALL,)), Message("assistant", calls=(CALL,))), SELF_HOSTED
    )
    assert (empty["reasoning"], empty["reasoning_content"]) == ("", "")
    assert not {"reasoning", "reasoning_content", "content"} & set(absent)


def test_an_answer_goes_back_without_its_reasoning() -> None:
    (answer,) = wire_messages((Message("assistant", "It is 46 %.", reasoning="Hm."),), SELF_HOSTED)
    assert answer == {"role": "assistant", "content": "It is 46 %."}


def test_text_beside_calls_is_kept() -> None:
    (message,) = wire_messages((Message("assistant", "I look.", calls=(CALL,)),), SELF_HOSTED)
    assert message["content"] == "I look."


def test_no_value_is_ever_null_and_lone_surrogates_do_not_leave() -> None:
    request = ModelRequest("m", (Message("user", "a\ud800"), Message("assistant")), (READ,))
    body = wire_body(request, SELF_HOSTED)
    assert b"null" not in body
    assert json.loads(body)["messages"] == [
        {"role": "user", "content": "a\ufffd"},
        {"role": "assistant", "content": ""},
    ]
