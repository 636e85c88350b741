"""The server that plays the model for the bench, in its own process: `python -m tools.bench.model_server SCRIPT`.

It prints its address, then one line of JSON when a reply's first byte leaves and one when its last has left, by the
monotonic clock that all processes share. Before a long reply it waits, so that everything else is at rest.
"""

import asyncio
import json
import sys
import time
from pathlib import Path

from kimi_tui.embedded.chat_requests import ChatRequest
from kimi_tui.embedded.http_server import HttpRequest, HttpResponse
from kimi_tui.embedded.reply_chunks import PlannedReply
from kimi_tui.embedded.server import EmbeddedModel, EmbeddedServer

LONG = 2_000
"""Characters from which a reply is a long one."""
REST_SECONDS = 1.0
"""How long it is waited before a long reply."""


class ReportingServer(EmbeddedServer):
    """Server that reports when its replies begin and end."""

    async def _answer(
        self, request: HttpRequest, asked: ChatRequest, character: EmbeddedModel, prompt: int, cached: int
    ) -> HttpResponse | None:
        character = _DelayedModel(character)
        try:
            return await super()._answer(request, asked, character, prompt, cached)
        finally:  # a client that has seen the end may hang up before the server has
            _report("ended", character.size)


class _DelayedModel:
    """A character that waits before a long reply, and says when it begins to send."""

    def __init__(self, character: EmbeddedModel) -> None:
        self._character = character
        self.model, self.description = character.model, character.description
        self.context_window = character.context_window
        self.size = 0

    async def reply(self, request: ChatRequest) -> PlannedReply:
        """The planned reply, after the rest."""
        planned = await self._character.reply(request)
        self.size = len(planned.reasoning) + len(planned.text)
        if self.size >= LONG:
            _report("resting", self.size)
            await asyncio.sleep(REST_SECONDS)
        _report("began", self.size)
        return planned


def _report(event: str, size: int) -> None:
    print(json.dumps({"event": event, "at": time.monotonic(), "size": size}), flush=True)


async def main(script: Path) -> None:
    """Serve until killed."""
    server = ReportingServer(script=script)
    print(await server.start(), flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1])))
