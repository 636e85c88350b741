"""Searches and readings of documents, as the model asks for them."""

import pytest

from kimi_tui.tools.base import Observation, ToolContext, ToolError
from kimi_tui.tools.desk.find_in import FindIn
from kimi_tui.tools.desk.find_in import FindInParameters as FindParameters
from kimi_tui.tools.desk.read import Read
from kimi_tui.tools.desk.read import ReadToolParameters as ReadParameters
from kimi_tui.tools.desk.search_documents import SearchDocuments
from kimi_tui.tools.desk.search_documents import SearchDocumentsParameters as SearchParameters


async def search(context: ToolContext, query: str = "", limit: int = 8) -> Observation:
    return await SearchDocuments().run(SearchParameters(query, limit), context)


async def read(context: ToolContext, source: str, parts: str = "") -> Observation:
    return await Read().run(ReadParameters(source, parts), context)


async def find(context: ToolContext, source: str, text: str, limit: int = 10) -> Observation:
    return await FindIn().run(FindParameters(source, text, limit), context)


async def refusal(context: ToolContext, source: str, parts: str = "") -> ToolError:
    """The error that reading ends with."""
    with pytest.raises(ToolError) as caught:
        await read(context, source, parts)
    return caught.value
