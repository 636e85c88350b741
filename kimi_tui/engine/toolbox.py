"""Offer a session's tools: schemas for the model, checks on a proposed call, and a call run to its observation.

This is the tool boundary: whatever a tool does, what comes out is an observation with one of the agreed statuses.
"""

import asyncio
import difflib
import hashlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from traceback import TracebackException
from typing import Any

import msgspec

from kimi_tui.events import Effect, Entry, ObservationRecorded, ToolCallProposed
from kimi_tui.journal.chain import check_stored_form
from kimi_tui.projections.calls import Call
from kimi_tui.projections.research_state import PlanState
from kimi_tui.providers.base import ProposedCall, ToolSchema
from kimi_tui.session import StorageError
from kimi_tui.text import one_line, replace_surrogates
from kimi_tui.tools import call_digests
from kimi_tui.tools.base import Observation, SubmittedMemo, Tool, ToolContext, ToolError
from kimi_tui.tools.freshness import freshness_stamp
from kimi_tui.tools.schema import build_schema, parse_arguments

MAX_ARTIFACT_DEPTH = 64
"""How deep an artifact may be nested: every reader of the journal has to follow it."""

MAX_OBSERVATION_CHARS = 60_000
"""Characters; tools page on their own far below this, so that it is a belt and not a habit."""


class ToolFault(Exception):
    """An error in a tool's own code; its text is the kind of the error and what that says."""


@contextmanager
def tool_boundary(*expected: type[Exception]) -> Iterator[None]:
    """Raise whatever a tool's code raises as `ToolFault`, but for the expected errors and the caller's cancellation.

    `BaseException` too: libraries in Rust panic with one, and a fault in a tool is an observation, never the run's end.
    """
    try:
        yield
    except BaseException as error:
        task = asyncio.current_task() if isinstance(error, asyncio.CancelledError) else None
        is_cancelled = task is not None and task.cancelling() > 0
        if is_cancelled or isinstance(error, (*expected, KeyboardInterrupt, GeneratorExit)):
            raise
        raise ToolFault(_error_text(error)) from error


