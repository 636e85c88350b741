"""The tools a session offers: their schemas for the model, a proposed call made ready, a call run to its observation.

This is the tool boundary: whatever a tool does, what comes out is an observation with one of the agreed statuses.
"""

import asyncio
import difflib
import hashlib
from typing import Any

import msgspec

from kimi_tui.events import Effect, ObservationRecorded, ToolCallProposed
from kimi_tui.projections.calls import Call
from kimi_tui.providers.base import ProposedCall, ToolSchema
from kimi_tui.session import StorageError
from kimi_tui.text import one_line, well_formed
from kimi_tui.tools.base import Observation, Tool, ToolContext, ToolError
from kimi_tui.tools.schema import parse_arguments, schema_of

LONGEST_OBSERVATION = 60_000
"""Characters; tools page on their own far below this, so that it is a belt and not a habit."""


class Toolbox:
    """What the model may use in one session."""

    def __init__(self, tools: tuple[Tool, ...], context: ToolContext) -> None:
        self._tools = {tool.name: tool for tool in tools}
        self._context = context
        self.schemas = tuple(
            ToolSchema(tool.name, tool.description, schema_of(tool)) for tool in sorted(tools, key=lambda t: t.name)
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
        """The event for a call as the model wrote it; what is wrong with it is told in `problem`."""
        label, read_only, problem = call.name, True, call.problem
        effects: tuple[Effect, ...] = ()
        asks = ""
        arguments = call.arguments or {}
        tool = self._tools.get(call.name)
        if tool is None:
            problem = self._unknown(call.name)
        elif call.arguments is None:
            problem = problem or "the arguments are not a JSON object; write them again"
        else:
            try:
                parsed = parse_arguments(tool, arguments)
                label, effects, read_only = tool.label(parsed), tool.effects(parsed), tool.read_only
            except ToolError as error:
                problem = str(error)
        return ToolCallProposed(
            call_id=call_id,
            tool=well_formed(call.name),
            arguments=arguments,
            raw=well_formed(call.raw),
            label=one_line(label, 300),
            effects=effects,
            read_only=read_only,
            problem=problem,
            recovered=call.recovered,
            inferred=call.inferred,
        )

    def edited(self, call: Call, arguments: dict[str, Any]) -> ToolCallProposed:
        """The call with a person's arguments instead, `problem` telling what is wrong with them."""
        return self.propose(call.id, ProposedCall(call.tool, "", arguments))

    async def run(self, call: Call) -> ObservationRecorded:
        """Run a call to its observation; only cancellation gets out."""
        loop = asyncio.get_running_loop()
        started = loop.time()
        observation = await self._observe(call)
        text = observation.text
        if len(text) > LONGEST_OBSERVATION:
            text = f"{text[:LONGEST_OBSERVATION]}\n[Cut here: {len(text):,} characters in all; ask for less at once.]"
        return ObservationRecorded(
            call_id=call.id,
            status=observation.status,
            text=well_formed(text),
            sources=observation.sources,
            artifact=observation.artifact,
            duration=round(loop.time() - started, 3),
        )

    async def _observe(self, call: Call) -> Observation:
        tool = self._tools.get(call.tool)
        if tool is None:
            return Observation(self._unknown(call.tool), status="error")
        try:
            async with asyncio.timeout(tool.timeout):
                return await tool.run(parse_arguments(tool, call.arguments), self._context)
        except ToolError as error:
            return Observation(str(error), status=error.status)
        except StorageError:  # its sources could not be kept: it runs again when they can
            raise
        except TimeoutError:
            return Observation(
                f"{tool.name} took longer than {tool.timeout:g} seconds and was ended; ask for less", status="error"
            )
        except Exception as error:  # the tool boundary: a fault in a tool is an observation, never the run's end
            return Observation(
                f"{tool.name} failed unexpectedly ({type(error).__name__}: {one_line(str(error), 300)}); "
                "try other arguments or another tool",
                status="error",
            )

    def _unknown(self, name: str) -> str:
        near = difflib.get_close_matches(name, self._tools, n=1, cutoff=0.5)
        hint = f"did you mean {near[0]}? " if near else ""
        return f"there is no tool {one_line(name, 60)!r}; {hint}The tools are: {', '.join(sorted(self._tools))}"
