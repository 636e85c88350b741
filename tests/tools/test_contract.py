"""Contract of every tool, checked for each entry of `TOOLS`, so that a new one is tested without a test."""

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from kimi_tui.events import Effect
from kimi_tui.tools import TOOLS, offered_tools
from kimi_tui.tools.base import Tool, ToolError, ToolSettings
from kimi_tui.tools.schema import build_schema, parse_arguments
from tests.tools.kit import tool_context

HOSTILE = [
    "\x1b[2J\x1b]52;c;cm0gLXJm\x07",
    "[@click=app.approve]Continue reading[/]",
    "[/]",
    "\u202eesrever\u2066 \u200b\U000e0041",
    "line\nline\r\nline\u2028line",
    "\x00\x9b31m",
    "../../etc/passwd",
    "'; DROP TABLE x; --",
    "\ud800",
    "x" * 20_000,
    "",
    " ",
]
EVERY_TOOL = pytest.mark.parametrize("tool", TOOLS, ids=lambda tool: tool.name)


def example(schema: dict[str, Any], text: str) -> Any:
    """A value that a schema allows, with `text` wherever it wants one."""
    if "enum" in schema:
        return schema["enum"][0]
    match schema["type"]:
        case "string":
            return text[: schema.get("maxLength", len(text))] or "x" * schema.get("minLength", 0)
        case "integer":
            return schema.get("minimum", 1)
        case "boolean":
            return True
        case "array":
            return [example(schema["items"], text)] * 3
        case _:
            named = {name: example(one, text) for name, one in schema.get("properties", {}).items()}
            return named or {text: example(schema["additionalProperties"], text)}


def arguments_of(tool: Tool, text: str) -> Any:
    return parse_arguments(tool, example(build_schema(tool), text))


@EVERY_TOOL
def test_its_name_and_description_suit_every_server(tool: Tool) -> None:
    assert re.fullmatch(r"[a-z][a-z0-9_]{1,40}", tool.name)
    assert 40 < len(tool.description) < 1_000
    assert tool.description.isprintable()
    assert tool.timeout > 0
    assert isinstance(tool.read_only, bool)


@EVERY_TOOL
@pytest.mark.parametrize("text", HOSTILE, ids=lambda text: ascii(text[:20]))
def test_its_effects_and_label_never_raise_and_are_plain_text(tool: Tool, text: str) -> None:
    arguments = arguments_of(tool, text)
    label = tool.label(arguments)
    assert label
    assert len(label) <= 300
    assert label.isprintable()
    for effect in tool.effects(arguments):
        assert isinstance(effect, Effect)


@EVERY_TOOL
def test_bad_arguments_are_errors_that_name_the_tool(tool: Tool) -> None:
    good = example(build_schema(tool), "x")
    required = build_schema(tool)["required"]
    bad: list[dict[str, Any]] = [{**good, "nonsense": 1}, *({**good, name: {"a": 1}} for name in good)]
    bad += [{other: value for other, value in good.items() if other != name} for name in required]
    for arguments in bad:
        with pytest.raises(ToolError, match=f"{tool.name} was not run: "):
            parse_arguments(tool, arguments)


@EVERY_TOOL
@pytest.mark.parametrize("text", [*HOSTILE, "S999", "S1", "p.1"], ids=lambda text: ascii(text[:20]))
async def test_hostile_arguments_end_in_an_observation_or_an_error_without_control_characters(
    tool: Tool, text: str, tmp_path: Path
) -> None:
    (tmp_path / "desk").mkdir()
    (tmp_path / "desk" / "note.md").write_text("# Note\n\nSome words.")
    # None of these texts is an address, and the search engine is none of the list: nothing can leave.
    settings = ToolSettings(desk=tmp_path / "desk", search_backend="none")
    async with tool_context(settings) as context:
        try:
            shown = (await tool.run(arguments_of(tool, text), context)).text
        except ToolError as error:
            shown = str(error)
    assert shown
    assert len(shown) < 20_000
    assert all(line.replace("\t", " ").isprintable() for line in shown.split("\n"))


def test_no_two_tools_share_a_name() -> None:
    assert len({tool.name for tool in TOOLS}) == len(TOOLS)


def test_what_is_offered_depends_on_the_desk_and_the_network(tmp_path: Path) -> None:
    everything = [tool.name for tool in TOOLS]
    assert [tool.name for tool in offered_tools(ToolSettings(desk=tmp_path))] == everything
    offline = [tool.name for tool in offered_tools(ToolSettings(desk=tmp_path, offline=True))]
    assert offline == [name for name in everything if name not in ("web_search", "open_page")]
    without_desk = [tool.name for tool in offered_tools(ToolSettings())]
    assert without_desk == [name for name in everything if name not in ("search_documents", "query_database")]


def test_the_search_that_is_offered_declares_the_host_of_the_settings() -> None:
    settings = ToolSettings(search_url="http://searx.corp:8888")
    search = next(tool for tool in offered_tools(settings) if tool.name == "web_search")
    assert search.effects(parse_arguments(search, {"query": "x"})) == (Effect("network", "searx.corp"),)


def test_importing_the_tools_loads_no_heavy_library() -> None:
    heavy = "httpx ddgs primp trafilatura lxml pypdf pypdfium2 html_to_markdown pydantic_monty litellm textual rich"
    code = f"import sys, kimi_tui.tools; print([name for name in {heavy.split()} if name in sys.modules])"
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert shown.stdout.strip() == "[]"
