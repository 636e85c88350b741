"""Assemble one reply from streamed chunks, independent of server and client library.

A reply is whole only when its content is: no call that is still being written is ever returned, whatever the
finish reason says, and a stream that just stops is an error that carries what had come. Every mending is named
in `ModelReply.recoveries`.
"""

import time
from collections.abc import Callable, Iterable

import msgspec

from kimi_tui.providers.arguments import is_complete_object, parse_arguments
from kimi_tui.providers.base import (
    ErrorKind,
    ModelReply,
    ModelRequest,
    ProposedCall,
    ProviderError,
    ReplyFragment,
    with_reasoning,
)
from kimi_tui.providers.call_drafts import CallDraft, CallDrafts
from kimi_tui.providers.channel_splitter import ChannelSplitter, PieceKind
from kimi_tui.providers.chunks import CallDelta, Chunk, ChunkChoice, ChunkDelta, ContentPart, WireUsage
from kimi_tui.providers.markers import remove_markers
from kimi_tui.providers.repetition import find_repetition
from kimi_tui.providers.tool_inference import infer_tool
from kimi_tui.providers.usage_meter import UsageMeter
from kimi_tui.providers.written_calls import call_name
from kimi_tui.text import one_line, replace_surrogates

_CUT_REASONS = frozenset({"", "length", "max_tokens"})
"""Finish reasons that do not say that the model was done."""
_FAILURE_REASONS = frozenset({"abort", "error"})
MAX_CALLS = 256
"""Calls that one reply may hold; a model that thinks writes a handful."""
MAX_CHARS = 8_000_000
"""Characters of all kinds that one reply may hold, several times what the longest context has room for."""
_MAX_REASON_CHARS = 40
_REPETITION_ADVICE = "The model or the server repeats itself: check the server's log, and set a cap on tokens per step."


