"""The tools a session offers: their schemas for the model, a proposed call made ready, a call run to its observation.

This is the tool boundary: whatever a tool does, what comes out is an observation with one of the agreed statuses.
"""

import asyncio
import difflib
import hashlib
from contextlib import suppress
from typing import Any

import msgspec

from kimi_tui.engine.recordable import recordable
from kimi_tui.events import Effect, ObservationRecorded, ToolCallProposed
from kimi_tui.projections.calls import Call
from kimi_tui.providers.base import ProposedCall, ToolSchema
from kimi_tui.session import StorageError
from kimi_tui.text import one_line, replace_surrogates
from kimi_tui.tools import call_digests
from kimi_tui.tools.base import Observation, Tool, ToolContext, ToolError
from kimi_tui.tools.freshness import freshness_stamp
from kimi_tui.tools.schema import build_schema, parse_arguments
from kimi_tui.tools.web.open_page import OpenPage

LONGEST_OBSERVATION = 60_000
"""Characters; tools page on their own far below this, so that it is a belt and not a habit."""


class Toolbox:
    """What the model may use in one session."""

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
                asks = call_digests.call_digest(tool, parsed)
            except ToolError as error:
                problem = str(error)
            except Exception as error:  # what a call would touch must be known before it may run
                label, effects, read_only, asks = call.name, (), True, ""
                problem = f"it was not run: {_words_of(error)}; try other arguments or another tool"
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

    def edited(self, call: Call, arguments: dict[str, Any]) -> ToolCallProposed:
        """The call with a person's arguments instead, `problem` telling what is wrong with them."""
        return self.propose(call.id, ProposedCall(call.tool, "", arguments))

    def identical(self, call: Call, other: Call) -> bool:
        """Whether two calls ask for the same to the letter, defaults and number forms aside."""
        tool, parsed, known = self._tools.get(call.tool), self._parsed(call), self._parsed(other)
        if tool is None or parsed is None or known is None or call.tool != other.tool:
            return False
        return call_digests.are_identical_calls(tool, parsed, known)

    def asks_afresh(self, call: Call) -> bool:
        """Whether a call says that no earlier result will do."""
        return bool(getattr(self._parsed(call), "fresh", False))

    def may_ask_afresh(self, call: Call) -> bool:
        """Whether a call could say that."""
        return hasattr(self._parsed(call), "fresh")

    async def stamp(self, call: Call) -> str:
        """What the call's result depends on, as it is now; empty when it cannot be told."""
        try:
            return await freshness_stamp(call.effects, self._context.settings.desk) if call.read_only else ""
        except Exception:  # its result answers no other call
            return ""

    async def run(self, call: Call) -> ObservationRecorded:
        """Run a call to its one observation, which can be recorded; only cancellation of the caller gets out.

        `take_unkept` tells afterwards whether it is an error because a source could not be kept.
        """
        loop = asyncio.get_running_loop()
        started = loop.time()
        try:
            event = await self._run(call)
        except StorageError as error:
            self._unkept[call.id] = error
            event = ObservationRecorded(call.id, "error", _unkept_text(call))
        except (KeyboardInterrupt, GeneratorExit):
            raise
        except BaseException as error:  # the tool boundary: a fault in a tool is an observation, never the run's end
            task = asyncio.current_task()
            if isinstance(error, asyncio.CancelledError) and task is not None and task.cancelling():
                raise
            event = ObservationRecorded(call.id, "error", _fault_text(call.tool, error))
        return msgspec.structs.replace(event, duration=round(loop.time() - started, 3))

    def take_unkept(self, call_id: str) -> StorageError | None:
        """Why the source of a call that just ended could not be kept; None when nothing of the kind went wrong."""
        return self._unkept.pop(call_id, None)

    async def _run(self, call: Call) -> ObservationRecorded:
        """What a call gives, in the form that is recorded; raises whatever the tool does."""
        stamp = await self.stamp(call)
        observation = await self.observe(call.tool, call.arguments)
        tool, parsed = self._tools.get(call.tool), self._parsed(call)
        event = recordable(
            ObservationRecorded(
                call_id=call.id,
                status=observation.status,
                text=shown_text(observation),
                sources=observation.sources,
                artifact=observation.artifact,
                fetched=observation.fetched,
                outcome=call_digests.outcome_digest(tool, parsed, observation) if tool and parsed else "",
                places=call_digests.place_digests(tool, observation) if tool else (),
                stamp=stamp if _answers_others(observation) else "",
            )
        )
        self._leads += observation.leads
        return event

    def take_leads(self) -> list[str]:
        """The addresses that calls found since this was asked last, each once."""
        leads, self._leads = list(dict.fromkeys(self._leads)), []
        return leads

    async def fetch_ahead(self, address: str) -> None:
        """Fetch a page for the case that the model opens it."""
        opener = self._tools.get(OpenPage.name)
        if isinstance(opener, OpenPage):
            await opener.prefetch(address, self._context)

    def _parsed(self, call: Call) -> msgspec.Struct | None:
        """A call's arguments as its tool's parameters; None when they are not."""
        tool = self._tools.get(call.tool)
        with suppress(Exception):  # what is wrong with them was told when the call was proposed
            return parse_arguments(tool, call.arguments) if tool else None
        return None

    async def observe(self, name: str, arguments: dict[str, Any]) -> Observation:
        """What a tool gives for these arguments, outside of any call; only cancellation and `StorageError` get out."""
        tool = self._tools.get(name)
        if tool is None:
            return Observation(self._unknown(name), status="error")
        try:
            async with asyncio.timeout(tool.timeout):
                return await tool.run(parse_arguments(tool, arguments), self._context)
        except ToolError as error:
            return Observation(str(error), status=error.status)
        except TimeoutError:
            return Observation(
                f"{tool.name} took longer than {tool.timeout:g} seconds and was ended; ask for less", status="error"
            )
        except StorageError:  # its sources could not be kept: it may run again when they can
            raise
        except Exception as error:
            return Observation(_fault_text(tool.name, error), status="error")

    def _unknown(self, name: str) -> str:
        near = difflib.get_close_matches(name, self._tools, n=1, cutoff=0.5)
        hint = f"did you mean {near[0]}? " if near else ""
        return f"there is no tool {one_line(name, 60)!r}; {hint}The tools are: {', '.join(sorted(self._tools))}"


