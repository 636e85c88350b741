"""The baseline: a minimal Textual app for the same work, a line of text under Textual's own Markdown.

`python -m tools.bench.minimal_app [BASE_URL]`: with an address it streams one reply of that server into the Markdown.
"""

import json
import sys
from typing import ClassVar

from textual.app import App, ComposeResult
from textual.containers import VerticalScroll
from textual.widgets import Input, Markdown


class MinimalApp(App[None]):
    """One text, one line."""

    CSS = "VerticalScroll { height: 1fr; }"
    BINDINGS: ClassVar = []

    def __init__(self, base_url: str) -> None:
        super().__init__()
        self._base_url = base_url

    def compose(self) -> ComposeResult:
        """The text above, the line below."""
        with VerticalScroll():
            yield Markdown()
        yield Input(placeholder="Ask a question")

    def on_mount(self) -> None:
        """Focus the line, and stream if there is something to stream."""
        self.query_one(Input).focus()
        self.query_one(VerticalScroll).anchor()
        if self._base_url:
            self.run_worker(self._stream())

    async def _stream(self) -> None:
        import httpx

        stream = Markdown.get_stream(self.query_one(Markdown))
        body = {"model": "scripted", "stream": True, "messages": [{"role": "user", "content": "Hi"}]}
        address = f"{self._base_url}/chat/completions"
        async with (
            httpx.AsyncClient(trust_env=False, timeout=600) as client,
            client.stream("POST", address, json=body) as response,
        ):
            async for line in response.aiter_lines():
                if line.startswith("data: {"):
                    choices = json.loads(line[6:])["choices"]
                    if choices and choices[0]["delta"].get("content"):
                        await stream.write(choices[0]["delta"]["content"])
        await stream.stop()


if __name__ == "__main__":
    MinimalApp(sys.argv[1] if len(sys.argv) > 1 else "").run()
