"""Handle a reply of reasoning alone: ask once more, then offer the reasoning as a labelled answer."""

from kimi_tui.events import Usage
from kimi_tui.providers.base import ModelReply, ProviderError
from kimi_tui.providers.repetition import find_repetition

CONTINUE_PROMPT = "You stopped after thinking, without a call or an answer. Go on: call a tool, or submit the memo."
"""The message to the model after an empty reply."""
REASONING_LABEL = (
    "(The model wrote no answer, also when asked again. This is its reasoning, unchecked and not meant to be read.)"
)
"""The label above reasoning that is offered as an answer."""
FROM_REASONING_RECOVERY = "answer-from-reasoning"
_MAX_ANSWER_CHARS = 20_000
"""Characters of reasoning that are offered, from its end, where an answer is."""


def is_repetition(error: ProviderError) -> bool:
    """Return whether a reply repeated itself without end; asking again then only costs."""
    return error.kind == "empty" and bool(find_repetition(error.text) or find_repetition(error.reasoning))


def answer_from_reasoning(error: ProviderError) -> ModelReply | None:
    """Return a reply whose labelled answer is the reasoning of an empty one; None when there is none worth reading."""
    reasoning = error.reasoning.strip()
    if error.kind != "empty" or not reasoning or find_repetition(reasoning):
        return None
    end = reasoning if len(reasoning) <= _MAX_ANSWER_CHARS else "\u2026" + reasoning[-_MAX_ANSWER_CHARS:]
    return ModelReply(
        reasoning=error.reasoning,
        text=f"{REASONING_LABEL}\n\n{end}",
        calls=(),
        usage=error.usage or Usage(),
        finish_reason="stop",
        recoveries=(FROM_REASONING_RECOVERY,),
    )
