"""The simulated tool: a record of numbered topics, each an observation of a set size."""

from time import perf_counter, process_time
from typing import Annotated, Any, ClassVar

import msgspec

from kimi_tui.events import Effect
from kimi_tui.sources import Part
from kimi_tui.tools.base import Observation, Tool, ToolContext
from tools.simulator.workload import pad_to_tokens, topic_value


class LookUpParameters(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Parameters of `look_up`."""

    topic: Annotated[int, msgspec.Meta(description="The topic's number.", ge=1)]


class SimulatedLookUp(Tool):
    """Looks a topic up in the record."""

    name: ClassVar[str] = "look_up"
    description: ClassVar[str] = "Looks a topic of the record up."
    parameters: ClassVar[type[msgspec.Struct]] = LookUpParameters
    read_only: ClassVar[bool] = True
    timeout: ClassVar[float] = 30.0

    def __init__(self, tokens: int) -> None:
        """Each observation has so many tokens."""
        self._tokens = tokens
        self.seconds = 0.0
        """The time that all calls took so far."""
        self.busy = 0.0
        """The part of it in which this process used a processor."""

    def effects(self, arguments: Any) -> tuple[Effect, ...]:
        """It reads."""
        return (Effect("read", "record"),)

    def label(self, arguments: Any) -> str:
        """The topic."""
        return f"Look up topic {arguments.topic}"

    async def run(self, arguments: Any, context: ToolContext) -> Observation:
        """The topic's line, and much that matters less."""
        began, busy = perf_counter(), process_time()
        text = f"Topic {arguments.topic} has the value {topic_value(arguments.topic)}."
        ref = context.sources.add(
            kind="document",
            title=f"Topic {arguments.topic}",
            address=f"record/{arguments.topic}.txt",
            media_type="text/plain",
            data=text.encode(),
            parts=(Part("p.1", text),),
        )
        observation = Observation(pad_to_tokens(f"[{ref.id}] {text} ", self._tokens), sources=(ref,))
        self.seconds += perf_counter() - began
        self.busy += process_time() - busy
        return observation
