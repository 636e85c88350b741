"""Ask the person's own program about calls before they are decided, without stopping the loop.

An answer holds for the arguments that it was given for: a call that a person edits is asked about again, and so is one
that was decided before there was a program to ask. No call starts without an answer.
"""

import asyncio

from kimi_tui.config.tree import HookSettings
from kimi_tui.engine.decide.call_view import CallView, Settlement
from kimi_tui.engine.decide.hook_program import ask_hook
from kimi_tui.engine.decide.pipeline import deny
from kimi_tui.engine.interruptible import cancel_and_wait
from kimi_tui.engine.ledger import Ledger
from kimi_tui.events import ApprovalRequested, HookAnswered
from kimi_tui.policy.hook_protocol import HOOK_RULE, HookRequest, describe_answer
from kimi_tui.policy.rules import Ruling
from kimi_tui.projections.calls import Call

MAX_PARALLEL_HOOKS = 4
"""Programs that run at once."""


class HookRunner:
    """Run the program of one session for its open calls."""

    def __init__(self, ledger: Ledger, settings: HookSettings) -> None:
        self._ledger = ledger
        self._settings = settings
        self._asked: dict[tuple[str, str], asyncio.Task[HookAnswered]] = {}
        self._slots = asyncio.Semaphore(MAX_PARALLEL_HOOKS)

    def lacks_answer(self, call: Call) -> bool:
        """Return whether the program has to be asked before anything becomes of a call."""
        return bool(self._settings.before_call) and not call.problem and call.hook_answer is None

    def ask(self, view: CallView) -> None:
        """Ask about a call, unless that is under way; returns at once, and the ledger's pulse beats at the answer."""
        call = view.call
        if (call.id, call.asks) not in self._asked:
            request = _make_request(view, self._ledger.state.run.session)
            task = asyncio.create_task(self._ask(request, call.asks))
            self._asked[call.id, call.asks] = task
            task.add_done_callback(lambda _: self._ledger.pulse.notify())

    def take_answers(self) -> list[HookAnswered]:
        """Return the answers that came in for calls that are still open, each once."""
        done = [(key, task) for key, task in self._asked.items() if task.done()]
        for key, _ in done:
            del self._asked[key]
        is_open = self._ledger.state.calls.open
        return [task.result() for (call_id, _), task in done if call_id in is_open and not task.cancelled()]

    async def close(self) -> None:
        """End every program that runs."""
        tasks, self._asked = list(self._asked.values()), {}
        await cancel_and_wait(*tasks)

    async def _ask(self, request: HookRequest, asks: str) -> HookAnswered:
        async with self._slots:
            return await ask_hook(self._settings.before_call, request, self._settings.seconds, asks)


def settle_late_answer(view: CallView) -> Settlement:
    """Settle a call that may run already when the program answers: what a person decided is not asked again."""
    call, answer = view.call, view.call.hook_answer
    if answer is None or answer.verdict == "allow":
        return Settlement()
    words = describe_answer(answer)
    if answer.verdict == "deny":
        return deny(call, Ruling("deny", HOOK_RULE, words))
    if call.decision in ("approve", "edit", "always"):
        return Settlement()
    if not view.person:
        return deny(call, Ruling("deny", HOOK_RULE, f"{words}; nobody is there to ask"))
    schema = view.toolbox.parameters_of(call.tool)
    return Settlement((ApprovalRequested(call.id, HOOK_RULE, words, schema=schema),))


def _make_request(view: CallView, session: str) -> HookRequest:
    call, ruling = view.call, view.ruling
    return HookRequest(
        session=session,
        turn=call.turn,
        step=call.step,
        call_id=call.id,
        tool=call.tool,
        label=call.label,
        arguments=call.arguments,
        effects=call.effects,
        read_only=call.read_only,
        verdict=ruling.verdict,
        rule=ruling.rule,
        reason=ruling.reason,
        unexplained=view.unexplained,
        edited=call.is_edited,
    )