class Toolbox:
    """The tools that the model may use in one session."""

    def __init__(self, tools: tuple[Tool, ...], context: ToolContext) -> None:
        self._tools = {tool.name: tool for tool in tools}
        self._context = context
        self._leads: list[str] = []
        self._unkept: dict[str, StorageError] = {}
        self.schemas = tuple(
            ToolSchema(tool.name, tool.description, build_schema(tool)) for tool in sorted(tools, key=lambda t: t.name)
        )
        """Sorted and frozen: any change would cost the server's whole prefix cache."""

    @property
    def digest(self) -> str:
        """SHA-256 of the schemas."""
        return hashlib.sha256(msgspec.json.encode(self.schemas, order="deterministic")).hexdigest()

    def parameters_of(self, name: str) -> dict[str, Any] | None:
        """The JSON Schema of a tool's parameters; None for a tool that is not there."""
        return next((schema.parameters for schema in self.schemas if schema.name == name), None)

    def propose(self, call_id: str, call: ProposedCall) -> ToolCallProposed:
        """Return the event for a proposed call; `problem` says what is wrong with it."""
        label, read_only, problem = call.name, True, call.problem
        effects: tuple[Effect, ...] = ()
        asks = ""
        arguments = call.arguments or {}
        tool = self._tools.get(call.name)
        if tool is None:
            problem = self._unknown_tool_text(call.name)
        elif call.arguments is None:
            problem = problem or "the arguments are not a JSON object; write them again"
        else:
            try:
                with tool_boundary(ToolError):
                    parsed = parse_arguments(tool, arguments)
                    label, effects, read_only = tool.label(parsed), tool.effects(parsed), tool.read_only
                    asks = call_digests.call_digest(tool, parsed)
            except ToolError as error:
                problem = str(error)
            except ToolFault as fault:  # what a call would touch must be known before it may run
                label, effects, read_only, asks = call.name, (), True, ""
                problem = f"it was not run: {fault}; try other arguments or another tool"
        return ToolCallProposed(
            call_id=call_id,
            tool=replace_surrogates(call.name),
            arguments=arguments,
            raw=replace_surrogates(call.raw),
            label=one_line(label, 300),
            effects=effects,
            read_only=read_only,
            problem=problem,
            recovered=call.recovered,
            asks=asks,
            inferred=call.inferred,
        )

    def propose_edited(self, call: Call, arguments: dict[str, Any]) -> ToolCallProposed:
        """Return the call with a person's arguments; `problem` says what is wrong with them."""
        return self.propose(call.id, ProposedCall(call.tool, "", arguments))

    def is_identical(self, call: Call, other: Call) -> bool:
        """Return whether two calls ask for exactly the same, defaults and number forms aside."""
        tool, parsed, known = self._tools.get(call.tool), self._parse_arguments(call), self._parse_arguments(other)
        if tool is None or parsed is None or known is None or call.tool != other.tool:
            return False
        return call_digests.are_identical_calls(tool, parsed, known)

    def wants_fresh_result(self, call: Call) -> bool:
        """Return whether a call refuses earlier results."""
        return bool(getattr(self._parse_arguments(call), "fresh", False))

    def can_want_fresh_result(self, call: Call) -> bool:
        """Return whether the call's tool has a parameter for fresh results."""
        return hasattr(self._parse_arguments(call), "fresh")

    async def freshness_stamp(self, call: Call) -> str:
        """Return a stamp of the call's target at this moment; empty when there is none."""
        with suppress(ToolFault), tool_boundary():
            return await freshness_stamp(call.effects, self._context.settings.desk) if call.read_only else ""
        return ""  # its result answers no other call

    async def run(self, call: Call) -> ObservationRecorded:
        """Run a call to its one observation, which can be recorded; raises only when the caller is cancelled.

        `take_storage_problem` tells afterwards whether it is an error because a source could not be kept.
        """
        loop = asyncio.get_running_loop()
        started = loop.time()
        try:
            with tool_boundary(StorageError):
                event = await self._run_tool(call)
        except StorageError as error:
            self._unkept[call.id] = error
            event = ObservationRecorded(call.id, "error", _storage_full_text(call))
        except ToolFault as fault:
            event = ObservationRecorded(call.id, "error", _fault_text(call.tool, fault))
        return msgspec.structs.replace(event, duration=round(loop.time() - started, 3))

    def take_storage_problem(self, call_id: str) -> StorageError | None:
        """Return why the source of a finished call could not be kept; None when it was."""
        return self._unkept.pop(call_id, None)

    async def _run_tool(self, call: Call) -> ObservationRecorded:
        """Run the tool and return the observation as recorded; raises whatever the tool raises."""
        stamp = await self.freshness_stamp(call)
        observation = await self.run_outside_call(call.tool, call.arguments)
        tool, parsed = self._tools.get(call.tool), self._parse_arguments(call)
        event = check_recordable(
            ObservationRecorded(
                call_id=call.id,
                status=observation.status,
                text=text_for_model(observation),
                sources=observation.sources,
                artifact=observation.artifact,
                fetched=observation.fetched,
                outcome=call_digests.outcome_digest(tool, parsed, observation) if tool and parsed else "",
                places=call_digests.place_digests(tool, observation) if tool else (),
                stamp=stamp if _is_repeatable(observation) else "",
            )
        )
        self._leads += observation.leads
        return event

    def take_found_addresses(self) -> list[str]:
        """Return the addresses that calls found since the last time, each once."""
        leads, self._leads = list(dict.fromkeys(self._leads)), []
        return leads

    @property
    def prefetching_tool(self) -> Tool | None:
        """The tool that can fetch ahead of a call; None when the session has none."""
        return next((tool for tool in self._tools.values() if tool.prefetches), None)

    def is_prefetch_useful(self, address: str) -> bool:
        """Return whether a page can be fetched ahead and is not held already."""
        tool = self.prefetching_tool
        return tool is not None and tool.is_prefetch_useful(address)

    async def prefetch(self, address: str) -> tuple[int, str]:
        """Fetch a page in case the model opens it; return the bytes that it took, and why there is none."""
        tool = self.prefetching_tool
        if tool is None:
            return 0, ""
        try:
            with tool_boundary(ToolError):
                return await tool.prefetch(address, self._context), ""
        except (ToolError, ToolFault) as error:
            return 0, one_line(str(error), 300)

    def is_closing_tool(self, name: str) -> bool:
        """Return whether a tool still runs in the step that is kept for the answer when a budget is spent."""
        tool = self._tools.get(name)
        return tool is not None and tool.helps_to_answer

    def draft_of(self, call: Call) -> SubmittedMemo | None:
        """Return the memo that a call submits, whether it was accepted or not; None for any other call."""
        tool = self._tools.get(call.tool)
        return tool.draft(call.arguments) if tool is not None else None

    def _parse_arguments(self, call: Call) -> msgspec.Struct | None:
        """Return a call's arguments as its tool's parameters; None when they are not valid."""
        tool = self._tools.get(call.tool)
        with suppress(Exception):  # what is wrong with them was told when the call was proposed
            return parse_arguments(tool, call.arguments) if tool else None
        return None

    async def run_outside_call(self, name: str, arguments: dict[str, Any]) -> Observation:
        """Run a tool outside of any call; raises only `StorageError` and cancellation."""
        tool = self._tools.get(name)
        if tool is None:
            return Observation(self._unknown_tool_text(name), status="error")
        try:
            with tool_boundary(ToolError, TimeoutError, StorageError):
                async with asyncio.timeout(tool.timeout):
                    return await tool.run(parse_arguments(tool, arguments), self._context)
        except ToolError as error:
            return Observation(str(error), status=error.status)
        except TimeoutError:
            return Observation(
                f"{tool.name} took longer than {tool.timeout:g} seconds and was ended; ask for less", status="error"
            )
        except ToolFault as fault:
            return Observation(_fault_text(tool.name, fault), status="error")

    def _unknown_tool_text(self, name: str) -> str:
        near = difflib.get_close_matches(name, self._tools, n=1, cutoff=0.5)
        hint = f"did you mean {near[0]}? " if near else ""
        return f"there is no tool {one_line(name, 60)!r}; {hint}The tools are: {', '.join(sorted(self._tools))}"


