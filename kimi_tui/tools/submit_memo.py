"""`submit_memo`: the answer, checked against the stored sources before it is accepted.

A memo whose citations do not hold comes back with every problem named; with `final` it is accepted as it is, and
what does not hold is printed as such. Nothing is stripped silently.
"""

from typing import Annotated, Any, ClassVar

import msgspec

from kimi_tui.events import Effect
from kimi_tui.evidence.memo import CheckedMemo, format_counts
from kimi_tui.evidence.memo_check import check_memo
from kimi_tui.text import count_noun, one_line
from kimi_tui.tools.base import Observation, SubmittedMemo, Tool, ToolContext, ToolError

MAX_SHOWN_PROBLEMS = 20
"""Problems that one observation lists."""
PROBLEM_CHARACTERS = 800
"""Of one problem: enough for what stands there instead."""
MAX_SHOWN_HINTS = 8
"""Unchecked figures that one observation lists."""


class SubmitMemoParameters(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Parameters of `submit_memo`."""

    title: Annotated[str, msgspec.Meta(description="The memo's title.", min_length=1, max_length=200)]
    memo: Annotated[
        str,
        msgspec.Meta(
            description="The memo in Markdown. Every statement of fact ends in a citation such as [S3 p.4], "
            '[S20 row 2] or [S7 §3; S9 p.1]; words in "quotes" before a citation must stand there exactly.',
            min_length=1,
            max_length=100_000,
        ),
    ]
    final: Annotated[
        bool,
        msgspec.Meta(
            description="Only after a first try came back with problems that you cannot mend: accept the memo with "
            "what does not hold marked as such."
        ),
    ] = False


class SubmitMemo(Tool):
    """Checks the memo's citations and submits it."""

    name: ClassVar[str] = "submit_memo"
    description: ClassVar[str] = (
        "Hand in the answer as a memo. Its figures and quotes are checked against the stored sources first; what is "
        "wrong comes back with what stands there: correct it and submit again. After it is accepted, say in one or two "
        "sentences what it concludes, without calling another tool."
    )
    parameters: ClassVar[type[msgspec.Struct]] = SubmitMemoParameters
    read_only: ClassVar[bool] = True
    timeout: ClassVar[float] = 30.0
    helps_to_answer: ClassVar[bool] = True

    def effects(self, arguments: SubmitMemoParameters) -> tuple[Effect, ...]:
        """None: the memo stays in the session."""
        return ()

    def label(self, arguments: SubmitMemoParameters) -> str:
        """Return the memo's title."""
        return f"Submit the memo {one_line(arguments.title, 150)}"

    def draft(self, arguments: dict[str, Any]) -> SubmittedMemo | None:
        """Return the memo that these arguments hold, valid or not."""
        text = arguments.get("memo")
        return SubmittedMemo(str(arguments.get("title") or ""), text) if isinstance(text, str) else None

    async def run(self, arguments: SubmitMemoParameters, context: ToolContext) -> Observation:
        """Accept the memo or give its problems back as an observation with status `error`."""
        title = one_line(arguments.title)
        memo = await context.sources.read_in_thread(lambda stored: check_memo(title, arguments.memo, stored))
        problems = list(memo.problems)
        if not memo.citations:
            problems.insert(0, "the memo cites no source at all; cite the sources you read, for example [S1 p.2]")
        if problems and not arguments.final:
            raise ToolError(_refusal(problems, memo.hints))
        refs = tuple(ref for ref in context.sources.refs() if ref.id in memo.sources)
        return Observation(
            _accepted(memo, problems), sources=refs, artifact=msgspec.to_builtins(memo) | {"kind": "memo"}
        )


def _refusal(problems: list[str], hints: tuple[str, ...]) -> str:
    """Every problem, one a line, what could be checked with a better citation, and what to do."""
    count = count_noun(len(problems), "problem")
    lines = [f"The memo was not accepted: {count}."]
    lines += [f"- {one_line(problem, PROBLEM_CHARACTERS)}" for problem in problems[:MAX_SHOWN_PROBLEMS]]
    if len(problems) > MAX_SHOWN_PROBLEMS:
        lines.append(f"- and {len(problems) - MAX_SHOWN_PROBLEMS} more")
    lines += _hints(hints)
    lines.append(
        "Read the places again, correct or remove what does not hold, and submit the memo again. "
        "If a problem cannot be mended, submit it with final=true: it is then printed as not supported."
    )
    return "\n".join(lines)


def _accepted(memo: CheckedMemo, problems: list[str]) -> str:
    """Return the observation text for an accepted memo."""
    supported = sum(one.finding == "supported" for one in memo.statements)
    text = f"Memo accepted: {supported} of {len(memo.statements)} supported ({format_counts(memo.counts)})."
    marked = "1 problem is" if len(problems) == 1 else f"{len(problems)} problems are"
    lines = [f"{text} {marked} marked in it." if problems else text, *_hints(memo.hints)]
    return "\n".join(lines)


def _hints(hints: tuple[str, ...]) -> list[str]:
    """Return a line for each statement that could be checked but was not, with the way to have it checked."""
    if not hints:
        return []
    shown = [f"- {one_line(hint, 300)}" for hint in hints[:MAX_SHOWN_HINTS]]
    more = [f"- and {len(hints) - MAX_SHOWN_HINTS} more"] if len(hints) > MAX_SHOWN_HINTS else []
    return ['Not checked, and could be if the citation named the row ([S1 p.58 "Net sales" 2018]):', *shown, *more]
