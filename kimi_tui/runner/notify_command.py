"""Run the person's notification command when a session waits, pauses or ends.

It is run without a shell, with the state, the session's id and its question as arguments and nothing of the
runner's environment but what programs need to be found and to show themselves.
"""

import asyncio
import contextlib
import os

from kimi_tui.engine.ledger import Ledger
from kimi_tui.session import NOTABLE_STATES
from kimi_tui.text import one_line

_MAX_SECONDS = 10.0
_PASSED_VARIABLES = (
    "PATH",
    "HOME",
    "LANG",
    "DISPLAY",
    "WAYLAND_DISPLAY",
    "DBUS_SESSION_BUS_ADDRESS",
    "XDG_RUNTIME_DIR",
)


async def notify_on_changes(ledger: Ledger, command: tuple[str, ...]) -> None:
    """Run the command at each change into a notable state, until cancelled."""
    before = ledger.state.name
    while True:
        changed = ledger.pulse.next_change()
        state = ledger.state.name
        if state != before and state in NOTABLE_STATES:
            question = one_line(ledger.state.run.questions[-1], 200) if ledger.state.run.questions else ""
            await _run_command((*command, state, ledger.state.run.session, question))
        before = state
        await changed.wait()


async def _run_command(command: tuple[str, ...]) -> None:
    """Run a command to its end or a time limit; its failure does not concern the session."""
    environment = {name: os.environ[name] for name in _PASSED_VARIABLES if name in os.environ}
    nothing = asyncio.subprocess.DEVNULL
    try:
        process = await asyncio.create_subprocess_exec(
            *command, stdin=nothing, stdout=nothing, stderr=nothing, env=environment
        )
    except (OSError, ValueError):  # there is no such program, or a word that no program can be given
        return
    try:
        await asyncio.wait_for(process.wait(), _MAX_SECONDS)
    except TimeoutError:
        pass
    finally:  # also when the runner ends meanwhile
        if process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()
