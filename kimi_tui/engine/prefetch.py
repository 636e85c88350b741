"""Fetch pages that a search found while the model thinks, so that opening one does not wait for the network.

Only pages of hosts that the settings allow without asking are fetched, at most three for a step, never offline, never
beyond the policy and never when a budget runs out. What is fetched becomes a source, and is recorded, only when the
model opens it.
"""

import asyncio

from kimi_tui.config import SessionSettings
from kimi_tui.engine.interruptible import cancel_and_wait
from kimi_tui.engine.ledger import Ledger
from kimi_tui.engine.toolbox import Toolbox
from kimi_tui.events import Effect
from kimi_tui.journal.writer import now_text
from kimi_tui.policy.rules import CallFacts, PolicyState, allowed_target, decide
from kimi_tui.tools.web.address_guard import host_of

MAX_PAGES_PER_STEP = 3
"""Pages for one step."""
_MAX_BUDGET_SHARE = 0.8


class Prefetcher:
    """Fetches the leads of the last step."""

    def __init__(self, ledger: Ledger, toolbox: Toolbox, settings: SessionSettings) -> None:
        self._ledger = ledger
        self._toolbox = toolbox
        self._settings = settings
        self._tasks: set[asyncio.Task[None]] = set()

    def start(self) -> None:
        """Start to fetch the pages that the last step's searches found, as far as allowed; returns at once."""
        leads = self._toolbox.take_found_addresses()
        tool = self._toolbox.prefetching_tool
        if tool is None or not self._settings.prefetch or self._is_budget_nearly_spent():
            return
        if self._settings.policy.hooks.before_call:
            return  # the person's program is asked about calls, and nothing may leave that it was not asked about
        for address in [lead for lead in leads if self._is_allowed(tool.name, lead)][:MAX_PAGES_PER_STEP]:
            task = asyncio.create_task(self._toolbox.prefetch(address))
            self._tasks.add(task)
            task.add_done_callback(self._drop_failure)

    async def close(self) -> None:
        """End all fetching."""
        await cancel_and_wait(*self._tasks)

    def _drop_failure(self, task: asyncio.Task[None]) -> None:
        """Ignore a failed fetch: the page is fetched again when the model opens it, and fails then with its reason."""
        self._tasks.discard(task)
        if not task.cancelled():
            task.exception()

    def _is_allowed(self, tool: str, address: str) -> bool:
        """Return whether the settings allow this page's host by name, and nothing forbids it."""
        call = CallFacts(tool, (Effect("network", host_of(address)),))
        settings = self._settings
        state = PolicyState(settings.policy, (), settings.offline, "none", person=False)
        return decide(call, state).verdict == "allow" and allowed_target(call, state) is not None

    def _is_budget_nearly_spent(self) -> bool:
        """Return whether a budget is nearly spent."""
        state = self._ledger.state
        return bool(state.run.exhausted) or any(
            meter.share >= _MAX_BUDGET_SHARE for meter in state.budget.meters(now_text())
        )
