"""A lookup tool for the drills of faulty models; it remembers each word that it was run with."""

from typing import Annotated, ClassVar

import msgspec

from kimi_tui.events import Effect
from kimi_tui.sources import Part
from kimi_tui.tools.base import Observation, Tool, ToolContext


class LookupParameters(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Parameters of `lookup`."""

    word: Annotated[str, msgspec.Meta(description="One word.", min_length=1)]


class LookupTool(Tool):
    """Reads: each word is a source with one page."""

    name: ClassVar[str] = "lookup"
    description: ClassVar[str] = "Looks a word up."
    parameters: ClassVar[type[msgspec.Struct]] = LookupParameters
    read_only: ClassVar[bool] = True
    timeout: ClassVar[float] = 10.0

    def __init__(self) -> None:
        self.words: list[str] = []
        """The words of all runs, in order."""

    def effects(self, arguments: LookupParameters) -> tuple[Effect, ...]:
        """A word is read."""
        return (Effect("read", arguments.word),)

    def label(self, arguments: LookupParameters) -> str:
        """The word."""
        return f"Look up {arguments.word}"

    async def run(self, arguments: LookupParameters, context: ToolContext) -> Observation:
        """Make a source of the word."""
        self.words.append(arguments.word)
        text = f"the {arguments.word} figure is 25"
        ref = context.sources.add(
            kind="document",
            title=arguments.word,
            address=f"{arguments.word[:60]}.txt",
            media_type="text/plain",
            data=text.encode(),
            parts=(Part("p.1", text),),
        )
        return Observation(f"[{ref.id}] {text}", sources=(ref,))