def text_for_model(observation: Observation) -> str:
    """Return the text of an observation as the model reads it: well formed, at most `MAX_OBSERVATION_CHARS`."""
    text = observation.text
    if len(text) > MAX_OBSERVATION_CHARS:
        text = f"{text[:MAX_OBSERVATION_CHARS]}\n[Cut here: {len(text):,} characters in all; ask for less at once.]"
    return replace_surrogates(text)


def _storage_full_text(call: Call) -> str:
    """Return the model's text for a result that the storage has no room for."""
    if not call.read_only:
        return "It may have taken effect, but its result could not be kept: the storage failed."
    return "Its result could not be kept: the storage failed. Go on with what you have, or try again later."


def _fault_text(tool: str, fault: ToolFault) -> str:
    """Return the model's text for a tool that failed unexpectedly."""
    return f"{one_line(tool, 60)} failed unexpectedly ({fault}); try other arguments or another tool"


def _error_text(error: BaseException) -> str:
    """Return the kind of an error and what it says; the text of one whose own `__str__` fails says so."""
    return f"{type(error).__name__}: {one_line(str(TracebackException(type(error), error, None)), 300)}"


def _is_repeatable(observation: Observation) -> bool:
    """Return whether the same call would give the same again and has no effect."""
    kind = (observation.artifact or {"kind": "table"}).get("kind")
    return observation.lasting and observation.status in ("ok", "not-found") and kind == "table"


def check_recordable(event: ObservationRecorded) -> ObservationRecorded:
    """Return the observation as it will be read back; raises `ValueError`, `TypeError` or an encoder's error."""
    if _is_deeper(event.artifact, MAX_ARTIFACT_DEPTH):
        raise ValueError(f"its artifact is nested deeper than {MAX_ARTIFACT_DEPTH} levels")
    stored, _ = check_stored_form(event)
    assert isinstance(stored, ObservationRecorded)
    PlanState().apply(Entry("", 1, "", "", 1, 1, stored, ""))  # the one artifact whose parts are read while folding
    return stored


def _is_deeper(value: Any, levels: int) -> bool:
    """Return whether a value has more than so many levels of lists and objects."""
    if isinstance(value, dict):
        return levels == 0 or any(_is_deeper(inner, levels - 1) for inner in value.values())
    if isinstance(value, list | tuple):
        return levels == 0 or any(_is_deeper(inner, levels - 1) for inner in value)
    return False
