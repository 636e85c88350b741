"""Rerank search results with a server, on top of the ranking by words."""

from collections.abc import Sequence

from kimi_tui.tools.base import ToolContext
from kimi_tui.tools.desk.ranking import WeightedRanking, fuse_rankings
from kimi_tui.tools.desk.search_hits import DeskHit


def candidates_needed(context: ToolContext, limit: int) -> int:
    """Return how many results to fetch for a limit, so that the server can bring later ones forward."""
    return max(limit, context.settings.retrieval.candidates) if context.reorderer is not None else limit


async def rerank_hits(
    context: ToolContext, question: str, hits: Sequence[DeskHit]
) -> tuple[tuple[DeskHit, ...], list[str]]:
    """Return the hits in the order of words and server together, and a note when the server could not be used."""
    most = context.settings.retrieval.candidates
    first = hits[:most]
    if context.reorderer is None or len(first) < 2:
        return tuple(hits), []
    order, problem = await context.reorderer.rank(question, [hit.passage for hit in first])
    if problem:
        return tuple(hits), [f"Note: these results are in the order of their words alone: {problem}."]
    rows = fuse_rankings((WeightedRanking(range(len(first))), WeightedRanking(order)))
    return (*(first[row] for row in rows), *hits[most:]), []