def shown_text(observation: Observation) -> str:
    """The text of an observation as the model reads it: well formed, and never longer than `LONGEST_OBSERVATION`."""
    text = observation.text
    if len(text) > LONGEST_OBSERVATION:
        text = f"{text[:LONGEST_OBSERVATION]}\n[Cut here: {len(text):,} characters in all; ask for less at once.]"
    return replace_surrogates(text)


def _unkept_text(call: Call) -> str:
    """What the model reads when the storage has no room for what a call gave."""
    if not call.read_only:
        return "It may have taken effect, but its result could not be kept: the storage failed."
    return "Its result could not be kept: the storage failed. Go on with what you have, or try again later."


def _fault_text(tool: str, error: BaseException) -> str:
    """What the model reads of a tool that failed in a way nobody foresaw."""
    return f"{one_line(tool, 60)} failed unexpectedly ({_words_of(error)}); try other arguments or another tool"


def _words_of(error: BaseException) -> str:
    """The kind of an error and what it says, if it can say anything."""
    try:
        return f"{type(error).__name__}: {one_line(str(error), 300)}"
    except Exception:
        return type(error).__name__


def _answers_others(observation: Observation) -> bool:
    """Whether the same call would give the same again, and change nothing that stands."""
    kind = (observation.artifact or {"kind": "table"}).get("kind")
    return observation.lasting and observation.status in ("ok", "not-found") and kind == "table"
