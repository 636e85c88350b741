"""The cache of encoded messages: the same bytes as without it, whatever a session's context goes through."""

from kimi_tui.messages import Message, SentCall
from kimi_tui.providers.base import ModelRequest
from kimi_tui.providers.request_dialect import MANAGED, SELF_HOSTED, Dialect, MessageEncoder, wire_body

SYSTEM, QUESTION = Message("system", "You read."), Message("user", "What was revenue? \ud800")
CALL = Message("assistant", reasoning="Hm.", calls=(SentCall("functions.read:0", "read", "{}"),))
RESULT = Message("tool", "512.7", call_id="functions.read:0", name="read")
STUB, CHECKPOINT = Message("tool", "hidden", call_id="functions.read:0", name="read"), Message("user", "So far: ...")


def test_a_body_is_the_same_however_the_messages_before_it_were() -> None:
    encoder = MessageEncoder()
    histories: tuple[tuple[tuple[Message, ...], Dialect], ...] = (
        ((SYSTEM, QUESTION), SELF_HOSTED),
        ((SYSTEM, QUESTION, CALL, RESULT), SELF_HOSTED),
        ((SYSTEM, QUESTION, CALL, STUB), SELF_HOSTED),
        ((SYSTEM, QUESTION, CALL, STUB), MANAGED),
        ((SYSTEM, QUESTION, CHECKPOINT), MANAGED),
        ((), MANAGED),
        ((SYSTEM, QUESTION, CALL, RESULT), SELF_HOSTED),
    )
    for messages, dialect in histories:
        request = ModelRequest("m", messages, ())
        assert wire_body(request, dialect, encode=encoder.encode) == wire_body(request, dialect)


def test_a_message_that_was_sent_before_is_not_encoded_again() -> None:
    encoder = MessageEncoder()
    before = encoder.encode((SYSTEM, QUESTION, CALL, RESULT), SELF_HOSTED)
    after = encoder.encode((SYSTEM, QUESTION, CALL, STUB, CHECKPOINT), SELF_HOSTED)
    assert [old is new for old, new in zip(before, after, strict=False)] == [True, True, True, False]
