"""Commands that show what the model sees of a desk: `tool` and `desk`."""

import argparse
import asyncio
import re
import sys
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import msgspec

from kimi_tui.cells import Cell
from kimi_tui.config import ConfigError, LoadedSettings
from kimi_tui.engine.toolbox import text_for_model
from kimi_tui.headless import DONE, FAILED
from kimi_tui.runner.tool_bench import ToolBench, open_tool_bench
from kimi_tui.session import SessionError
from kimi_tui.text import count_noun, one_line, printable
from kimi_tui.tools import offered_tools
from kimi_tui.tools.base import Observation, ToolError
from kimi_tui.tools.desk.desk_index import ReadingProgress
from kimi_tui.tools.desk.files import format_size
from kimi_tui.tools.desk.survey import Survey, SurveyedDatabase, SurveyedDocument, survey_desk

_PLACE = re.compile(r"\[(S\d+)(?: ([^\]\n]+))?\]")
"""A source, and its part, as answers name them."""


class _Call(NamedTuple):
    """One tool with its arguments."""

    name: str
    arguments: dict[str, Any]


def run_tools(loaded: LoadedSettings, options: argparse.Namespace) -> int:
    """Run each call and print what the model would read; raises `ConfigError` for wrong usage, and `SessionError`."""
    return asyncio.run(_run_tools(loaded, _parse_calls(options.calls), as_json=options.json))


def list_desk(loaded: LoadedSettings, options: argparse.Namespace) -> int:
    """Print what is on a desk; raises `ConfigError` without one, and `SessionError` when it cannot be listed."""
    if not loaded.settings.desk:
        raise ConfigError("there is no desk to look at; name its folder: `kimi-tui desk DIR`")
    return asyncio.run(_list_desk(loaded, as_json=options.json))


async def _run_tools(loaded: LoadedSettings, calls: Sequence[_Call], *, as_json: bool) -> int:
    """Run the calls and return the exit code: 0 only if every one of them is ok."""
    code = DONE
    async with open_tool_bench(loaded) as bench:
        tools = offered_tools(bench.context.settings)
        if not calls:
            print("\n".join(f"{tool.name}: {tool.description}" for tool in tools))
        for call in calls:
            if call.name not in {tool.name for tool in tools}:
                names = ", ".join(tool.name for tool in tools)
                raise ConfigError(f"there is no tool {one_line(call.name, 60)!r} here; the tools are {names}")
        for call in calls:
            observation = await bench.toolbox.run_outside_call(call.name, call.arguments)
            code = code if observation.status == "ok" else FAILED
            print(_result_as_json(bench, observation) if as_json else printable(text_for_model(observation)))
    return code


def _parse_calls(words: Sequence[str]) -> list[_Call]:
    """Parse the typed calls; raises `ConfigError`."""
    calls: list[_Call] = []
    for word in words:
        is_arguments = word == "-" or word.lstrip()[:1] in ("{", "[", '"', "'")
        if not is_arguments:
            calls.append(_Call(word, {}))
        elif not calls or calls[-1].arguments:
            raise ConfigError(f"arguments without a tool before them: {one_line(word, 60)}; write NAME JSON")
        else:
            calls[-1] = calls[-1]._replace(arguments=_parse_arguments(sys.stdin.read() if word == "-" else word))
    return calls


def _parse_arguments(text: str) -> dict[str, Any]:
    """Parse a JSON object; raises `ConfigError`."""
    try:
        return msgspec.json.decode(text.encode("utf-8", "surrogateescape"), type=dict[str, Any])
    except (msgspec.DecodeError, RecursionError, UnicodeError) as error:
        raise ConfigError(
            f"the arguments are not a JSON object ({one_line(str(error), 200)}); "
            'write them as in \'{"source": "report.pdf", "parts": "4"}\''
        ) from None


def _result_as_json(bench: ToolBench, observation: Observation) -> str:
    """Return the result of a call as one line of JSON."""
    answer = {
        "text": text_for_model(observation),
        "status": observation.status,
        "sources": observation.sources,
        "cells": list(_cells_shown(bench, observation)),
        "notes": observation.notes,
    }
    return msgspec.json.encode(answer).decode()


def _cells_shown(bench: ToolBench, observation: Observation) -> Iterator[Cell]:
    """The cells of the places that an answer shows; of a source that it names without a place, all."""
    labels: dict[str, set[str]] = {}
    for source, label in _PLACE.findall(observation.text):
        labels.setdefault(source, set()).add(label)
    for ref in observation.sources:
        wanted = labels.get(ref.id, set()) - {""}
        for cell in bench.context.sources.cells(ref.id):
            if not wanted or not wanted.isdisjoint((cell.part, f"row {cell.row_number}")):
                yield cell


async def _list_desk(loaded: LoadedSettings, *, as_json: bool) -> int:
    """Read everything, with progress on stderr, and print the survey."""
    async with open_tool_bench(loaded) as bench:
        if bench.context.index is not None:
            bench.context.index.on_progress = _tell
        try:
            found = await survey_desk(bench.context)
            while not found.complete:
                found = await survey_desk(bench.context)
        except ToolError as error:
            raise SessionError(str(error)) from None
    if as_json:
        print(msgspec.json.encode(found).decode())
    else:
        print("\n".join(map(printable, _survey_lines(found))))
    return DONE


def _tell(progress: ReadingProgress) -> None:
    """Say on stderr how far the reading is, in one line that is written anew where there is a terminal."""
    line = f"kimi-tui: {progress.read:,} of {count_noun(progress.documents, 'document')} read, "
    line += count_noun(progress.pages, "page")
    line += f", {progress.unreadable:,} without text" if progress.unreadable else ""
    if sys.stderr.isatty():
        print(f"\r\x1b[K{line}", end="" if progress.read < progress.documents else "\n", file=sys.stderr, flush=True)
    elif progress.read == progress.documents:
        print(line, file=sys.stderr)


def _survey_lines(found: Survey) -> Iterator[str]:
    """Format the survey for people."""
    surveyed: list[SurveyedDocument | SurveyedDatabase] = [*found.documents, *found.databases]
    unread = sum(bool(one.error) for one in surveyed) + len(found.skipped)
    yield (
        f"{one_line(found.desk)}: {count_noun(len(found.documents), 'document')}, "
        f"{count_noun(len(found.databases), 'database')}, {count_noun(unread, 'file')} not read"
    )
    for one in surveyed:
        yield f"- {one_line(one.path, 200)} · {format_size(one.bytes)} · {_file_state(one)}"
        yield from (f"    {one_line(note)}" for note in one.notes)
    for path, reason in found.skipped:
        yield f"- {one_line(path, 200)} · not read: {one_line(reason, 300)}"
    if found.cut:
        yield found.cut


def _file_state(one: SurveyedDocument | SurveyedDatabase) -> str:
    """Say in a word how a file was read."""
    if one.error:
        return f"not read: {one_line(one.error, 300)}"
    if isinstance(one, SurveyedDatabase):
        return count_noun(len(one.tables), "table")
    return " · ".join(filter(None, (one.extent, one.encoding, one.reader)))
