"""What becomes of a reply that holds reasoning alone: asked for once more, then offered as an answer, labelled."""

from kimi_tui.events import Usage
from kimi_tui.providers.base import ModelReply, ProviderError
from kimi_tui.providers.repetition import find_repetition

GO_ON = "You stopped after thinking, without a call or an answer. Go on: call a tool, or submit the memo."
"""What the model is told after an empty reply."""
LABEL = "(The model wrote no answer, also when asked again. This is its reasoning, unchecked and not meant to be read.)"
"""What stands before reasoning that is offered as an answer."""
FROM_REASONING = "answer-from-reasoning"
_LONGEST = 20_000
"""Characters of reasoning that are offered: an answer stands at its end."""


def is_flood(error: ProviderError) -> bool:
    """Whether a reply was one thing again and again, which asking often only costs."""
    return error.kind == "empty" and bool(find_repetition(error.text) or find_repetition(error.reasoning))


def answer_from_reasoning(error: ProviderError) -> ModelReply | None:
    """The reply whose labelled answer is the reasoning of an empty one; None when there is none worth reading."""
    reasoning = error.reasoning.strip()
    if error.kind != "empty" or not reasoning or find_repetition(reasoning):
        return None
    end = reasoning if len(reasoning) <= _LONGEST else "\u2026" + reasoning[-_LONGEST:]
    return ModelReply(
        reasoning=error.reasoning,
        text=f"{LABEL}\n\n{end}",
        calls=(),
        usage=error.usage or Usage(),
        finish_reason="stop",
        recoveries=(FROM_REASONING,),
    )
