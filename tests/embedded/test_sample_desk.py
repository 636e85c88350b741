"""The researcher with the real tools: on the sample desk, and on a small folder of anybody's documents."""

from pathlib import Path
from typing import Any

import pytest

from kimi_tui.evidence.memo import CheckedMemo
from kimi_tui.evidence.memo_check import check_memo
from kimi_tui.sample_questions import SAMPLE_QUESTIONS
from kimi_tui.tools.base import Tool, ToolContext, ToolError, ToolSettings
from kimi_tui.tools.calculation.calculate import Calculate
from kimi_tui.tools.desk.find_in import FindIn
from kimi_tui.tools.desk.read import Read
from kimi_tui.tools.desk.search_documents import SearchDocuments
from kimi_tui.tools.schema import build_schema, parse_arguments
from kimi_tui.tools.sql.query_database import QueryDatabase
from kimi_tui.tools.submit_memo import SubmitMemo
from kimi_tui.tools.update_plan import UpdatePlan
from tests.embedded.drive import whole_reply
from tests.tools.kit import tool_context

DESK = Path(__file__).parent.parent.parent / "kimi_tui" / "sample_desk"
TOOLS: tuple[Tool, ...] = (
    Calculate(),
    FindIn(),
    QueryDatabase(),
    Read(),
    SearchDocuments(),
    SubmitMemo(),
    UpdatePlan(),
)


async def observe(name: str, raw: str, context: ToolContext) -> str:
    """Run one call as the engine does."""
    import json

    tool = next(tool for tool in TOOLS if tool.name == name)
    try:
        return (await tool.run(parse_arguments(tool, json.loads(raw)), context)).text
    except ToolError as error:
        return str(error)


class Turn:
    """One question worked through."""

    def __init__(self) -> None:
        self.calls: list[str] = []
        self.observations: list[str] = []
        self.memo = CheckedMemo("", "", (), ())
        self.submissions = 0


async def work(base_url: str, question: str, context: ToolContext) -> Turn:
    """Ask, and answer every call with the real tool, until a memo is accepted."""
    turn = Turn()
    messages: list[dict[str, Any]] = [{"role": "user", "content": question}]
    declared = [
        {"type": "function", "function": {"name": tool.name, "parameters": build_schema(tool)}} for tool in TOOLS
    ]
    for _ in range(30):
        message = (await whole_reply(base_url, messages, declared))["choices"][0]["message"]
        messages.append({key: value for key, value in message.items() if value is not None})
        for call in message["tool_calls"]:
            name, raw = call["function"]["name"], call["function"]["arguments"]
            text = await observe(name, raw, context)
            turn.calls.append(f"{name} {raw}")
            turn.observations.append(text)
            messages.append({"role": "tool", "tool_call_id": call["id"], "name": name, "content": text})
            if name == "submit_memo":
                import json

                arguments = json.loads(raw)
                turn.memo = check_memo(arguments["title"], arguments["memo"], context.sources)
                turn.submissions += 1
                if text.startswith("Memo accepted"):
                    return turn
    raise AssertionError("no memo was accepted")


@pytest.mark.parametrize("question", SAMPLE_QUESTIONS)
async def test_each_suggested_question_ends_in_a_memo_that_holds(base_url: str, question: str) -> None:
    async with tool_context(ToolSettings(desk=DESK)) as context:
        turn = await work(base_url, question, context)
    assert turn.memo.problems == ()
    assert {one.finding for one in turn.memo.statements if one.citations} == {"supported"}
    assert 10 <= len(turn.calls) <= 40
    addresses = {ref.address for ref in context.sources.refs() if ref.id in turn.memo.sources}
    assert len(addresses) >= 3
    failed = [text for text in turn.observations if "failed" in text.partition("\n")[0]]
    assert failed == []
