"""Ask the judge about one statement: twice, with everything in the other order the second time.

Only two answers that agree count, each with words that a cited passage has. Whatever else comes, and whatever does
not come, leaves the statement unchecked with a reason; nothing is raised and nothing is waited for without an end.
"""

import asyncio
import time
from collections.abc import Callable

import msgspec

from kimi_tui.engine.judge.prompt import JudgeAnswer, UnusableAnswer, judge_messages, parse_answer
from kimi_tui.events import JudgedFinding, StatementJudged, Usage
from kimi_tui.evidence.judge_questions import JudgeQuestion
from kimi_tui.providers.base import Endpoint, ModelRequest, Provider, ProviderError, ReplyFragment
from kimi_tui.text import one_line, replace_surrogates

MAX_REPLY_TOKENS = 6_000
"""Tokens of one answer, thinking included."""
MAX_THINKING_TOKENS = 4_000
"""Tokens of thinking before one answer."""
MAX_RECORDED_REPLY_CHARS = 1_000
"""Characters of an answer that are recorded."""
MAX_PROBLEM_CHARS = 200
_CHARS_PER_TOKEN = 3
_MIN_REPLY_TOKENS = 300


class TokensSpent(Exception):
    """The cap on the judge's tokens leaves no room for a request."""


class _Run(msgspec.Struct):
    """The answers so far about one statement, with what they cost."""

    answers: list[JudgeAnswer] = msgspec.field(default_factory=list)
    replies: list[str] = msgspec.field(default_factory=list)
    usage: Usage = Usage()


class Judge:
    """The session's model in a fresh context."""

    def __init__(
        self,
        provider: Provider,
        model: str,
        *,
        seconds: float,
        temperature: float | None = None,
        endpoint: Callable[[], Endpoint] = Endpoint,
    ) -> None:
        """`seconds` is the longest that one request may take; `endpoint` gives what is known of the server by then."""
        self._provider = provider
        self._model = model
        self._seconds = seconds
        self._temperature = temperature
        self._endpoint = endpoint

    async def judge(self, question: JudgeQuestion, tokens: int) -> StatementJudged:
        """Return the judgement on one statement, for at most so many tokens as far as they can be foretold."""
        run, began = _Run(), time.monotonic()
        finding: JudgedFinding = "unchecked"
        try:
            for swapped in (False, True):
                run.answers.append(await self._answer(question, run, tokens, swapped=swapped))
            finding, reason = _agreed(run.answers)
        except (UnusableAnswer, TokensSpent) as problem:
            reason = str(problem)
        except ProviderError as error:
            run.usage = run.usage + (error.usage or Usage())
            reason = _problem_in_words(error)
        except TimeoutError:
            run.usage = run.usage + Usage(_expected_prompt(question), estimated=True)
            reason = f"no whole answer within {self._seconds:g} seconds"
        words = tuple(answer.words for answer in run.answers) if finding != "unchecked" else ()
        return self._judgement(question, run, finding, words, reason, time.monotonic() - began)

    def interrupted(self, question: JudgeQuestion) -> StatementJudged:
        """Return what is recorded when a person ended a request."""
        run = _Run(usage=Usage(_expected_prompt(question), estimated=True))
        return self._judgement(question, run, "unchecked", (), "interrupted by the person", 0.0)

    def _judgement(
        self,
        question: JudgeQuestion,
        run: _Run,
        finding: JudgedFinding,
        words: tuple[str, ...],
        reason: str,
        seconds: float,
    ) -> StatementJudged:
        return StatementJudged(
            statement=replace_surrogates(question.sentence),
            material=question.material,
            finding=finding,
            words=tuple(map(replace_surrogates, words)),
            reason=replace_surrogates(one_line(reason, MAX_PROBLEM_CHARS)),
            model=self._model,
            replies=tuple(replace_surrogates(reply)[:MAX_RECORDED_REPLY_CHARS] for reply in run.replies),
            usage=run.usage,
            seconds=round(seconds, 3),
        )

    async def _answer(self, question: JudgeQuestion, run: _Run, tokens: int, *, swapped: bool) -> JudgeAnswer:
        """Return an answer that decides; raises `UnusableAnswer`, `TokensSpent`, `ProviderError`, `TimeoutError`."""
        spent = run.usage.prompt_tokens + run.usage.completion_tokens
        room = tokens - spent - _expected_prompt(question)
        if room < _MIN_REPLY_TOKENS:
            raise TokensSpent("the cap on the judge's tokens leaves no room for it")
        request = ModelRequest(
            model=self._model,
            messages=judge_messages(question, swapped=swapped),
            tools=(),
            max_tokens=min(MAX_REPLY_TOKENS, room),
            temperature=self._temperature,
            reasoning_cap=min(MAX_THINKING_TOKENS, room),
            endpoint=self._endpoint(),
        )
        async with asyncio.timeout(self._seconds):
            reply = await self._provider.generate(request, _ignore)
        run.usage = run.usage + reply.counted_usage
        run.replies.append(reply.text)
        if reply.calls:
            raise UnusableAnswer("it calls a tool instead")
        answer = parse_answer(reply.text)
        if answer.verdict == "not found":
            raise UnusableAnswer("it finds neither support nor contradiction in the cited passages")
        if question.find_words(answer.words) is None:
            raise UnusableAnswer("the words that it gives are not in the cited passages")
        return answer


def expected_tokens(question: JudgeQuestion) -> int:
    """Return about how many tokens a judgement takes when its answers are short."""
    return 2 * (_expected_prompt(question) + _MIN_REPLY_TOKENS)


def _expected_prompt(question: JudgeQuestion) -> int:
    return sum(len(message.content) for message in judge_messages(question, swapped=False)) // _CHARS_PER_TOKEN


def _agreed(answers: list[JudgeAnswer]) -> tuple[JudgedFinding, str]:
    """Return the finding of two answers, and why there is none."""
    verdicts = {answer.verdict for answer in answers}
    if verdicts == {"supported"}:
        return "supported", ""
    if verdicts == {"contradicted"}:
        return "contradicted", ""
    return "unchecked", "its two answers, asked in another order, differ"


def _problem_in_words(error: ProviderError) -> str:
    if error.kind == "capped":
        return "its reasoning was longer than the cap"
    return f"no answer ({one_line(error.message, MAX_PROBLEM_CHARS)})"


def _ignore(fragment: ReplyFragment) -> None:
    """Nothing of an answer is shown before it is whole."""
