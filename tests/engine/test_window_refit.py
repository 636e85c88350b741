"""A server that hides its window: read from its refusal, and asked again with what fits."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Literal

import pytest

from kimi_tui.commands import Stop
from kimi_tui.embedded.chat_requests import parse_request
from kimi_tui.embedded.script import RepeatedText, ScriptStep
from kimi_tui.embedded.usage import count_tokens, render_prompt
from kimi_tui.engine.context.window import window_budget
from kimi_tui.events import ContextCompacted, RunPaused, StepFailed
from tests.engine.gateways import ONLY_V1, Gateway
from tests.engine.kit import ANSWER, LOOK, Scene, call, scene
from tests.engine.test_failures import port_of

Said = Callable[[int, int, int], str]
DIALECTS: dict[str, Said] = {
    "vllm": lambda window, prompt, reply: (
        f"'max_tokens' or 'max_completion_tokens' is too large: {reply}. This model's maximum context length is "
        f"{window} tokens and your request has {prompt} input tokens ({reply} > {window} - {prompt})."
    ),
    "openai": lambda window, prompt, reply: (
        f"This model's maximum context length is {window} tokens. However, you requested {prompt + reply} tokens "
        f"({prompt} in the messages, {reply} in the completion)."
    ),
    "sglang": lambda window, prompt, reply: (
        f"Requested token count exceeds the model's maximum context length of {window} tokens. You requested a total "
        f"of {prompt + reply} tokens: {prompt} tokens from the input messages and {reply} tokens for the completion."
    ),
    "moonshot": lambda window, prompt, reply: (
        f"Invalid request: Your request exceeded model token limit: {window} (requested: {prompt + reply})"
    ),
    "litellm": lambda window, prompt, reply: (
        f"litellm.ContextWindowExceededError: OpenAIException - This model's maximum context length is {window} "
        f"tokens. However, you requested {prompt + reply} tokens ({prompt} in the messages, {reply} in the completion)."
    ),
    "tgi": lambda window, prompt, reply: (
        f"`inputs` tokens + `max_new_tokens` must be <= {window}. Given: {prompt} `inputs` tokens and {reply} "
        "`max_new_tokens`"
    ),
    "vllm-window-alone": lambda window, prompt, reply: (
        f"max_tokens={reply} cannot be greater than max_model_len={window}. Please request fewer output tokens."
    ),
}


class Narrow(Gateway):
    """A gateway that lists no window, and refuses what does not fit into it."""

    def __init__(self, said: Said, window: int, port: int) -> None:
        super().__init__(ONLY_V1, port)
        self.said = said
        self.window = window
        self.refused = 0
        self.rooms: list[int] = []
        """What was asked for each reply."""

    async def _pass_on(self, head: bytes, body: bytes, writer: asyncio.StreamWriter) -> None:
        if b"/chat/completions" in head:
            prompt = sum(count_tokens(block) for block in render_prompt(parse_request(body)))
            reply = int(json.loads(body)["max_tokens"])
            self.rooms.append(reply)
            if prompt + reply > self.window:
                self.refused += 1
                said = self.said(self.window, prompt, reply)
                self._say(writer, 400, {"error": {"message": said, "type": "BadRequestError", "code": 400}})
                return
        await super()._pass_on(head, body, writer)


@asynccontextmanager
async def behind(
    stage: Scene, said: Said, window: int, kind: Literal["openai", "litellm"] = "openai"
) -> AsyncIterator[Narrow]:
    """A scene whose server is reached through a narrow gateway."""
    between = Narrow(said, window, port_of(stage.server))
    async with await asyncio.start_server(between.handle, "127.0.0.1", 0) as server:
        await stage.close()
        stage.address = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1"
        stage.kind = kind
        await stage.open()
        stage.start()
        await stage.ask()
        yield between
        for task in between.handlers:
            task.cancel()
        await asyncio.gather(*between.handlers, return_exceptions=True)
    for _ in range(8):
        await asyncio.sleep(0)


@pytest.mark.parametrize("kind", ["openai", "litellm"])
@pytest.mark.parametrize("dialect", DIALECTS)
async def test_window_is_read_from_a_refusal_and_the_step_asked_again_with_what_fits(
    tmp_path: Path, dialect: str, kind: Literal["openai", "litellm"]
) -> None:
    async with (
        scene(tmp_path, (LOOK, LOOK, ANSWER), question="", retries=0) as stage,
        behind(stage, DIALECTS[dialect], 32_768, kind) as between,
    ):
        assert (await stage.finished()).reason == "answered"
        failures = stage.events(StepFailed)
        assert [failure.window for failure in failures] == [32_768]
        assert between.refused == 1
        assert between.rooms[0] > 32_768
        assert all(4_096 < room < 32_768 for room in between.rooms[1:])
        assert stage.events(ContextCompacted) == []
        assert stage.events(RunPaused) == []


@pytest.mark.parametrize("dialect", DIALECTS)
async def test_session_stays_inside_a_window_that_was_read_from_a_refusal(tmp_path: Path, dialect: str) -> None:
    steps = tuple(
        ScriptStep(reasoning=RepeatedText("thinking of it ", 150), calls=(call("lookup", f"w{n}" * 400),))
        for n in range(30)
    )
    async with (
        scene(tmp_path, (*steps, ANSWER), question="", retries=0) as stage,
        behind(stage, DIALECTS[dialect], 16_384) as between,
    ):
        assert (await stage.finished()).reason == "answered"
        assert stage.events(ContextCompacted)
        assert between.refused <= 3
        assert window_budget(stage.state).window == 16_384


async def test_prompt_that_nothing_can_leave_pauses_with_the_window(tmp_path: Path) -> None:
    async with (
        scene(tmp_path, question="", retries=4) as stage,
        behind(stage, DIALECTS["vllm"], 1_100) as between,
    ):
        await stage.session.send(Stop())
        await stage.finished()
        between.window, between.rooms, between.refused = 1_100, [], 0
        await stage.ask("Why " * 2_000)
        await stage.until(lambda: stage.state.run.paused)
        assert between.refused <= 4
        pause = stage.events(RunPaused)[-1].why
        assert "The server has a window of 1,100 tokens" in pause
        assert "start it with a longer context" in pause
        await stage.send(Stop())
        await stage.finished()


async def test_window_is_learned_again_from_the_journal(tmp_path: Path) -> None:
    async with (
        scene(tmp_path, (LOOK, LOOK, ANSWER), question="", retries=0) as stage,
        behind(stage, DIALECTS["openai"], 32_768) as between,
    ):
        await stage.finished()
        await stage.reopen()
        assert window_budget(stage.state).window == 32_768
        assert between.refused == 1
