"""The export as OpenAI messages: every call has its answer, whatever left the model's context."""

import json

from kimi_tui.export.file_writer import export_content
from kimi_tui.export.openai_messages import format_openai_messages
from kimi_tui.export.recording import read_recording
from kimi_tui.journal.reader import JournalReader


def test_messages_export_pairs_every_call_with_its_answer(reader: JournalReader) -> None:
    body = json.loads(export_content(reader, "messages"))
    messages = body["messages"]
    assert body["model"]
    assert [message["role"] for message in messages[:2]] == ["system", "user"]
    asked = [call["id"] for message in messages for call in message.get("tool_calls", ())]
    answered = [message["tool_call_id"] for message in messages if message["role"] == "tool"]
    assert asked == answered
    assert len(asked) == 5
    assert any(message.get("reasoning_content") for message in messages)


def test_messages_export_keeps_what_was_folded_away(reader: JournalReader) -> None:
    text = format_openai_messages(read_recording(reader)).decode()
    assert "[Checkpoint of step 1.]" not in text
    assert "[c1 was hidden.]" not in text
