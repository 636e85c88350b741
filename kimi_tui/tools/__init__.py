"""The model's tools, in the order in which every prompt lists them.

An explicit tuple and no scan, so that reading one line answers what this program can do.
"""

from kimi_tui.tools.base import Tool, ToolSettings
from kimi_tui.tools.calculation.calculate import Calculate
from kimi_tui.tools.desk.find_in import FindIn
from kimi_tui.tools.desk.read import Read
from kimi_tui.tools.desk.search_documents import SearchDocuments
from kimi_tui.tools.sql.query_database import QueryDatabase
from kimi_tui.tools.submit_memo import SubmitMemo
from kimi_tui.tools.update_plan import UpdatePlan
from kimi_tui.tools.web.open_page import OpenPage
from kimi_tui.tools.web.web_search import WebSearch

TOOLS: tuple[Tool, ...] = (
    SearchDocuments(),
    Read(),
    FindIn(),
    QueryDatabase(),
    Calculate(),
    WebSearch(),
    OpenPage(),
    UpdatePlan(),
    SubmitMemo(),
)
"""Every tool, in a fixed order."""

NETWORK_TOOLS = frozenset({"web_search", "open_page"})
"""Tools that are not offered to an offline session."""
DESK_TOOLS = frozenset({"search_documents", "query_database"})
"""Tools that are not offered to a session without a desk; what it opened can still be read and searched."""


def offered_tools(settings: ToolSettings) -> tuple[Tool, ...]:
    """Return the tools of one session, in the fixed order; the search declares the host that these settings name.

    What holds anything of a session is made anew for it.
    """
    left_out = (NETWORK_TOOLS if settings.offline else frozenset()) | (
        DESK_TOOLS if settings.desk is None else frozenset()
    )
    own: dict[str, Tool] = {WebSearch.name: WebSearch(settings), OpenPage.name: OpenPage()}
    kept = (own.get(tool.name, tool) for tool in TOOLS)
    return tuple(tool for tool in kept if tool.name not in left_out)
