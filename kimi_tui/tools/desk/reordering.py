"""The order of a search's results, as a server sees them after the words have found them."""

from collections.abc import Sequence

from kimi_tui.tools.base import ToolContext
from kimi_tui.tools.desk.hits import Hit
from kimi_tui.tools.desk.ranking import Weighted, fused


def candidates(context: ToolContext, limit: int) -> int:
    """How many results are needed for a limit, the ones that only a server would bring forward among them."""
    return max(limit, context.settings.retrieval.candidates) if context.reorderer is not None else limit


async def reordered(context: ToolContext, question: str, hits: Sequence[Hit]) -> tuple[tuple[Hit, ...], list[str]]:
    """The hits in the order of words and server together, and a note when the server could not be used."""
    most = context.settings.retrieval.candidates
    first = hits[:most]
    if context.reorderer is None or len(first) < 2:
        return tuple(hits), []
    order, problem = await context.reorderer.rank(question, [hit.passage for hit in first])
    if problem:
        return tuple(hits), [f"Note: these results are in the order of their words alone: {problem}."]
    rows = fused((Weighted(range(len(first))), Weighted(order)))
    return (*(first[row] for row in rows), *hits[most:]), []
