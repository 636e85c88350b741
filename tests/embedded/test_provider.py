"""The embedded server as our own thin client sees it."""

import pytest

from kimi_tui.embedded.reply_chunks import Fault, FaultKind
from kimi_tui.embedded.script import Script, ScriptedCall, ScriptStep
from kimi_tui.embedded.server import EmbeddedServer
from kimi_tui.messages import Message
from kimi_tui.providers import connect
from kimi_tui.providers.base import ModelReply, ModelRequest, ProviderError, ReplyFragment

STEP = ScriptStep(reasoning="one two three", text="four five", calls=(ScriptedCall("read", {"source": "S1"}),))
ASKED = ModelRequest("scripted", (Message("user", "Hello"),), ())


async def generate(script: Script) -> tuple[ModelReply, list[ReplyFragment]]:
    """One reply of a scripted server, and its fragments."""
    server = EmbeddedServer(script=script)
    provider = connect("openai", await server.start())
    fragments: list[ReplyFragment] = []
    try:
        return await provider.generate(ASKED, fragments.append), fragments
    finally:
        await provider.close()
        await server.close()


async def test_a_reply_arrives_whole_with_its_usage() -> None:
    reply, fragments = await generate(Script(end=STEP))
    assert (reply.reasoning, reply.text, reply.finish_reason) == ("one two three", "four five", "tool_calls")
    assert [(call.name, call.arguments) for call in reply.calls] == [("read", {"source": "S1"})]
    assert not reply.usage.estimated
    assert reply.usage.reasoning_tokens > 0
    assert "".join(fragment.text for fragment in fragments if fragment.kind == "reasoning") == "one two three"


@pytest.mark.parametrize(
    ("kind", "seen"),
    [
        ("status", "overloaded"),
        ("html", "malformed"),
        ("error-frame", "overloaded"),
        ("invalid-frame", "malformed"),
        ("reset", "truncated"),
        ("cut", "truncated"),
        ("close", "truncated"),
        ("no-finish", "truncated"),
    ],
)
async def test_embedded_fault_raises_matching_error(kind: FaultKind, seen: str) -> None:
    step = ScriptStep(reasoning=STEP.reasoning, text=STEP.text, fault=Fault(kind, at="text"))
    with pytest.raises(ProviderError) as caught:
        await generate(Script(end=step))
    assert caught.value.kind == seen


async def test_embedded_models_report_window() -> None:
    server = EmbeddedServer(script=Script(context_window=32_768))
    provider = connect("openai", await server.start())
    try:
        assert {model.id: model.context_window for model in await provider.models()} == {
            "extractive-researcher": 262_144,
            "scripted": 32_768,
        }
    finally:
        await provider.close()
        await server.close()
