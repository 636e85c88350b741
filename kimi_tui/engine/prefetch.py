"""Fetch pages that a search found while the model thinks, so that opening one does not wait for the network.

Only pages of hosts that the settings allow without asking are fetched, at most three for a step, never offline, never
beyond the policy and never when a budget runs out. Each is recorded before its request leaves, and its bytes count in
the budget; it becomes a source only when the model opens it.
"""

import asyncio

from kimi_tui.config import SessionSettings
from kimi_tui.engine.interruptible import cancel_and_wait
from kimi_tui.engine.ledger import Ledger
from kimi_tui.engine.toolbox import Toolbox
from kimi_tui.events import Effect, PrefetchFinished, PrefetchStarted
from kimi_tui.journal.writer import now_text
from kimi_tui.policy.rules import CallFacts, PolicyState, Ruling, allowed_target, decide
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
        """Start to fetch the pages that the last step's searches found, as far as allowed; returns at once.

        Raises `StorageError`, and then nothing leaves.
        """
        leads = self._toolbox.take_found_addresses()
        tool = self._toolbox.prefetching_tool
        if tool is None or not self._settings.prefetch or self._is_budget_nearly_spent():
            return
        if self._settings.policy.hooks.before_call:
            return  # the person's program is asked about calls, and nothing may leave that it was not asked about
        wanted = [lead for lead in leads if self._toolbox.is_prefetch_useful(lead)]
        allowed = [(lead, ruling) for lead in wanted if (ruling := self._rule_on(tool.name, lead)) is not None]
        for address, ruling in allowed[:MAX_PAGES_PER_STEP]:
            self._ledger.record(PrefetchStarted(address, host_of(address), ruling.rule))
            task = asyncio.create_task(self._fetch(address))
            self._tasks.add(task)
            task.add_done_callback(self._drop_failure)

    async def close(self) -> None:
        """End all fetching."""
        await cancel_and_wait(*self._tasks)

    def _drop_failure(self, task: asyncio.Task[None]) -> None:
        """Forget a fetch; one whose end could not be recorded has no other consequence."""
        self._tasks.discard(task)
        if not task.cancelled():
            task.exception()

    async def _fetch(self, address: str) -> None:
        """Fetch one page and record what it took; one that fails is fetched again when the model opens it."""
        fetched, problem = await self._toolbox.prefetch(address)
        await self._ledger.record_patiently(PrefetchFinished(address, fetched, problem))

    def _rule_on(self, tool: str, address: str) -> Ruling | None:
        """Return the rule by which the settings allow this page's host by name; None when something forbids it."""
        call = CallFacts(tool, (Effect("network", host_of(address)),))
        settings = self._settings
        state = PolicyState(settings.policy, (), settings.offline, "none", person=False)
        return allowed_target(call, state) if decide(call, state).verdict == "allow" else None

    def _is_budget_nearly_spent(self) -> bool:
        """Return whether a budget is nearly spent."""
        state = self._ledger.state
        return bool(state.run.exhausted) or any(
            meter.share >= _MAX_BUDGET_SHARE for meter in state.budget.meters(now_text())
        )
