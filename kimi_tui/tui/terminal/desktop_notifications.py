"""Send desktop notifications through the terminal, for a person who looks elsewhere.

Only terminals that are known to show such notices are sent one, each in its own form, and by default only while
the terminal does not have the focus. Inside tmux the terminal around it is asked for, and nothing is sent unless
tmux passes it through. Whatever is told is one bounded line without a control character.
"""

import asyncio
import contextlib
import os
from collections.abc import Callable, Mapping
from typing import Literal

from kimi_tui.text import one_line

NotificationProtocol = Literal["", "9", "777", "99"]
"""The number of the operating system command that shows a notice; empty for none."""

PROTOCOL_BY_TERM: dict[str, NotificationProtocol] = {
    "xterm-kitty": "99",
    "xterm-ghostty": "777",
    "wezterm": "777",
    "foot": "777",
    "foot-extra": "777",
    "foot-direct": "777",
}
"""What `TERM` tells; it is passed on by ssh."""
PROTOCOL_BY_PROGRAM: dict[str, NotificationProtocol] = {
    "iTerm.app": "9",
    "iTerm2": "9",
    "WarpTerminal": "9",
    "WezTerm": "777",
    "ghostty": "777",
    "foot": "777",
    "kitty": "99",
}
"""What `TERM_PROGRAM`, or a terminal's own name for itself, tells."""
MAX_TITLE_CHARS, MAX_BODY_CHARS = 60, 160
"""Characters."""
_TMUX_SECONDS = 2.0


def notification_protocol(environment: Mapping[str, str]) -> NotificationProtocol:
    """Return the notification protocol of the terminal; empty when none is known."""
    if "STY" in environment or "TMUX" in environment or "WT_SESSION" in environment:
        return ""
    if form := PROTOCOL_BY_TERM.get(environment.get("TERM", "")):
        return form
    if program := environment.get("TERM_PROGRAM"):
        return PROTOCOL_BY_PROGRAM.get(program, "")
    if "KITTY_WINDOW_ID" in environment:
        return "99"
    return "9" if environment.get("LC_TERMINAL") == "iTerm2" else ""


def protocol_outside_tmux(answer: str) -> NotificationProtocol:
    """Return the protocol of the terminal outside tmux, from `PASSTHROUGH TERM NAME VERSION`."""
    passed, _, rest = answer.partition(" ")
    term, _, program = rest.partition(" ")
    if passed not in ("on", "all"):
        return ""
    name = program.replace("(", " ").split(" ")[0]
    return PROTOCOL_BY_PROGRAM.get(name, "") or PROTOCOL_BY_TERM.get(term, "")


def encode_notification(form: NotificationProtocol, title: str, body: str, *, through_tmux: bool = False) -> str:
    """Return the escape sequence of one notification."""
    title = one_line(title, MAX_TITLE_CHARS).replace(";", ",")
    body = one_line(body, MAX_BODY_CHARS).replace(";", ",")
    commands: dict[NotificationProtocol, tuple[str, ...]] = {
        "9": (f"9;{title}: {body}",),
        "777": (f"777;notify;{title};{body}",),
        "99": (f"99;i=kimi-tui:d=0;{title}", f"99;i=kimi-tui:d=1:p=body;{body}"),
    }
    ends = ("\x1bPtmux;\x1b\x1b]", "\x1b\x1b\\\x1b\\") if through_tmux else ("\x1b]", "\x1b\\")
    return "".join(f"{ends[0]}{command}{ends[1]}" for command in commands.get(form, ()))


class DesktopNotifier:
    """Notifies the person of one app."""

    def __init__(
        self,
        wanted: Literal["auto", "always", "off"],
        environment: Mapping[str, str],
        write: Callable[[str], None],
        is_focused: Callable[[], bool],
    ) -> None:
        """`auto` notifies only while the terminal has no focus; `write` sends text to the terminal unchanged."""
        self._wanted = wanted
        self._environment = environment
        self._write = write
        self._is_focused = is_focused

    async def notify(self, state: str, question: str) -> None:
        """Notify the person that a session reached a state, given in words."""
        if self._wanted == "off" or (self._wanted == "auto" and self._is_focused()):
            return
        inside = "TMUX" in self._environment
        form = (
            protocol_outside_tmux(await _ask_tmux(self._environment))
            if inside
            else notification_protocol(self._environment)
        )
        if form:
            self._write(encode_notification(form, f"kimi-tui: {state}", question, through_tmux=inside))


async def _ask_tmux(environment: Mapping[str, str]) -> str:
    """Return what tmux says of the terminal outside it; empty when it does not answer."""
    nothing, pane = asyncio.subprocess.DEVNULL, environment.get("TMUX_PANE", "")
    format_text = "#{allow-passthrough} #{client_termname} #{client_termtype}"
    command = ("tmux", "display-message", "-p", *(("-t", pane) if pane else ()), format_text)
    with contextlib.suppress(OSError, TimeoutError):
        process = await asyncio.create_subprocess_exec(
            *command,
            stdin=nothing,
            stdout=asyncio.subprocess.PIPE,
            stderr=nothing,
            env=os.environ | environment,
            cwd="/",
        )
        try:
            async with asyncio.timeout(_TMUX_SECONDS):
                line, _ = await process.communicate()
            return line.decode(errors="replace").strip()
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
    return ""