class ReplyAssembler:
    """Collects one reply; `announce` is called with each fragment as it arrives."""

    def __init__(self, request: ModelRequest, announce: Callable[[ReplyFragment], None]) -> None:
        self.finish_reason = ""
        """As the server said it; empty until it does."""
        self.done = False
        """Set when the server said that nothing follows."""
        self.id = ""
        """The server's name for it; empty while it has none."""
        self.thinking = False
        """True when the model thinks: reasoning streams, and nothing but reasoning has."""
        self.fragments = 0
        """How many pieces of it have come."""
        self.meter = UsageMeter(request)
        """What it costs."""
        self._request = request
        self._announce = announce
        self._started = time.monotonic()
        self._first_token = 0.0
        self._reasoning_from = 0.0
        self._reasoning_to = 0.0
        self._reasoning: list[str] = []
        self._tagged: list[str] = []
        self._text: list[str] = []
        self._leaked: list[str] = []
        self._calls = CallDrafts()
        self._content = ChannelSplitter("text")
        self._thinking = ChannelSplitter("reasoning")
        self._recoveries: list[str] = []
        self._characters_received = 0

    @property
    def has_started(self) -> bool:
        """Return whether any part of the reply has arrived."""
        return self._first_token > 0

    @property
    def is_over(self) -> bool:
        """Return whether the server declared the reply finished."""
        return self.done or bool(self.finish_reason)

    def note_recovery(self, name: str) -> None:
        """Note that part of the reply had to be repaired."""
        if name not in self._recoveries:
            self._recoveries.append(name)

    def add(self, chunk: Chunk) -> None:
        """Take one chunk, or the body of a whole reply."""
        if chunk.id and not self.id:
            self.id = chunk.id
        if chunk.usage is not None:
            self._take_usage(chunk.usage)
            self.done = self.done or not chunk.choices
        elif chunk.timings is not None and self.thinking:
            self.meter.take_running_count(chunk.timings.predicted_n or 0)
        for choice in chunk.choices or ():
            if choice.index == 0:
                self._take_choice(choice)

    def with_partial_reply(self, error: ProviderError) -> ProviderError:
        """Return `error` with the part of the reply that has streamed."""
        error.reasoning, error.text = self._all_reasoning(), self._all_text()
        if self.has_started:
            error.usage = with_reasoning(self.meter.total_usage(self._written()), self.meter.reasoning_tokens)
        return error

    def failure(self, kind: ErrorKind, message: str, advice: str = "") -> ProviderError:
        """Return an error that carries what has streamed."""
        return self.with_partial_reply(ProviderError(kind, message, advice=advice))

    def finish(self) -> ModelReply:
        """Return the whole reply; raises `ProviderError` of kind `truncated` or `empty` when there is none."""
        self._flush()
        if not self.is_over:
            raise self.failure("truncated", "The stream ended before the reply was whole.", "Try the step again.")
        if self.finish_reason in _FAILURE_REASONS:
            raise self.failure("truncated", "The server aborted the reply.", "Check the server's log.")
        self._refuse_unfinished_calls()
        calls = tuple(self._proposed(draft) for draft in self._calls.all)
        text = self._all_text()
        if not calls:
            self._refuse_no_answer(text)
        if not self.finish_reason:
            self.note_recovery("no-finish-reason")
        usage = self.meter.total_usage(self._written())
        if self.meter.usage is None:
            self.note_recovery("no-usage")
        elif usage.estimated:
            self.note_recovery("odd-usage")
        if self.meter.ended_by_server:
            self.note_recovery("thinking-ended")
        return ModelReply(
            reasoning=self._all_reasoning(),
            text=text if text.strip() else "",
            calls=calls,
            usage=usage,
            finish_reason=self.finish_reason,
            recoveries=tuple(self._recoveries),
            first_token=self._first_token,
            reasoning_seconds=self._reasoning_to - self._reasoning_from,
            reasoning_tokens=self.meter.reasoning_tokens,
        )

    def _take_choice(self, choice: ChunkChoice) -> None:
        delta = choice.delta or choice.message
        if delta is not None:
            self._take_delta(delta)
        if choice.finish_reason:
            self.finish_reason = one_line(choice.finish_reason, _MAX_REASON_CHARS)
        if choice.usage is not None:
            self._take_usage(choice.usage)

    def _take_delta(self, delta: ChunkDelta) -> None:
        # Some servers send the same reasoning under both names: one of them counts, never their sum.
        reasoning = delta.reasoning_content or delta.reasoning
        if reasoning:
            self._count_written(len(reasoning))
            self._content.reasoning_elsewhere = True
            self._take_pieces(self._thinking.feed(reasoning), self._reasoning)
        content = delta.content
        if content:
            text = content if isinstance(content, str) else _joined(content)
            self._count_written(len(text))
            self._take_pieces(self._content.feed(text), self._tagged)
            if self._content.is_thinking_open:
                self._leaked.append(text)
        for call in delta.tool_calls or ():
            self._take_call(call)

    def _count_written(self, characters: int) -> None:
        """Count the written characters and calls; raise when no model writes that many."""
        self._characters_received += characters
        if self._characters_received > MAX_CHARS:
            raise self.failure("malformed", f"The reply is longer than {MAX_CHARS:,} characters.", _REPETITION_ADVICE)
        if len(self._calls.all) > MAX_CALLS:
            raise self.failure("malformed", f"The reply holds more than {MAX_CALLS} calls.", _REPETITION_ADVICE)

    def _take_usage(self, usage: WireUsage) -> None:
        if not usage.is_credible:
            self.note_recovery("odd-usage")
            return
        # One server version swallows `</think>` in content; its running count of reasoning still stops at that place.
        before = self.meter.usage
        self.meter.take_usage(usage, thinking=not (self._text or self._calls.all))
        if before is None or not self._content.is_thinking_open:
            return
        if 0 < usage.reasoning_count == before.reasoning_count and (usage.completion_tokens or 0) > (
            before.completion_tokens or 0
        ):
            self._content.channel = "text"
            self.note_recovery("boundary-from-usage")

    def _take_reasoning(self, piece: str) -> None:
        """Time, count and announce a piece of reasoning."""
        self._reasoning_to = self._tick()
        self._reasoning_from = self._reasoning_from or self._reasoning_to
        self.thinking = not (self._text or self._calls.all)
        self.meter.add_reasoning(piece)
        tokens, estimated = self.meter.reasoning_tokens, self.meter.estimated
        self._announce(ReplyFragment("reasoning", replace_surrogates(piece), tokens=tokens, estimated=estimated))

    def _take_pieces(self, pieces: Iterable[tuple[PieceKind, str]], reasoning: list[str]) -> None:
        """Keep and announce what a field turned out to hold; its reasoning goes to `reasoning`."""
        for kind, piece in pieces:
            if kind == "boundary":
                self._tagged.extend(self._text)
                self._text.clear()
            elif kind == "reasoning":
                reasoning.append(piece)
                self._take_reasoning(piece)
            else:
                self._text.append(piece)
                self._tick()
                self.thinking = False
                self._announce(ReplyFragment("text", replace_surrogates(piece)))

    def _tick(self) -> float:
        """Seconds since the request, at a piece of the reply; the first time is remembered."""
        self.fragments += 1
        now = time.monotonic() - self._started
        self._first_token = self._first_token or now
        return now

    def _take_call(self, delta: CallDelta) -> None:
        function = delta.function
        name = (function.name if function else None) or ""
        arguments = function.arguments if function else None
        if isinstance(arguments, dict):
            arguments = msgspec.json.encode(arguments).decode()
        draft = self._calls.draft_for(delta, name, bool(arguments))
        self._count_written(len(arguments or ""))
        if self._calls.split:
            self.note_recovery("split-calls")
        if arguments:
            draft.parts.append(arguments)
        self._tick()
        self.thinking = False
        tool = "" if draft.announced else replace_surrogates(call_name(draft.name))
        draft.announced = draft.announced or bool(tool)
        self._announce(ReplyFragment("call", replace_surrogates(arguments or ""), index=draft.position, tool=tool))

    def _flush(self) -> None:
        """Let out what was held back, and take up the calls that were written as text."""
        self._calls.drop_empty()
        called = bool(self._calls.all)
        cut = (
            not self.is_over
            or self.finish_reason in _CUT_REASONS - {""}
            or (self.finish_reason == "tool_calls" and not called)
        )
        self._take_pieces(self._thinking.finish(cut=cut, called=called), self._reasoning)
        self._take_pieces(self._content.finish(cut=cut, called=called), self._tagged)
        if self._content.opened:
            self.note_recovery("unclosed-think" if self._content.is_thinking_open else "think-tags")
        self._end_leak()
        salvaged = self._calls.add_written_calls((*self._thinking.calls, *self._content.calls))
        self._count_written(0)
        for draft in salvaged:
            self.note_recovery("salvaged-calls")
            self._announce(
                ReplyFragment(
                    "call", replace_surrogates(draft.raw), index=draft.position, tool=replace_surrogates(draft.name)
                )
            )

    def _end_leak(self) -> None:
        """Move text after a lost `</think>` to the answer, using the server's count of thinking tokens.

        A chunk holds a token or more, so nothing of the thinking can be among it.
        """
        reasoned = self.meter.usage.reasoning_count if self.meter.usage is not None else 0
        if not self._content.is_thinking_open or not reasoned:
            return
        answer, tagged = "".join(self._leaked[1 + reasoned :]), "".join(self._tagged)
        if answer and tagged.endswith(answer):
            self._tagged, self._text = [tagged.removesuffix(answer)], [*self._text, answer]
            self.note_recovery("boundary-from-usage")

    def _refuse_unfinished_calls(self) -> None:
        """Raise when a call was still being written as the reply ended."""
        unfinished = self._thinking.unfinished or self._content.unfinished
        if self.finish_reason in _CUT_REASONS:
            unfinished = unfinished or not all(is_complete_object(draft.raw) for draft in self._calls.all)
        if unfinished:
            raise self.failure(
                "truncated",
                "The reply was cut inside a tool call.",
                "Raise the cap on tokens per step if this repeats." if self.finish_reason in _CUT_REASONS else "",
            )

    def _refuse_no_answer(self, text: str) -> None:
        """Raise when a reply without calls is cut off, empty, or endlessly repetitive."""
        if repeated := find_repetition(text):
            raise self.failure("empty", f"The reply is {one_line(repeated, 40)!r} again and again.", _REPETITION_ADVICE)
        if self.finish_reason in _CUT_REASONS - {""}:
            answering = bool(text.strip()) or not self._all_reasoning()
            raise self.failure(
                "truncated" if answering else "capped",  # asked the same way again, it would only think as long again
                f"The reply reached its cap on tokens while the model was {'answering' if answering else 'thinking'}.",
                "Raise the cap on tokens per step, or shorten the context.",
            )
        if not remove_markers(text).strip():
            raise self.failure("empty", "The reply holds neither text nor calls.", "Try the step again.")

    def _proposed(self, draft: CallDraft) -> ProposedCall:
        """Return a call as the engine gets it."""
        raw = replace_surrogates(draft.raw)
        parsed = parse_arguments(raw)
        if parsed.repaired:
            self.note_recovery("arguments")
        name = replace_surrogates(call_name(draft.name))
        inferred = "" if name else infer_tool(parsed.arguments, self._request.tools)
        if inferred:
            self.note_recovery("inferred-tool")
        return ProposedCall(
            name or inferred,
            raw,
            parsed.arguments,
            problem=parsed.problem,
            recovered=draft.recovered or bool(inferred),
            inferred=bool(inferred),
        )

    def _all_reasoning(self) -> str:
        """Return the reasoning so far: its own field, and what tags in the content enclosed if that is not the same."""
        own, tagged = self._whole(self._reasoning), self._whole(self._tagged)
        return own if tagged.strip() == own.strip() else own + tagged

    def _all_text(self) -> str:
        return self._whole(self._text)

    def _whole(self, pieces: list[str]) -> str:
        """Pieces joined; halves of one character that came in two pieces are joined as well."""
        text = "".join(pieces)
        try:
            text.encode()
        except UnicodeEncodeError:
            self.note_recovery("surrogates")
            return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
        return text

    def _written(self) -> int:
        """Return how many characters the model wrote, of all kinds."""
        pieces = (*self._reasoning, *self._tagged, *self._text, *(draft.raw for draft in self._calls.all))
        return sum(map(len, pieces))


def _joined(parts: list[ContentPart]) -> str:
    """Return the text of a content that came as a list."""
    return "".join(part.text or "" for part in parts)
